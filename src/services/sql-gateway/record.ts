/**
 * Nothing passes unrecorded. Bytes may go to the server only as a `Recorded`, and only `record` can
 * make one, after the audit trail has their events. If the trail fails, the gateway closes the
 * session; it never forwards and hopes.
 *
 * @module
 */
import type { AuditEvent, AuditTrail } from '#audit/trail.ts'

const proof: unique symbol = Symbol('recorded') // not exported, so not to be forged elsewhere

/** What one chunk of the client holds: what it does, and the bytes that do it. */
export type Passage = {
  readonly events: readonly AuditEvent[]
  readonly bytes: readonly Uint8Array[]
}

/** Bytes whose events the audit trail holds. */
export type Recorded = { readonly bytes: readonly Uint8Array[]; readonly [proof]: true }

/**
 * Records a passage. Returns at once when the trail's promise holds at once: most chunks then cost
 * no turn of the event loop.
 *
 * @throws {FaultError} Whatever the audit trail throws, or as rejection; the caller then closes.
 */
export function record(
  trail: Pick<AuditTrail, 'append'>,
  passage: Passage,
): Recorded | Promise<Recorded> {
  const { bytes } = passage
  if (passage.events.length === 0) return { bytes, [proof]: true }
  const appended = trail.append(passage.events)
  if (!appended) return { bytes, [proof]: true }
  return appended.then(() => ({ bytes, [proof]: true }))
}
