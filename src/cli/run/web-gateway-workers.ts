/**
 * Starts the workers of the web-gateway, and keeps them running.
 *
 * A worker is our child: its channel is how it is told everything, and its leash. When we end, even
 * by kill -9, it ends.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { WorkerDesk } from '#services/web-gateway/workers/desk.ts'
import type { ServiceContext } from '../context.ts'
import { untilReady } from '../supervisor/child.ts'
import { keepRunning, type Instance } from '../supervisor/keep-running.ts'

const program = fileURLToPath(new URL('web-gateway-worker.ts', import.meta.url))

/**
 * @param processes Of the whole gateway, ours included.
 * @throws {FaultError} What a worker threw when it began.
 */
export async function startWorkers(
  { clock, log, trail }: Pick<ServiceContext, 'clock' | 'log' | 'trail'>,
  desk: WorkerDesk,
  processes: number,
): Promise<AsyncDisposable> {
  await using started = new AsyncDisposableStack()
  const numbers = Array.from({ length: processes - 1 }, (_, index) => index + 1)
  const tell = (line: string): void => log.warn(line)
  const starting = numbers.map((number) =>
    keepRunning(`web-gateway worker ${number}`, () => startWorker(desk, number), {
      clock,
      trail,
      tell,
    }),
  )
  for (const one of await Promise.allSettled(starting)) {
    if (one.status === 'fulfilled') started.use(one.value)
  }
  await Promise.all(starting)
  return started.move()
}

async function startWorker(desk: WorkerDesk, number: number): Promise<Instance> {
  const child = spawn(process.execPath, [...process.execArgv, program, String(number)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true, // Ctrl-C reaches us alone, and we stop our workers in order
  })
  desk.takeIn(child, () => void child.kill('SIGKILL'))
  return await untilReady(child, `worker ${number} of the web-gateway did not start`)
}
