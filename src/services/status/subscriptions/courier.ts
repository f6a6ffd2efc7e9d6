/**
 * Brings notices to subscribers: a few at a time, each as far as it is behind, until all are told.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { SubscriptionStore, StatusNotice } from './store.ts'
import type { Subscription } from './subscription.ts'

/** `ended`: its reader does not want it any more, or the place is gone for good. */
export type Sent = 'sent' | 'ended' | 'failed'

/** Brings all the notices in one message. Never throws. */
export type SendNotices = (to: Subscription, notices: readonly StatusNotice[]) => Promise<Sent>

const BATCH = 200
const AT_ONCE = 8
const IDLE_MS = 2000
const FORGET_EVERY_MS = 10 * 60_000

export type CourierPorts = {
  readonly store: SubscriptionStore
  readonly send: SendNotices
  readonly clock: Clock
  readonly trail: AuditTrail
  readonly complain: (code: string, message: string) => void
}

/** Until `stop`. The control database may be away meanwhile: then nobody is told anything. */
export async function runCourier(ports: CourierPorts, stop: AbortSignal): Promise<void> {
  const { clock, store } = ports
  let forgotMs = -Infinity
  let complained = false
  while (!stop.aborted) {
    let served = 0
    try {
      served = await serveBatch(ports, stop)
      if (clock.monotonicMs() - forgotMs > FORGET_EVERY_MS) {
        await store.forget(clock.nowMs())
        forgotMs = clock.monotonicMs()
      }
      complained = false
    } catch (error) {
      // The trail refusing to record is not the database's absence: then nothing may go on.
      if (error instanceof VeiligError && error.code.startsWith('AUDIT_')) throw error
      if (!complained) ports.complain('SUBSCRIBERS_WAIT', (error as Error).message)
      complained = true
    }
    if (served < BATCH) await clock.sleep(IDLE_MS, stop).catch(() => undefined)
  }
}

/** @returns How many were served. */
export async function serveBatch(ports: CourierPorts, stop: AbortSignal): Promise<number> {
  const { store, clock, trail } = ports
  const due = await store.due(BATCH, clock.nowMs())
  if (due.length === 0) return 0
  const notices = await store.noticesAfter(Math.min(...due.map(({ through }) => through)))
  const last = notices.at(-1)?.number ?? 0
  const waiting = [...due]
  const counts = { sent: 0, ended: 0, failed: 0 }
  const told: string[] = []
  const work = async (): Promise<void> => {
    for (let one = waiting.pop(); one && !stop.aborted; one = waiting.pop()) {
      const { id, through } = one
      const news = notices.filter(({ number }) => number > through)
      const outcome = await ports.send(one, news)
      counts[outcome]++
      if (outcome === 'sent') told.push(id)
      else if (outcome === 'ended' || (await store.failed(one, clock.nowMs())))
        await store.leave(id)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await store.told(told, last)
  await trail.append([{ code: 'SUBSCRIBERS_TOLD', detail: { through: last, ...counts } }])
  return due.length
}
