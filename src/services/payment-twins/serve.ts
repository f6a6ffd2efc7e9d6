/**
 * Runs both twins on one socket; the host name says which is asked.
 *
 * @module
 */
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import type { Clock } from '#system/clock.ts'
import type { CallHttp, HttpCall } from '#system/http-call.ts'
import type { RunningService } from '#system/service.ts'
import { listenOnUnix } from '#system/unix-server.ts'
import type { Mischief } from './mischief.ts'
import { payboxTwin } from './paybox.ts'
import { paypalTwin } from './paypal.ts'
import type { TwinKeys } from './ports.ts'

const LATE_MS = 8_000

export type TwinsPorts = {
  readonly clock: Clock
  readonly call: CallHttp
  readonly keys: TwinKeys
  readonly socket: string
  readonly paypalOrigin: string
  /** Where PayPal's webhooks of the demonstration's club go. */
  readonly webhookUrl: string
}

export async function serve(ports: TwinsPorts): Promise<RunningService> {
  const { clock, keys } = ports
  const stop = new AbortController()
  const send = async (call: HttpCall, mischief: Mischief): Promise<void> => {
    if (mischief === 'lost') return
    if (mischief === 'late') await clock.sleep(LATE_MS, stop.signal).catch(() => undefined)
    const times = mischief === 'twice' ? 2 : 1
    for (let time = 0; time < times && !stop.signal.aborted; time++) {
      // Whoever is not there is not told: the reconciler asks by itself.
      await ports.call(call).catch(() => undefined)
    }
  }
  const paypal = getRequestListener(
    paypalTwin({
      keys: keys.paypal,
      origin: ports.paypalOrigin,
      webhookUrl: ports.webhookUrl,
      nowMs: () => clock.nowMs(),
      send,
    }).fetch,
  )
  const paybox = getRequestListener(
    payboxTwin({ keys: keys.paybox, send, firstNumber: numberAt(clock.nowMs()) }).fetch,
  )
  const server = createServer((incoming, outgoing) => {
    const isPaypal = incoming.headers.host?.startsWith('paypal-twin.') === true
    void (isPaypal ? paypal : paybox)(incoming, outgoing)
  })
  const door = await listenOnUnix(server, ports.socket)
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await door[Symbol.asyncDispose]()
    },
  }
}

/** Ten digits, as Paybox's transactions have; later starts count on. */
function numberAt(ms: number): number {
  return Math.floor(ms / 100) % 10_000_000_000
}
