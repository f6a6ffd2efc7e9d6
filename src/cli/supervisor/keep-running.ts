/**
 * Keeps one process running: starts it, and starts it again with back-off when it ends by itself.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { RunningService } from '#system/service.ts'
import { VeiligError } from '#lib/errors.ts'
import { afterEnd, noRestarts } from './back-off.ts'

/** A process that has been started and is ready. */
export type Instance = AsyncDisposable & {
  readonly pid: number
  /** Resolves with how it ended: an exit code or a signal's name. */
  readonly ended: Promise<number | string>
}

export type KeepRunningPorts = {
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Told in one line what a person may want to know. */
  readonly tell: (line: string) => void
}

/**
 * Resolves once the process is ready for the first time; from then on it is kept running until
 * disposal.
 *
 * @throws {VeiligError} What `start` threw the first time. Later failures are audited and retried.
 */
export async function keepRunning(
  name: string,
  start: () => Promise<Instance>,
  ports: KeepRunningPorts,
): Promise<RunningService> {
  const stopping = new AbortController()
  let instance = await start()
  let startedMs = ports.clock.monotonicMs()
  await record(ports, 'PROCESS_STARTED', { process: name, pid: instance.pid })
  const watch = async (): Promise<void> => {
    let restarts = noRestarts
    while (!stopping.signal.aborted) {
      const how = await instance.ended
      if (stopping.signal.aborted) return
      const next = afterEnd(restarts, ports.clock.monotonicMs() - startedMs)
      restarts = next.restarts
      const detail = { process: name, pid: instance.pid, ended: how, restartInMs: next.delayMs }
      await record(ports, 'PROCESS_ENDED', detail)
      ports.tell(`${name} ended (${how}); starting it again in ${next.delayMs} ms`)
      await ports.clock.sleep(next.delayMs, stopping.signal).catch(() => undefined)
      if (stopping.signal.aborted) return
      startedMs = ports.clock.monotonicMs()
      instance = await start().catch((error: unknown) => failedInstance(error))
      if (stopping.signal.aborted) return await instance[Symbol.asyncDispose]()
      if (instance.pid === 0) continue
      await record(ports, 'PROCESS_STARTED', { process: name, pid: instance.pid })
      ports.tell(`${name} runs again`)
    }
  }
  const watching = watch()
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await instance[Symbol.asyncDispose]()
      await watching
    },
  }
}

/** Stands for a start that failed: it has ended already, with the reason as its code. */
function failedInstance(error: unknown): Instance {
  if (!(error instanceof VeiligError)) throw error
  return {
    pid: 0,
    ended: Promise.resolve(error.code),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

async function record(
  ports: KeepRunningPorts,
  code: string,
  detail: Readonly<Record<string, string | number>>,
): Promise<void> {
  await ports.trail.append([{ code, detail }])
}
