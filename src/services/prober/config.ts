/**
 * The prober's section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'

export type ProberConfig = {
  /** Between two runs of a probe; a broken control shows within this and a time-out. */
  readonly intervalSeconds: number
  /** A probe that takes longer is cut off, and counts as not measured. */
  readonly timeoutSeconds: number
  /** An address of this machine that the SQL gateway's allow-list must not contain. */
  readonly strangerAddress: string
  /** A form to sign in with, whose cookies are examined; without it cookies.secure is unproven. */
  readonly login?: ProberLogin | undefined
  /** An account of the prober's own, for wrong passwords; without it login.lockout waits. */
  readonly lockout?: ProberLockout | undefined
  /** `log_list.json` (version 3) with the keys of certificate logs; else none is checked. */
  readonly ctLogsFile?: string | undefined
  /** The protected application's role, whose rights are read, and its database. */
  readonly application: { readonly role: string; readonly database: string }
  /** Outside services whose own API is asked what it can prove of the company's account. */
  readonly outside: readonly OutsideAccount[]
  /** An alert delivered later than this shows threat.alerted false. */
  readonly alertMaxMs: number
  /** Promises about backups: what is too old. */
  readonly backup: {
    readonly fullAgeMaxMinutes: number
    /** Of the newest backup of either kind. */
    readonly differentialAgeMaxMinutes: number
    readonly logLagMaxSeconds: number
  }
}

export type OutsideAccount = {
  /** As the register of outside services calls it. */
  readonly service: string
  readonly kind: 'github' | 'gitlab'
  /** The organisation or group, as it stands in its address. */
  readonly group: string
  /** May read the organisation's or group's settings, and nothing else. */
  readonly token: string
  /** Of a server of one's own; without it the public one. */
  readonly api?: string | undefined
  /** An authority to trust in place of the known ones, PEM. */
  readonly caFile?: string | undefined
}

export type ProberLogin = {
  readonly path: string
  readonly fields: Readonly<Record<string, string>>
}

export type ProberLockout = ProberLogin & {
  /** Which of the fields is the password. */
  readonly passwordField: string
}

const form = {
  path: z.string().startsWith('/').max(1000),
  fields: z.record(z.string().max(100), z.string().max(1000)),
}

const login: z.ZodType<ProberLogin> = z.strictObject(form)

const lockout: z.ZodType<ProberLockout> = z.strictObject({
  ...form,
  passwordField: z.string().min(1).max(100).default('password'),
})

const outside: z.ZodType<OutsideAccount> = z.strictObject({
  service: z.string().trim().min(1).max(100),
  kind: z.enum(['github', 'gitlab']),
  group: z.string().min(1).max(200),
  token: z.string().min(8).max(1000),
  api: z
    .url({ protocol: /^https$/ })
    .max(1000)
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  caFile: z.string().startsWith('/').max(1000).optional(),
})

const backup: z.ZodType<ProberConfig['backup']> = z.strictObject({
  fullAgeMaxMinutes: z.number().int().min(1).max(44_640).default(480),
  differentialAgeMaxMinutes: z.number().int().min(1).max(44_640).default(120),
  logLagMaxSeconds: z.number().int().min(1).max(86_400).default(900),
})

const application: z.ZodType<ProberConfig['application']> = z.strictObject({
  role: z.string().min(1).max(63).default('reservations_app'),
  database: z.string().min(1).max(63).default('reservations'),
})

export const proberConfig: z.ZodType<ProberConfig> = z.strictObject({
  intervalSeconds: z.number().min(1).max(3600).default(20),
  timeoutSeconds: z.number().min(0.1).max(600).default(15),
  strangerAddress: z.ipv4().default('127.0.0.2'),
  login: login.optional(),
  lockout: lockout.optional(),
  ctLogsFile: z.string().min(1).optional(),
  application: application.prefault({}),
  outside: z.array(outside).max(50).default([]),
  alertMaxMs: z.int().min(100).max(600_000).default(5_000),
  backup: backup.prefault({}),
})
