/**
 * A thousand kills: the primary, the backup process, the connection, a region; in synchronous mode,
 * then in asynchronous mode. See test/simulation/kills.ts.
 *
 * bin/node bench/campaigns/kills.ts. VEILIG_KILLS (1000 for each mode), VEILIG_SEED, VEILIG_MODE
 * (synchronous or asynchronous alone).
 */
import { fight } from '../../test/simulation/kills.ts'

const seed = Number(process.env['VEILIG_SEED'] ?? Date.now() % 1_000_000)
const kills = Number(process.env['VEILIG_KILLS'] ?? 1000)
/** Between restores; each has a server and a repository of its own. */
const KILLS_EACH = 50

for (const mode of ['synchronous', 'asynchronous']) {
  if (mode !== (process.env['VEILIG_MODE'] ?? mode)) continue
  const synchronous = mode === 'synchronous'
  for (let done = 0; done < kills; done += KILLS_EACH) {
    const one = { seed: seed + done, kills: Math.min(KILLS_EACH, kills - done), synchronous }
    process.stderr.write(`${JSON.stringify(one)}\n`)
    const fought = await fight(one)
    process.stdout.write(`${JSON.stringify({ campaign: 'kills', ...one, ...fought })}\n`)
  }
}
