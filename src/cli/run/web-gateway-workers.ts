/**
 * The further processes of the web-gateway.
 *
 * @module
 */
import type { WorkerDesk } from '#services/web-gateway/workers/desk.ts'
import type { ServiceContext } from '../context.ts'
import { startWorkers as startProcesses } from './workers.ts'

/**
 * @param processes Of the whole gateway, ours included.
 * @throws {FaultError} What a worker threw when it began.
 */
export async function startWorkers(
  context: Pick<ServiceContext, 'clock' | 'log' | 'trail'>,
  desk: WorkerDesk,
  processes: number,
): Promise<AsyncDisposable> {
  return await startProcesses(context, {
    name: 'web-gateway',
    program: 'web-gateway-worker.ts',
    processes,
    takeIn: (end, _, dismiss) => desk.takeIn(end, dismiss),
  })
}
