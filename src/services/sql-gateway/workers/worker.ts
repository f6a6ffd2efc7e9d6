/**
 * A worker: one more process that answers on the gateway's port, with a book of its own. It reads
 * no file of secrets and no configuration; the first process tells it all, and is asked about what
 * must be counted once.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import { Channel, type ChannelEnd } from '#system/channel.ts'
import type { Clock } from '#system/clock.ts'
import { serve, type RunningSqlGateway } from '../serve.ts'
import { FarAccess } from './far-access.ts'
import type { Asks, Orders } from './messages.ts'

export type WorkerTools = {
  readonly clock: Clock
  readonly trail: AuditTrail
}

/**
 * Begins to serve.
 *
 * @param end Of the channel to the first process.
 * @throws {FaultError} As `serve` does; WORKER_FAILED when the first process is gone.
 */
export async function runWorker(
  end: ChannelEnd,
  { clock, trail }: WorkerTools,
): Promise<RunningSqlGateway> {
  const running = Promise.withResolvers<RunningSqlGateway>()
  running.promise.catch(() => undefined) // whoever started us hears of it below
  const first = new Channel<Asks, Orders>(end, {
    settings: async (settings) => {
      await (await running.promise).reload(settings)
      return null
    },
  })
  try {
    const { config, tls, upstream, port, cancelSecret, asksVerifiers, asksColumns } =
      await first.ask('welcome', null)
    let known = -1
    const service = await serve(config, {
      trail,
      clock,
      port,
      tls,
      upstream,
      cancelSecret: Buffer.from(cancelSecret, 'base64'),
      doorkeeper: (own) => new FarAccess(first, own),
      verifierOf: asksVerifiers
        ? async (user) => (await first.ask('verifier', user)) ?? undefined
        : undefined,
      columnsOf: asksColumns ? (database) => first.ask('columns', database) : undefined,
      sanctions: async () => {
        const changed = await first.ask('sanctions', known)
        known = changed?.version ?? known
        return changed?.all
      },
    })
    running.resolve(service)
    return service
  } catch (error) {
    running.reject(error)
    throw error
  }
}
