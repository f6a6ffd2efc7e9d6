/**
 * Nothing passes unrecorded. Bytes may go to the server only as a `Recorded`, and only this file
 * can make one, after the audit trail has their events. If the trail fails, the gateway closes the
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
 * Records passages: all their events in one append, in order. Returns at once when the trail's
 * promise holds at once: most turns of the event loop then cost one write call and no wait.
 *
 * @throws {FaultError} Whatever the audit trail throws, or as rejection; the caller then closes.
 */
export function record(
  trail: Pick<AuditTrail, 'append'>,
  events: readonly AuditEvent[],
  passages: readonly Passage[],
): readonly Recorded[] | Promise<readonly Recorded[]> {
  const appended = events.length === 0 ? undefined : trail.append(events)
  if (!appended) return proven(passages)
  return appended.then(() => proven(passages))
}

/** A passage in which nothing happens needs no record. */
export function withoutEvents(passage: Passage): Recorded | undefined {
  return passage.events.length === 0 ? { bytes: passage.bytes, [proof]: true } : undefined
}

function proven(passages: readonly Passage[]): readonly Recorded[] {
  return passages.map(({ bytes }) => ({ bytes, [proof]: true }))
}
