/**
 * What the watchers share: who did it, what a field of an event says, how a finding is made.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'

export type Peer = { readonly role: string; readonly database: string; readonly address: string }

/** The drill of what the prober does beside its numbered attacks. */
export const UNNUMBERED_DRILL = 'unnumbered'

export const MINUTE_MS = 60_000
export const HOUR_MS: number = 60 * MINUTE_MS
export const DAY_MS: number = 24 * HOUR_MS

export function findingOf(
  detector: string,
  event: RecordedEvent,
  peer: Peer,
  evidence: string,
): Finding {
  const session = text(event, 'session')
  return { detector, ...peer, session, evidence, atMs: event.timeMs }
}

export function peerOf(event: RecordedEvent): Peer {
  return {
    role: text(event, 'user'),
    database: text(event, 'database'),
    address: text(event, 'address'),
  }
}

export function text({ detail }: RecordedEvent, field: string): string {
  const value = detail[field]
  return typeof value === 'string' ? value : ''
}

export function number({ detail }: RecordedEvent, field: string): number {
  const value = detail[field]
  return typeof value === 'number' ? value : 0
}

/** The value of a name in a bounded map, made when there is none and room for it. */
export function kept<T>(map: Map<string, T>, name: string, max: number, make: () => T): T {
  const known = map.get(name)
  if (known !== undefined) return known
  const made = make()
  if (map.size < max) map.set(name, made)
  return made
}

/** Adds to a bounded list that is a set. @returns Whether it is new. */
export function isNewIn(list: string[], item: string, max: number): boolean {
  if (list.includes(item)) return false
  if (list.length < max) list.push(item)
  return true
}
