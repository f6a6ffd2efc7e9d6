/**
 * A worker: one more process that answers on the gateway's ports. It reads no file of secrets and
 * no configuration; the first process tells it all, and is asked about what must be counted once.
 *
 * @module
 */
import { dirname, join } from 'node:path'
import type { Logger } from 'pino'
import { Channel, type ChannelEnd } from '#system/channel.ts'
import type { Clock } from '#system/clock.ts'
import type { WebGatewayPorts } from '../ports.ts'
import { serve, type RunningWebGateway } from '../serve.ts'
import { settingsFrom, ticketKeysFrom, type Asks, type Orders } from './messages.ts'

export type WorkerTools = {
  readonly clock: Clock
  readonly log: Logger
  readonly accessLog?: WebGatewayPorts['accessLog']
  /** From 1 on; the first process is 0. */
  readonly number: number
}

/**
 * Begins to serve.
 *
 * @param end Of the channel to the first process.
 * @throws {FaultError} As `serve` does; WORKER_FAILED when the first process is gone.
 */
export async function runWorker(
  end: ChannelEnd,
  { clock, log, accessLog, number }: WorkerTools,
): Promise<RunningWebGateway> {
  const running = Promise.withResolvers<RunningWebGateway>()
  running.promise.catch(() => undefined) // whoever started us hears of it below
  const channel = new Channel<Asks, Orders>(end, {
    settings: async (plain) => {
      await (await running.promise).reload(settingsFrom(plain))
      return null
    },
    ticketKeys: async (plain) => {
      await (await running.promise).changeTicketKeys(ticketKeysFrom(plain))
      return null
    },
    record: async (record) => {
      await (await running.promise).takeRecord(record)
      return null
    },
    metrics: async () => (await running.promise).metrics,
  })
  try {
    const welcome = await channel.ask('welcome', null)
    const { csp, record, loginKey, httpsPort, redirectPort } = welcome
    const { config, certificate, upstreams, deviceKeys } = settingsFrom(welcome.settings)
    const service = await serve(config, {
      clock,
      log,
      accessLog,
      processNumber: number,
      trail: {
        append: async (events) => {
          await channel.ask('audit', events)
        },
      },
      certificate,
      upstreams,
      httpsPort,
      redirectPort,
      ticketKeys: ticketKeysFrom(welcome.ticketKeys),
      loginKey: Buffer.from(loginKey, 'base64'),
      deviceKeys,
      loginLimits: {
        begin: (attempt) => channel.ask('loginBegin', attempt),
        settle: (ticket, outcome) =>
          // Never settled is a failure: nobody gains by our being alone.
          channel.ask('loginSettle', { ticket, outcome }).catch(() => ({ failuresBefore: 0 })),
      },
      rates: { take: (question) => channel.ask('rate', question) },
      csp: csp ? { sites: new Map(csp.sites), files: filesOf(csp.decisions, number) } : undefined,
    })
    if (record) await service.takeRecord(record)
    running.resolve(service)
    return service
  } catch (error) {
    running.reject(error)
    throw error
  }
}

/** Each process writes down for itself what it learned of pages. */
function filesOf(decisions: string, number: number): { knowledge: string; decisions: string } {
  return { decisions, knowledge: join(dirname(decisions), `seen-${number}.json`) }
}
