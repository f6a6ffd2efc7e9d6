/**
 * The `audit` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'
import {
  auditModes,
  defaultLimits,
  type AuditMode,
  type TrailLimits,
  type WhenDamaged,
} from '#audit/config.ts'

export type AuditConfig = TrailLimits & {
  /** What is promised when a record is accepted: written (default), durable or relaxed. */
  readonly mode: AuditMode
  /** A damaged book: refuse to serve (default), or go on in a new segment and say so. */
  readonly whenDamaged: WhenDamaged
}

const KIB = 1024
const GIB = 1024 ** 3
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const within = (name: keyof TrailLimits, min: number, max: number): z.ZodType<number> =>
  z.int().min(min).max(max).default(defaultLimits[name])

export const auditConfig: z.ZodType<AuditConfig> = z.strictObject({
  mode: z.enum(auditModes).default('written'),
  whenDamaged: z.enum(['refuse', 'continue']).default('refuse'),
  segmentBytesMax: within('segmentBytesMax', 64 * KIB, GIB),
  segmentAgeMs: within('segmentAgeMs', MINUTE_MS, 7 * DAY_MS),
  syncDelayMs: within('syncDelayMs', 0, 100),
  relaxedDelayMs: within('relaxedDelayMs', 10, MINUTE_MS),
  relaxedBytesMax: within('relaxedBytesMax', KIB, 64 * 1024 * KIB),
  checkpointIntervalMs: within('checkpointIntervalMs', 100, MINUTE_MS),
})
