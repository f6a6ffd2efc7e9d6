/**
 * What the notary needs from others.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { EvidencePlace } from '#storage/evidence/files.ts'
import type { Clock } from '#system/clock.ts'
import type { SuccessiveKey } from '#system/successive-key.ts'

export type NotaryPorts = {
  /** The evidence signing key, Ed25519; no other process holds it. */
  readonly key: SuccessiveKey
  readonly place: EvidencePlace
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Unix socket on which measurements are handed in. */
  readonly socket: string
}
