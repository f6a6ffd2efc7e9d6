/**
 * The staff section of veilig.yaml: who may work here and how long a login lasts.
 *
 * @module
 */
import { z } from 'zod'

export type StaffConfig = {
  /** Scheme, host and port of the console as a browser sees it; by default console.localhost. */
  readonly publicOrigin?: string | undefined
  /** The company, as an authenticator app shows it. */
  readonly issuer: string
  /** A session that nobody used for so long has ended. */
  readonly idleMinutes: number
  /** A session ends after so long, used or not. */
  readonly absoluteHours: number
  readonly invitationHours: number
  /** A dangerous act asks for the second proof again when it was last shown before this. */
  readonly stepUpMinutes: number
  /** How long an approval by a second person may be used. */
  readonly approvalMinutes: number
  /** Days after which people must choose another password; undefined: on evidence only. */
  readonly forcedDays?: number | undefined
  /** The company's own OpenID Connect provider. */
  readonly provider?: ProviderConfig | undefined
  /** Development and test systems that must not answer from outside, as HOST:PORT. */
  readonly internalHosts: readonly string[]
}

export type ProviderConfig = {
  /** As its discovery document names it. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** On the button: 'Sign in with …'. */
  readonly name: string
  /** Values of `amr` or `acr` by which it says that it saw two proofs; else ours is asked too. */
  readonly twoProofs: readonly string[]
  /** A file of authorities that its certificate is checked against. */
  readonly caFile?: string | undefined
}

const providerConfig: z.ZodType<ProviderConfig> = z
  .strictObject({
    issuer: z.url({ protocol: /^https$/ }),
    clientId: z.string().min(1).max(200),
    clientSecret: z.string().min(16).max(500),
    name: z.string().min(1).max(40).default('your company'),
    twoProofs: z.array(z.string().min(1).max(200)).max(20).default(['mfa']),
    caFile: z.string().min(1).optional(),
  })
  .readonly()

export const staffConfig: z.ZodType<StaffConfig> = z
  .strictObject({
    publicOrigin: z.url({ protocol: /^https$/ }).optional(),
    issuer: z.string().min(1).max(64).default('Veilig'),
    idleMinutes: z.int().min(1).max(60).default(30),
    absoluteHours: z.int().min(1).max(24).default(10),
    invitationHours: z.int().min(1).max(72).default(24),
    stepUpMinutes: z.int().min(1).max(30).default(5),
    approvalMinutes: z.int().min(5).max(1440).default(60),
    forcedDays: z.int().min(30).max(365).optional(),
    provider: providerConfig.optional(),
    internalHosts: z
      .array(z.string().regex(/^[^\s:]{1,253}:\d{1,5}$/, 'must be HOST:PORT'))
      .max(1000)
      .default([]),
  })
  .readonly()
