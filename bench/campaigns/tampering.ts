/**
 * A thousand tamperings with an audit book by who has every right and key of its machine; the
 * verifier has the witness's checkpoint. See test/simulation/tampering.ts.
 *
 * bin/node bench/campaigns/tampering.ts. VEILIG_TAMPERINGS (1700), VEILIG_SEED.
 */
import { tamper } from '../../test/simulation/tampering.ts'

const seed = Number(process.env['VEILIG_SEED'] ?? Date.now() % 1_000_000)
const rounds = Number(process.env['VEILIG_TAMPERINGS'] ?? 1700)
process.stderr.write(`${JSON.stringify({ seed, rounds })}\n`)
const tried = await tamper(seed, rounds)
for (const [kind, all] of Object.entries(Object.groupBy(tried, (one) => one.kind))) {
  const found = (all ?? []).filter((one) => one.found.length > 0)
  const names: Record<string, number> = {}
  for (const code of found.flatMap((one) => one.found)) names[code] = (names[code] ?? 0) + 1
  const line = { campaign: 'tampering', seed, kind, tried: all?.length, found: found.length, names }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
const passed = tried.filter(({ found }) => found.length === 0)
if (passed.length > 0) process.stderr.write(`passed unseen: ${JSON.stringify(passed)}\n`)
process.exitCode = passed.length > 0 ? 1 : 0
