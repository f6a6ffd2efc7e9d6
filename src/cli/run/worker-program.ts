/**
 * What the program of every worker does: it serves until its first process says so, or is gone.
 *
 * @module
 */
import { pino, type Logger } from 'pino'
import { maskCards } from '#lib/cards/mask.ts'
import { VeiligError } from '#lib/errors.ts'
import type { RunningService } from '#system/service.ts'
import type { ChildMessage } from '../supervisor/child.ts'

export type WorkerTools = {
  /** From 1 on; the first process is 0. */
  readonly number: number
  /** What else it was given. */
  readonly args: readonly string[]
  readonly log: Logger
}

/** Runs a worker whose first argument is its number; its channel leads to the first process. */
export async function runAsWorker(
  start: (tools: WorkerTools) => Promise<RunningService>,
): Promise<void> {
  const [given, ...args] = process.argv.slice(2)
  const number = Number(given)
  const log = pino({ base: { worker: number }, hooks: { streamWrite: maskCards } })
  const stopped = Promise.withResolvers<void>()
  process.once('SIGTERM', () => stopped.resolve())
  process.once('disconnect', () => stopped.resolve())
  const say = (message: ChildMessage): void => void process.send?.(message)
  try {
    await using service = await start({ number, args, log })
    say({ kind: 'ready' })
    await Promise.race([stopped.promise, ...(service.failed ? [service.failed] : [])])
  } catch (error) {
    process.exitCode = 1
    if (!(error instanceof VeiligError)) throw error
    say({ kind: 'failed', code: error.code, message: error.message.replace(`${error.code}: `, '') })
    log.error({ code: error.code }, error.message)
  } finally {
    process.disconnect?.()
  }
}
