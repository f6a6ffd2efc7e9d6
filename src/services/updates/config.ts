/**
 * The updates section of veilig.yaml: where the known vulnerabilities stand, and what is in time.
 *
 * @module
 */
import { z } from 'zod'

export type UpdatesConfig = {
  /**
   * Advisories in OSV format: a file with a JSON array, a folder of such files or of single
   * advisories, or the https address of a mirror's file. Without it nothing is claimed.
   */
  readonly advisories?: string | undefined
  /** Debian's own data: a file, or the https address of the tracker's JSON or of a mirror of it. */
  readonly debianTracker?: string | undefined
  /** File in which `dpkg` keeps what is installed; where there is none, nothing of it is. */
  readonly dpkgStatus: string
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
    debianTracker: z.string().min(1).optional(),
    dpkgStatus: z.string().min(1).default('/var/lib/dpkg/status'),
    advisoriesDaysMax: z.int().min(1).max(90).default(7),
    lockFiles: z.array(z.string().min(1)).max(100).default([]),
    days: days.prefault({}),
  })
  .readonly()
