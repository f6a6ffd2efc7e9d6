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
  /** Development and test systems that must not answer from outside, as HOST:PORT. */
  readonly internalHosts: readonly string[]
}

export const staffConfig: z.ZodType<StaffConfig> = z
  .strictObject({
    publicOrigin: z.url({ protocol: /^https$/ }).optional(),
    issuer: z.string().min(1).max(64).default('Veilig'),
    idleMinutes: z.int().min(1).max(60).default(30),
    absoluteHours: z.int().min(1).max(24).default(10),
    invitationHours: z.int().min(1).max(72).default(24),
    internalHosts: z
      .array(z.string().regex(/^[^\s:]{1,253}:\d{1,5}$/, 'must be HOST:PORT'))
      .max(1000)
      .default([]),
  })
  .readonly()
