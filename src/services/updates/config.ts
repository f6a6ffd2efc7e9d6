/**
 * The updates section of veilig.yaml: where the known vulnerabilities stand, and what is in time.
 *
 * @module
 */
import { z } from 'zod'

export type UpdatesConfig = {
  /** File with a JSON array of advisories in OSV format; without it nothing is claimed. */
  readonly advisories?: string | undefined
  /** A file older than this says nothing about today. */
  readonly advisoriesDaysMax: number
  /** Lock files of npm, besides the ring's own. */
  readonly lockFiles: readonly string[]
  /** Days from publication to repair, by severity. */
  readonly days: {
    readonly critical: number
    readonly high: number
    readonly moderate: number
    readonly low: number
  }
}

const days: z.ZodType<UpdatesConfig['days']> = z.strictObject({
  critical: z.int().min(0).max(365).default(7),
  high: z.int().min(0).max(365).default(14),
  moderate: z.int().min(0).max(365).default(30),
  low: z.int().min(0).max(365).default(90),
})

export const updatesConfig: z.ZodType<UpdatesConfig> = z
  .strictObject({
    advisories: z.string().min(1).optional(),
    advisoriesDaysMax: z.int().min(1).max(90).default(7),
    lockFiles: z.array(z.string().min(1)).max(100).default([]),
    days: days.prefault({}),
  })
  .readonly()
