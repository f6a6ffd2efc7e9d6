/**
 * The log of requests: a line of JSON for each, in the form of the other log and in the same file.
 * Lines leave in batches, after a second at the latest; what goes wrong is never kept waiting, as
 * that is the other log.
 *
 * @module
 */
import { pino } from 'pino'
import { maskCards } from '#lib/cards/mask.ts'
import type { AccessEntry } from '#services/web-gateway/gateway.ts'

const STANDARD_OUTPUT = 1
/** As many bytes as even a pipe takes whole, so that no other line comes between. */
const BATCH_SIZE = 3_072
const WAIT_MAX_MS = 1_000
/** As pino counts them. */
const INFO = 30

/**
 * Opens it.
 *
 * @param base What stands in every line.
 * @param destination File, or the number of an open one.
 */
export function openAccessLog(
  base: Readonly<Record<string, unknown>>,
  destination: string | number = STANDARD_OUTPUT,
): (entry: AccessEntry) => void {
  const batches = { sync: true, minLength: BATCH_SIZE, periodicFlush: WAIT_MAX_MS }
  const file = pino.destination({ dest: destination, ...batches })
  process.once('exit', () => file.flushSync())
  return (entry) => {
    const line = { level: INFO, time: Date.now(), ...base, ...entry, msg: 'request' }
    file.write(`${maskCards(JSON.stringify(line))}\n`)
  }
}
