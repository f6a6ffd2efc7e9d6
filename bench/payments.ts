/**
 * A million random histories of payments at both gateways (VEILIG_HISTORIES, VEILIG_SEED), and how
 * often each kind of trouble came. Ends with an error, and the seed, at the first wrong cent.
 */
import { liveHistory, noCounts } from '#kit/payment-histories.ts'

const HISTORIES = Number(process.env['VEILIG_HISTORIES'] ?? 1_000_000)
const SEED = Number(process.env['VEILIG_SEED'] ?? 1)
const PROGRESS = 100_000

const counts = noCounts()
const before = process.cpuUsage()
for (let at = 0; at < HISTORIES; at++) {
  await liveHistory(SEED + at, counts)
  if ((at + 1) % PROGRESS === 0) process.stderr.write(`${at + 1} histories\n`)
}
const { user, system } = process.cpuUsage(before)
const cpuSeconds = Number(((user + system) / 1e6).toFixed(1))
process.stdout.write(
  `${JSON.stringify({ bench: 'payments', what: 'histories', seed: SEED, ...counts, wrong: 0, cpuSeconds })}\n`,
)
