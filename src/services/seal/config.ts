/**
 * The `seal` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'

/** Somebody else's machine that signs what it saw: `veilig run witness` there. */
export type WitnessAddress = {
  /** Where its `add-checkpoint` stands, without it. */
  readonly url: string
  /** Its C2SP verifier key. */
  readonly key: string
}

/** The trail's copies in the regions. */
export type CopiesConfig = {
  readonly on: boolean
  /** From one look for what is new to the next, milliseconds: what a lost host may lose. */
  readonly everyMs: number
  /** Copies older than so many days are removed. */
  readonly retainDays: number
}

export type SealConfig = {
  readonly copies: CopiesConfig
  /** From one look for closed segments to make Parquet of to the next, milliseconds; 0: never. */
  readonly packEveryMs: number
  readonly witnesses: readonly WitnessAddress[]
  /** From one checkpoint of a book to the next, milliseconds, while it grows. */
  readonly intervalMs: number
}

const witness: z.ZodType<WitnessAddress> = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  key: z.string().min(1).max(1_000),
})

const copies: z.ZodType<CopiesConfig> = z.strictObject({
  on: z.boolean().default(true),
  everyMs: z.int().min(500).max(600_000).default(2_000),
  retainDays: z.int().min(1).max(36_500).default(400),
})

export const sealConfig: z.ZodType<SealConfig> = z.strictObject({
  copies: copies.prefault({}),
  packEveryMs: z.int().min(0).max(86_400_000).default(600_000),
  witnesses: z.array(witness).max(16).default([]),
  intervalMs: z.int().min(100).max(60_000).default(1_000),
})
