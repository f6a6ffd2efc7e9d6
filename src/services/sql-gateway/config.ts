/**
 * The `sqlGateway` section of veilig.yaml. Every field has a default; the defaults are what the
 * claims need.
 *
 * @module
 */
import { z } from 'zod'
import { readRange } from './policy.ts'

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

/** What a database role may not do through the gateway. */
export type RoleRules = {
  /** Statements that change structure or rights. */
  readonly ddl: RuleMode
  /** Ways to more: SET ROLE, COPY PROGRAM, files of the server … `#protocol/sql/primitives.ts`. */
  readonly escalation: RuleMode
}

export type SqlGatewayConfig = {
  /** Rules by role; a role that is not named has none. */
  readonly roles: Readonly<Record<string, RoleRules>>
  /** Addresses to listen on. */
  readonly listen: readonly string[]
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

const roleRules: z.ZodType<RoleRules> = z.strictObject({
  ddl: ruleMode.default('enforce'),
  escalation: ruleMode.default('enforce'),
})

export const sqlGatewayConfig: z.ZodType<SqlGatewayConfig> = z
  .strictObject({
    listen: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .min(1)
      .max(16)
      .default(['127.0.0.1', '::1']),
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
    roles: z.record(z.string().min(1).max(63), roleRules).prefault({ reservations_app: {} }),
    limits: limits.prefault({}),
  })
  .readonly()
