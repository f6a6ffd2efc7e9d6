/**
 * What the notary needs from others.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import type { AuditTrail } from '#audit/trail.ts'
import type { EvidencePlace } from '#storage/evidence/files.ts'
import type { Clock } from '#system/clock.ts'

export type NotaryPorts = {
  /** The evidence signing key, Ed25519; no other process holds it. */
  readonly privateKey: KeyObject
  readonly place: EvidencePlace
  readonly clock: Clock
  readonly trail: AuditTrail
  /** Unix socket on which measurements are handed in. */
  readonly socket: string
}
