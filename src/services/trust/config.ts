/**
 * The trust page's section of veilig.yaml.
 *
 * No setting here can hide a claim or colour it: an exception is itself shown.
 *
 * @module
 */
import { z } from 'zod'
import { claimOf } from '#lib/claims/table.ts'

export type TrustConfig = {
  /** Who makes the promises; shown at the top. */
  readonly operator: string
  /** Where a finder of a weakness writes to: mailto: or https: (RFC 9116 Contact). */
  readonly securityContact: string
  /** Promises knowingly not kept for a while. */
  readonly exceptions: readonly TrustException[]
}

export type TrustException = {
  readonly claim: string
  /** Shown publicly, as written. */
  readonly reason: string
  /** RFC 3339; from then on the exception has no effect. */
  readonly until: string
}

const exception: z.ZodType<TrustException> = z.strictObject({
  claim: z.string().refine((id) => claimOf(id) !== undefined, 'no claim has this id'),
  reason: z.string().min(10).max(500),
  until: z.iso.datetime(),
})

export const trustConfig: z.ZodType<TrustConfig> = z.strictObject({
  operator: z.string().min(1).max(100).default('Demonstration club service'),
  securityContact: z
    .string()
    .max(200)
    .regex(/^(mailto:[^\s<>"]+|https:\/\/[^\s<>"]+)$/, 'a mailto: or https: address')
    .default('mailto:security@localhost'),
  exceptions: z.array(exception).max(100).default([]),
})
