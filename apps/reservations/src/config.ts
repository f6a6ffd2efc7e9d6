/**
 * What the operator sets: environment variables, checked once, frozen, and never printed.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { PaymentsConfig } from './payments.ts'

export type Config = {
  readonly databaseUrl: string
  /** File that holds the address and is read again when it changes; instead of `databaseUrl`. */
  readonly databaseUrlFile?: string | undefined
  /** Certificate authority of the database, in PEM; undefined trusts Node's own list. */
  readonly databaseCa: string | undefined
  readonly poolMax: number
  /** Always a loopback address: the ring in front is the only visitor. */
  readonly host: string
  readonly port: number
  /** Scheme, host and port the browser sees; a form posted from elsewhere is refused. */
  readonly publicOrigin: string
  /** Where confirmations are handed in; without it none are sent. */
  readonly smtpUrl: string | undefined
  /** Read for each mail, and wins: whoever runs us renews the password there. */
  readonly smtpUrlFile?: string | undefined
  /** The service that takes payments; without it nothing is asked for. */
  readonly payments: PaymentsConfig | undefined
  readonly mailFrom: string
  /** Makes the number with which players check in; without it nobody does. */
  readonly pinSecret?: string | undefined
  /** Where programs that are told of bookings may be: `anywhere` is also within the house. */
  readonly webhooks?: 'outside' | 'anywhere'
  /** Where it is noted who left, outside the database; replayed at every start. */
  readonly erasureList?: string | undefined
  /** Shows the accounts of the demonstration on the log-in page. */
  readonly demo: boolean
}

const environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  DATABASE_URL_FILE: z.string().optional(),
  DATABASE_CA: z.string().optional(),
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(200).default(10),
  HOST: z.enum(['127.0.0.1', '::1']).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  PUBLIC_ORIGIN: z
    .url({ protocol: /^https?$/ })
    .default('https://localhost:8443')
    .transform((url) => new URL(url).origin),
  PAYMENTS_URL: z.url({ protocol: /^http$/ }).optional(),
  PAYMENTS_KEY: z.string().default(''),
  PAYMENTS_EVENTS_SECRET: z.string().default(''),
  SMTP_URL: z.url({ protocol: /^smtp$/ }).optional(),
  SMTP_URL_FILE: z.string().min(1).optional(),
  MAIL_FROM: z.email().default('no-reply@reservations.example'),
  SESSION_SECRET_FILE: z.string().min(1).optional(),
  WEBHOOKS: z.enum(['outside', 'anywhere']).default('outside'),
  ERASURE_LIST: z.string().min(1).optional(),
  DEMO: z.enum(['', '0', '1']).default('0'),
})

/** @throws {ConfigError} Naming each variable that is wrong, never its value. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const read = environment.safeParse(env)
  if (!read.success) {
    const wrong = read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new ConfigError(`the environment is not right (${wrong.join('; ')})`)
  }
  const { data } = read
  return Object.freeze({
    databaseUrl: data.DATABASE_URL,
    databaseUrlFile: data.DATABASE_URL_FILE,
    databaseCa: data.DATABASE_CA === undefined ? undefined : readFileSync(data.DATABASE_CA, 'utf8'),
    poolMax: data.DATABASE_POOL_MAX,
    host: data.HOST,
    port: data.PORT,
    publicOrigin: data.PUBLIC_ORIGIN,
    smtpUrl: data.SMTP_URL,
    smtpUrlFile: data.SMTP_URL_FILE,
    payments:
      data.PAYMENTS_URL === undefined
        ? undefined
        : {
            url: data.PAYMENTS_URL,
            key: data.PAYMENTS_KEY,
            eventsSecret: data.PAYMENTS_EVENTS_SECRET,
          },
    mailFrom: data.MAIL_FROM,
    pinSecret:
      data.SESSION_SECRET_FILE === undefined
        ? undefined
        : readFileSync(data.SESSION_SECRET_FILE, 'utf8'),
    webhooks: data.WEBHOOKS,
    erasureList: data.ERASURE_LIST,
    demo: data.DEMO === '1',
  })
}

/** The operator asked for what cannot be: one sentence, and the process ends. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
