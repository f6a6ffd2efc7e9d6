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

export type SealConfig = {
  readonly witnesses: readonly WitnessAddress[]
  /** From one checkpoint of a book to the next, milliseconds, while it grows. */
  readonly intervalMs: number
}

const witness: z.ZodType<WitnessAddress> = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  key: z.string().min(1).max(1_000),
})

export const sealConfig: z.ZodType<SealConfig> = z.strictObject({
  witnesses: z.array(witness).max(16).default([]),
  intervalMs: z.int().min(100).max(60_000).default(1_000),
})
