/**
 * How the trail is kept: what is promised when, and its limits.
 *
 * @module
 */

/** What `append` promises when it returns; docs/formats/audit.md §6. */
export type AuditMode = 'written' | 'durable' | 'relaxed'

export const auditModes: readonly AuditMode[] = ['written', 'durable', 'relaxed']

/** What to do with a book that is not what was written. */
export type WhenDamaged = 'refuse' | 'continue'

export type TrailLimits = {
  /** A segment is closed once it has so many bytes; one append may exceed it. */
  readonly segmentBytesMax: number
  /** A segment is closed at the first append after this age. */
  readonly segmentAgeMs: number
  /** `written`: from a record to the start of the sync that covers it. */
  readonly syncDelayMs: number
  /** `relaxed`: the same, and how long a record may stay in memory. */
  readonly relaxedDelayMs: number
  /** `relaxed`: bytes in memory before they are handed to the operating system at once. */
  readonly relaxedBytesMax: number
  /** At least so long from one checkpoint to the next. */
  readonly checkpointIntervalMs: number
}

export const defaultLimits: TrailLimits = Object.freeze({
  segmentBytesMax: 64 * 1024 * 1024,
  segmentAgeMs: 24 * 3600 * 1000,
  syncDelayMs: 50,
  relaxedDelayMs: 1000,
  relaxedBytesMax: 1024 * 1024,
  checkpointIntervalMs: 1000,
})
