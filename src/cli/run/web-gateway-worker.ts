/**
 * The program of a worker of the web-gateway: `web-gateway-worker.ts NUMBER`, with a channel to the
 * first process.
 *
 * @module
 */
import { pino } from 'pino'
import { VeiligError } from '#lib/errors.ts'
import { systemClock } from '#system/clock.ts'
import { runWorker } from '#services/web-gateway/workers/worker.ts'
import type { ChildMessage } from '../supervisor/child.ts'

const number = Number(process.argv[2])
const log = pino({ base: { worker: number } })
const stopped = Promise.withResolvers<void>()
process.once('SIGTERM', () => stopped.resolve())
process.once('disconnect', () => stopped.resolve())
const say = (message: ChildMessage): void => void process.send?.(message)

try {
  await using service = await runWorker(process, { clock: systemClock, log, number })
  say({ kind: 'ready' })
  await Promise.race([stopped.promise, ...(service.failed ? [service.failed] : [])])
} catch (error) {
  process.exitCode = 1
  if (error instanceof VeiligError) {
    say({ kind: 'failed', code: error.code, message: error.message.replace(`${error.code}: `, '') })
    log.error({ code: error.code }, error.message)
  } else throw error
} finally {
  process.disconnect?.()
}
