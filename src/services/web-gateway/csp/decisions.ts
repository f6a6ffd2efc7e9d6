/**
 * What a person has decided about the policy of each site. Written by `veilig csp`, read by every
 * gateway process; nothing else changes it.
 *
 * @module
 */
import { z } from 'zod'
import type { Directives } from './policy-text.ts'

export type Decision = {
  readonly state: 'learning' | 'enforced'
  readonly directives: Directives
  readonly scripts: readonly string[]
  readonly styles: readonly string[]
  /** Whether browsers are asked, as a report only, what Trusted Types would stop. */
  readonly trustedTypes: boolean
  readonly sinceMs: number
}

export type Decisions = Readonly<Record<string, Decision>>

const names = z.array(z.string().max(512)).max(1_000)

/** The form of the file, site by site. */
export const decisionsFile: z.ZodType<Decisions> = z.record(
  z.string(),
  z.strictObject({
    state: z.enum(['learning', 'enforced']),
    // A value here becomes a header line: visible ASCII, and nothing that ends a directive.
    directives: z.record(
      z.string().regex(/^[a-z-]{3,40}$/),
      z
        .array(
          z
            .string()
            .regex(/^[!-~]{1,512}$/)
            .refine((source) => !/[;,]/.test(source)),
        )
        .max(500),
    ),
    scripts: names,
    styles: names,
    trustedTypes: z.boolean(),
    sinceMs: z.number(),
  }),
)
