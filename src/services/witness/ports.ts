/**
 * What a witness needs from others.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { Disk } from '#system/disk.ts'

export type WitnessPorts = {
  /** Ed25519; no other process holds it. */
  readonly privateKey: KeyObject
  readonly disk: Disk
  /** Absolute path of the folder that holds the last checkpoint of each log. */
  readonly folder: string
  readonly clock: Clock
  readonly trail: AuditTrail
}
