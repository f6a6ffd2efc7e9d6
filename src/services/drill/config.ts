/**
 * The `drill` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'

/** What must be true in the restored database, in the operator's own words. */
export type Assertion = {
  /** Stands in the receipt, so no secret. */
  readonly name: string
  readonly database: string
  /** One statement; its first row's first column must be true. Runs read-only. */
  readonly sql: string
}

export type DrillConfig = {
  readonly enabled: boolean
  /** Every backup is restored once within so many hours of its end. */
  readonly everyHours: number
  /** Every object of every region is read, authenticated and opened this often. */
  readonly verifyEveryHours: number
  /** The first drill begins so long after the first backup. */
  readonly firstAfterSeconds: number
  /** After a failure it is tried again. */
  readonly retryMinutes: number
  /** A drill that takes longer is given up and counts as failed. */
  readonly timeoutMinutes: number
  /** A drill does not begin if it would leave less free on the disk, megabytes (2^20). */
  readonly keepFreeMib: number
  /** Added to the priority of the process and its server: 19 is the most modest. */
  readonly nice: number
  /** A superuser of the database, by name; the drill needs no password of it. */
  readonly superuser: string
  /** Folder of PostgreSQL's programs, for a version that is not the embedded one. */
  readonly postgresBin?: string | undefined
  readonly assertions: readonly Assertion[]
}

const assertion: z.ZodType<Assertion> = z.strictObject({
  name: z.string().min(1).max(100),
  database: z.string().min(1).max(63),
  sql: z.string().min(1).max(10_000),
})

export const drillConfig: z.ZodType<DrillConfig> = z.strictObject({
  enabled: z.boolean().default(true),
  everyHours: z.number().min(0.1).max(168).default(24),
  verifyEveryHours: z.number().min(0.1).max(168).default(20),
  firstAfterSeconds: z.number().min(0).max(86_400).default(20),
  retryMinutes: z.number().min(0.1).max(1440).default(15),
  timeoutMinutes: z.number().min(1).max(1440).default(240),
  keepFreeMib: z.int().min(0).max(1_000_000).default(256),
  nice: z.int().min(0).max(19).default(10),
  superuser: z.string().min(1).max(63).default('postgres'),
  postgresBin: z.string().startsWith('/').max(1024).optional(),
  assertions: z.array(assertion).max(100).default([]),
})
