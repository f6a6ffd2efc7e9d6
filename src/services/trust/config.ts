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
  /** Begin of the links that customers are given; else `https://trust.localhost`, with the port. */
  readonly publicOrigin?: string | undefined
  /** Who makes the promises; shown at the top. */
  readonly operator: string
  /** Where a finder of a weakness writes to: mailto: or https: (RFC 9116 Contact). */
  readonly securityContact: string
  /** Companies that handle customers' data for the operator (GDPR art. 28): shown to everybody. */
  readonly subprocessors: readonly Subprocessor[]
  /** Policies and contracts that a customer may read. */
  readonly documents: readonly PolicyDocument[]
  /** Promises knowingly not kept for a while. */
  readonly exceptions: readonly TrustException[]
}

export type Subprocessor = {
  readonly name: string
  /** What it does for the operator, and with which data. */
  readonly purpose: string
  /** Where the data lie: a country, or several. */
  readonly where: string
}

export type PolicyDocument = {
  readonly title: string
  /** An https: address. */
  readonly address: string
}

export type TrustException = {
  readonly claim: string
  /** Shown publicly, as written. */
  readonly reason: string
  /** RFC 3339; from then on the exception has no effect. */
  readonly until: string
}

const LIST_MAX = 100
const words = z.string().trim().min(1).max(200)

const subprocessor: z.ZodType<Subprocessor> = z.strictObject({
  name: words,
  purpose: words,
  where: words,
})

const policyDocument: z.ZodType<PolicyDocument> = z.strictObject({
  title: words,
  address: z
    .string()
    .max(500)
    .regex(/^https:\/\/[^\s<>"]+$/, 'an https: address'),
})

const exception: z.ZodType<TrustException> = z.strictObject({
  claim: z.string().refine((id) => claimOf(id) !== undefined, 'no claim has this id'),
  reason: z.string().min(10).max(500),
  until: z.iso.datetime(),
})

export const trustConfig: z.ZodType<TrustConfig> = z.strictObject({
  publicOrigin: z
    .string()
    .max(300)
    .regex(/^https:\/\/[^\s/<>"]+$/, 'https:// and a host name, nothing after it')
    .optional(),
  operator: z.string().min(1).max(100).default('Demonstration club service'),
  securityContact: z
    .string()
    .max(200)
    .regex(/^(mailto:[^\s<>"]+|https:\/\/[^\s<>"]+)$/, 'a mailto: or https: address')
    .default('mailto:security@localhost'),
  subprocessors: z.array(subprocessor).max(LIST_MAX).default([]),
  documents: z.array(policyDocument).max(LIST_MAX).default([]),
  exceptions: z.array(exception).max(100).default([]),
})
