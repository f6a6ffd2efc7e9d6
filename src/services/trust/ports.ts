/**
 * What the trust page needs from others. No key, no database.
 *
 * @module
 */
import type { CustomerSet } from '#crypto/customer-leaves.ts'
import type { History } from '#lib/claims/history.ts'
import type { AuditTrail } from '#audit/trail.ts'
import type { EvidencePlace } from '#storage/evidence/files.ts'
import type { Seen } from '#storage/evidence/reader.ts'
import type { Clock } from '#system/clock.ts'

/** What the page has seen of the log, kept between its lives. */
export type SeenStore = {
  load(): Promise<Seen | undefined>
  save(seen: Seen): Promise<void>
}

/** The year behind the page, kept between its lives. */
export type HistoryStore = {
  load(): Promise<History>
  save(history: History): Promise<void>
}

/** What the prober left of each customer, by claim, the newest first. */
export type CustomerSets = () => Promise<ReadonlyMap<string, readonly CustomerSet[]>>

export type TrustPorts = {
  readonly customers: CustomerSets
  readonly place: EvidencePlace
  readonly seen: SeenStore
  readonly history: HistoryStore
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Unix socket on which the web gateway finds the page. */
  readonly socket: string
}
