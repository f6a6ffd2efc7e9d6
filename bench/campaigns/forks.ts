/**
 * Five hundred promotions and forks of real servers; see test/simulation/forks.ts. Ends at the
 * first restore that brings another branch, or less, naming its seed.
 *
 * bin/node bench/campaigns/forks.ts. VEILIG_FORKS (500), VEILIG_SEED.
 */
import { fork } from '../../test/simulation/forks.ts'

const seed = Number(process.env['VEILIG_SEED'] ?? Date.now() % 1_000_000)
const forks = Number(process.env['VEILIG_FORKS'] ?? 500)
/** In one repository. */
const FORKS_EACH = 50

for (let done = 0; done < forks; done += FORKS_EACH) {
  const some = Math.min(FORKS_EACH, forks - done)
  const one = { seed: seed + done, forks: some, restores: Math.ceil(some / 5) }
  process.stderr.write(`${JSON.stringify(one)}\n`)
  const line = { campaign: 'forks', ...one, lived: await fork(one) }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
