/**
 * The `sqlGateway` section of veilig.yaml. Every field has a default; the defaults are what the
 * claims need.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { readRange } from '#system/address-ranges.ts'
import { certificatesIn } from './certificates.ts'

/** Sizes in bytes, times in milliseconds. */
export type SqlGatewayLimits = {
  /** Sessions together, those still proving who they are included. */
  readonly sessionsMax: number
  /** Connections of any kind from one address. */
  readonly connectionsPerAddressMax: number
  /** Connections that have not logged in; beyond it the oldest of them goes. */
  readonly loginsMax: number
  /** From the first byte to the end of the login. */
  readonly loginTimeoutMs: number
  /** Silence after which the operating system asks whether the peer is still there. */
  readonly keepAliveMs: number
  /** How long a client may leave what we sent it unread; 0 for as long as it likes. */
  readonly writeStallMs: number
  /** At stop, for statements that are running. */
  readonly drainMs: number
}

/** Off: passes. Observe: recorded, and passes. Enforce: recorded, and refused. */
export type RuleMode = 'off' | 'observe' | 'enforce'

/** A table, or columns of it, that a role may not name. */
export type Withheld = {
  /** Its name, or schema and name, as PostgreSQL keeps them. */
  readonly table: string
  /** Empty for the whole table. */
  readonly columns: readonly string[]
  readonly mode: RuleMode
}

/** How many rows one statement may return; beyond it the session ends. */
export type RowLimit = {
  readonly max: number
  readonly mode: RuleMode
}

/** A condition of connecting, for some roles and databases. */
export type ConnectRule = {
  /** Names, or '*' for all. */
  readonly roles: readonly string[]
  readonly databases: readonly string[]
  /** Addresses and ranges, within those of `allow`. */
  readonly from?: readonly string[] | undefined
  /** When sessions may begin; hours that end before they begin span midnight. */
  readonly hours?:
    | {
        readonly days: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
        readonly begin: string
        readonly end: string
        /** IANA name, as Europe/Brussels. */
        readonly zone: string
      }
    | undefined
  /** Sessions of a role at once, in all and from one address. */
  readonly connectionsMax?: number | undefined
  readonly connectionsPerAddressMax?: number | undefined
  /** Connections begun from one address in a minute. */
  readonly connectionsPerMinuteMax?: number | undefined
  /** Statements of a role from one address in a minute; what comes faster waits. */
  readonly statementsPerMinuteMax?: number | undefined
  readonly mode: Exclude<RuleMode, 'off'>
}

/** What a database role may not do through the gateway. */
export type RoleRules = {
  readonly withheld: readonly Withheld[]
  readonly rows: RowLimit
  /** Statements that change structure or rights. */
  readonly ddl: RuleMode
  /** Ways to more: SET ROLE, COPY PROGRAM, files of the server … `#protocol/sql/primitives.ts`. */
  readonly escalation: RuleMode
}

/** Columns about people, of which the record says how many rows who was given. */
export type PersonalConfig = {
  /** As table.column or schema.table.column. */
  readonly columns: readonly string[]
  /** Those of them by their name that are about nobody. */
  readonly except: readonly string[]
  /** Whether columns named email, phone, birth_date … count without being named here. */
  readonly suggest: boolean
}

/** A class of persons, whose data a key of its own protects in the record. */
export type SubjectClass = {
  /** Tables about them, by name; a statement that names one is about them. */
  readonly tables: readonly string[]
  /** Roles whose statements are meant; '*' for all. */
  readonly roles: readonly string[]
  /** `veilig audit class-key` makes it: 64 hexadecimal digits. */
  readonly publicKey: string
}

/** Certificates that clients must show, besides the proof of their password. */
export type CertificateConfig = {
  /** PEM of the authorities that issue them; '' for none. */
  readonly authority: string
  /** Role, or '*' for all others → common names of the certificates that are good for it. */
  readonly roles: Readonly<Record<string, readonly string[]>>
}

/** A server that is not the ring's own. */
export type ServerConfig = {
  readonly host: string
  readonly port: number
  /** PEM of the authorities that may vouch for it; only a server on this machine goes without. */
  readonly ca: string
  /** Name in its certificate; `host` when undefined. */
  readonly servername?: string | undefined
  /**
   * Who may ask it for verifiers and the names of columns: README.md tells how to make that role.
   * Without a password nobody asks, and SCRAM is handed through, without channel binding.
   */
  readonly user: string
  readonly password: string
  /** Where the verifiers are asked for. */
  readonly database: string
}

export type SqlGatewayConfig = {
  /** Undefined for the ring's own, behind its private socket. */
  readonly server?: ServerConfig | undefined
  readonly clientCertificates: CertificateConfig
  /** Classes whose statements' values are recorded, sealed; without one no value ever is. */
  readonly subjects: Readonly<Record<string, SubjectClass>>
  readonly personal: PersonalConfig
  /** Every one that names a connection's role and database must be met. */
  readonly connect: readonly ConnectRule[]
  /** Rules by role; a role that is not named has none. */
  readonly roles: Readonly<Record<string, RoleRules>>
  /** Addresses to listen on. */
  readonly listen: readonly string[]
  /** Whether other processes listen on the same port: the system shares connections out. */
  readonly sharesPort: boolean
  /** Processes that answer on the port, the first one included; each has a book of its own. */
  readonly workers: number
  /** Addresses and ranges that may connect, as 192.0.2.7 or 2001:db8::/32. */
  readonly allow: readonly string[]
  /** Whether a session needs TLS. Off, passwords still never pass, but rows do, in clear. */
  readonly tlsRequired: boolean
  /** Database roles that may open a replication connection: all data can leave by one. */
  readonly replicationRoles: readonly string[]
  /** SQL text kept in the record, bytes; of a longer one the beginning, its size and SHA-256. */
  readonly textCap: number
  /** Text of a prepared statement up to this size stands in the record of each execution. */
  readonly repeatedTextCap: number
  readonly limits: SqlGatewayLimits
}

const KIB = 1024
const MIB = 1024 * KIB
const HOUR_MS = 3_600_000

const range = z.string().refine((text) => readRange(text) !== undefined, {
  error: 'must be an IP address or a range such as 192.0.2.0/24 or 2001:db8::/32',
})

const limits: z.ZodType<SqlGatewayLimits> = z.strictObject({
  sessionsMax: z.int().min(1).max(100_000).default(1_000),
  connectionsPerAddressMax: z.int().min(1).max(100_000).default(2_000),
  loginsMax: z.int().min(1).max(100_000).default(1_000),
  loginTimeoutMs: z.int().min(100).max(HOUR_MS).default(30_000),
  keepAliveMs: z.int().min(1_000).max(HOUR_MS).default(60_000),
  writeStallMs: z.int().min(0).max(HOUR_MS).default(0),
  drainMs: z.int().min(0).max(HOUR_MS).default(3_000),
})

const ruleMode = z.enum(['off', 'observe', 'enforce'])

const name = z.string().min(1).max(63)
const names = z.array(name).min(1).max(1_000).default(['*'])
const timeOfDay = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$/, {
  error: 'must be a time of day such as 08:30',
})
const zone = z.string().refine(isZone, { error: 'must be a time zone such as Europe/Brussels' })
const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

const withheld: z.ZodType<Withheld> = z.strictObject({
  table: z
    .string()
    .regex(/^[^.]{1,63}(\.[^.]{1,63})?$/, { error: 'must be table or schema.table' }),
  columns: z.array(name).max(1_600).default([]),
  mode: ruleMode.default('enforce'),
})

const connectRule: z.ZodType<ConnectRule> = z.strictObject({
  roles: names,
  databases: names,
  from: z.array(range).max(10_000).optional(),
  hours: z
    .strictObject({
      days: z
        .array(z.enum(week))
        .min(1)
        .default([...week]),
      begin: timeOfDay.default('00:00'),
      end: timeOfDay.default('24:00'),
      zone: zone.default('UTC'),
    })
    .optional(),
  connectionsMax: z.int().min(0).max(100_000).optional(),
  connectionsPerAddressMax: z.int().min(0).max(100_000).optional(),
  connectionsPerMinuteMax: z.int().min(1).max(1_000_000).optional(),
  statementsPerMinuteMax: z.int().min(1).max(100_000_000).optional(),
  mode: z.enum(['observe', 'enforce']).default('enforce'),
})

const roleRules: z.ZodType<RoleRules> = z.strictObject({
  withheld: z.array(withheld).max(1_000).default([]),
  rows: z
    .strictObject({
      max: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(Number.MAX_SAFE_INTEGER),
      mode: ruleMode.default('enforce'),
    })
    .prefault({}),
  ddl: ruleMode.default('enforce'),
  escalation: ruleMode.default('enforce'),
})

const columnNames: z.ZodType<readonly string[]> = z
  .array(
    z.string().regex(/^[^.\s]{1,63}\.[^.\s]{1,63}(\.[^.\s]{1,63})?$/, {
      error: 'must be table.column or schema.table.column',
    }),
  )
  .max(10_000)
  .default([])

const personal: z.ZodType<PersonalConfig> = z.strictObject({
  columns: columnNames,
  except: columnNames,
  suggest: z.boolean().default(true),
})

const subjectClass: z.ZodType<SubjectClass> = z.strictObject({
  tables: z.array(z.string().min(1).max(127)).min(1).max(1_000),
  roles: names,
  publicKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: "must be what 'audit class-key' printed" }),
})

const clientCertificates: z.ZodType<CertificateConfig> = z
  .strictObject({
    authority: z.string().max(MIB).default(''),
    roles: z.record(name, z.array(z.string().min(1).max(255)).max(10_000)).default({}),
  })
  .refine(({ authority }) => isAuthority(authority), {
    path: ['authority'],
    error: 'must be the PEM of certificates that may issue others, as ${file:/etc/veilig/ca.pem}',
  })
  .refine(({ authority, roles }) => authority !== '' || Object.keys(roles).length === 0, {
    path: ['authority'],
    error: 'must be given where roles need certificates',
  })

const ON_THIS_MACHINE: readonly string[] = ['127.0.0.1', '::1', 'localhost']

const server: z.ZodType<ServerConfig> = z
  .strictObject({
    host: z.string().min(1).max(255),
    port: z.int().min(1).max(65_535).default(5432),
    ca: z.string().max(MIB).default(''),
    servername: z.string().min(1).max(255).optional(),
    user: name.default('veilig_gateway'),
    password: z.string().max(1_024).default(''),
    database: name.default('postgres'),
  })
  .refine(({ ca }) => ca === '' || isAuthority(ca), {
    path: ['ca'],
    error: 'must be the PEM of certificates that may issue others, as ${file:/etc/veilig/ca.pem}',
  })
  .refine(({ ca, host }) => ca !== '' || ON_THIS_MACHINE.includes(host), {
    path: ['ca'],
    error: 'must be given for a server on another machine: what passes there is encrypted',
  })

export const sqlGatewayConfig: z.ZodType<SqlGatewayConfig> = z
  .strictObject({
    server: server.optional(),
    listen: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .min(1)
      .max(16)
      .default(['127.0.0.1', '::1']),
    sharesPort: z.boolean().default(false),
    workers: z.int().min(1).max(64).default(1),
    allow: z.array(range).max(10_000).default(['127.0.0.1/32', '::1/128']),
    tlsRequired: z.boolean().default(true),
    replicationRoles: z.array(z.string().min(1)).max(100).default([]),
    textCap: z
      .int()
      .min(KIB)
      .max(1 * MIB)
      .default(1 * MIB),
    repeatedTextCap: z
      .int()
      .min(0)
      .max(64 * KIB)
      .default(2 * KIB),
    clientCertificates: clientCertificates.prefault({}),
    personal: personal.prefault({}),
    subjects: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/), subjectClass).default({}),
    connect: z.array(connectRule).max(1_000).default([]),
    roles: z.record(z.string().min(1).max(63), roleRules).prefault({ reservations_app: {} }),
    limits: limits.prefault({}),
  })
  .readonly()

function isAuthority(pem: string): boolean {
  if (pem === '') return true
  try {
    const certificates = certificatesIn(pem)
    return certificates.length > 0 && certificates.every((each) => new X509Certificate(each).ca)
  } catch {
    return false // OpenSSL cannot read it
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).format(0) !== ''
  } catch {
    return false // a RangeError says that there is no such zone
  }
}
