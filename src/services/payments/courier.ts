/**
 * Tells the application what became of its payments: signed, at least once, in order.
 *
 * Header `Veilig-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 over `SECONDS.BODY`.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import type { PaymentEvent } from './model.ts'
import type { PaymentStore } from './ports.ts'

const BATCH_MAX = 50
const TIMEOUT_MS = 5_000

export function signEvent(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}

export type CourierPorts = {
  readonly store: PaymentStore
  readonly url: string
  readonly secret: string
  readonly nowMs: () => number
}

/** One round over all payments that have something to tell. */
export async function tellApplication(ports: CourierPorts): Promise<void> {
  const { store, nowMs } = ports
  for (const event of await store.undelivered(nowMs(), BATCH_MAX)) {
    if (await tell(ports, event)) await store.delivered(event, nowMs())
    else await store.undeliverable(event, nowMs())
  }
}

async function tell({ url, secret, nowMs }: CourierPorts, event: PaymentEvent): Promise<boolean> {
  const body = JSON.stringify(event)
  const signature = signEvent(body, secret, nowMs())
  const headers = { 'content-type': 'application/json', 'veilig-signature': signature }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false // away for now: it is told later
  }
}
