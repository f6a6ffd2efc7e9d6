/**
 * Thousands of simulated histories of the log; see test/simulation. Ends at the first broken promise,
 * naming its seed: then VEILIG_SEED=… VEILIG_WORLDS=1 is that history again.
 *
 * bin/node bench/campaigns/log-simulation.ts. VEILIG_WORLDS (1000 of each kind), VEILIG_SEED.
 */
import { kinds, liveThrough } from '../../test/simulation/worlds.ts'

const seed = Number(process.env['VEILIG_SEED'] ?? Date.now() % 1_000_000)
const worlds = Number(process.env['VEILIG_WORLDS'] ?? 1000)
const BATCH = 10

for (let done = 0; done < worlds; done += BATCH) {
  for (const kind of kinds) {
    const some = Math.min(BATCH, worlds - done)
    const lived = await liveThrough(kind, seed + done, some)
    const line = { campaign: 'log-simulation', kind: kind.name, seed: seed + done, worlds: some }
    process.stdout.write(`${JSON.stringify({ ...line, ...lived })}\n`)
  }
}
