/**
 * Starts the further processes of a gateway, and keeps them running.
 *
 * A worker is our child: its channel is how it is told everything, and its leash. When we end, even
 * by kill -9, it ends.
 *
 * @module
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ChannelEnd } from '#system/channel.ts'
import type { ServiceContext } from '../context.ts'
import { untilReady } from '../supervisor/child.ts'
import { keepRunning, type Instance } from '../supervisor/keep-running.ts'

export type Workers = {
  /** Of the gateway, as the record calls it. */
  readonly name: string
  /** The program of a worker, in this folder; it is given its number. */
  readonly program: string
  /** What it is given besides. */
  readonly args?: readonly string[]
  /** Of the whole gateway, ours included. */
  readonly processes: number
  /** Takes in a worker that begins: where it is heard, its number, and how to end it. */
  readonly takeIn: (end: ChannelEnd, number: number, dismiss: () => void) => void
}

/** @throws {FaultError} What a worker threw when it began. */
export async function startWorkers(
  { clock, log, trail }: Pick<ServiceContext, 'clock' | 'log' | 'trail'>,
  workers: Workers,
): Promise<AsyncDisposable> {
  const numbers = Array.from({ length: workers.processes - 1 }, (_, index) => index + 1)
  const tell = (line: string): void => log.warn(line)
  const starting = await Promise.allSettled(
    numbers.map((number) =>
      keepRunning(`${workers.name} worker ${number}`, () => startWorker(workers, number), {
        clock,
        trail,
        tell,
      }),
    ),
  )
  const started = starting.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  // All at once: each may have sessions that are to end in order.
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((one) => one[Symbol.asyncDispose]()))
  }
  const failed = starting.find((one) => one.status === 'rejected')
  if (!failed) return { [Symbol.asyncDispose]: stop }
  await stop()
  throw failed.reason
}

async function startWorker(
  { name, program, args = [], takeIn }: Workers,
  number: number,
): Promise<Instance> {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, path, String(number), ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true, // Ctrl-C reaches us alone, and we stop our workers in order
  })
  takeIn(child, number, () => void child.kill('SIGKILL'))
  return await untilReady(child, `worker ${number} of the ${name} did not start`)
}
