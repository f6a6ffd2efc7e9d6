/**
 * access.roles: the application's role has no right it does not need, and a login of the
 * gateway's cannot climb.
 *
 * The prober does not hold the application's password: what that role may do, it reads in the
 * server's own tables; what a role may not do, it tries with its own, which has as few rights.
 *
 * @module
 */
import type { Finding } from '#lib/claims/statement.ts'
import { finding, notReached, verdictOf, type Probe } from '../probe.ts'

export type AccessRolesTarget = {
  /** Of the application, and the database it works in. */
  readonly role: string
  readonly database: string
  /** The rows of a query of the prober's own, through the gateway. */
  readonly query: (sql: string, signal: AbortSignal) => Promise<readonly Row[]>
  /** What became of a statement: 'done', or the SQLSTATE of its refusal. */
  readonly attempt: (sql: string, signal: AbortSignal, database?: string) => Promise<string>
}

type Row = Readonly<Record<string, unknown>>

/** Each must be refused: insufficient privilege, or not let in at all. */
const climbs: readonly (readonly [name: string, sql: string])[] = [
  ['SET ROLE', 'set role postgres'],
  ['CREATE ROLE', 'create role veilig_probe_never'],
  ['ALTER ROLE', 'alter role veilig_prober superuser'],
  ['COPY PROGRAM', `copy (select 1) to program 'true'`],
  ['COPY FILE', `copy (select 1) to '/tmp/veilig-probe-never'`],
  ['pg_read_file', `select pg_read_file('PG_VERSION')`],
  ['pg_authid', 'select rolpassword from pg_authid limit 1'],
  ['ALTER SYSTEM', `alter system set log_statement = 'none'`],
]

const REFUSED = new Set(['42501', '28000', '3D000'])

export function accessRolesProbe(target: AccessRolesTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      const bad = await tooMuch(target, signal)
      for (const [name, sql] of climbs) {
        const outcome = await target.attempt(sql, signal)
        if (!REFUSED.has(outcome)) bad.push(finding('ROLE_CLIMBED', { attempt: name, outcome }))
      }
      const across = await target.attempt('select 1', signal, target.database)
      if (!REFUSED.has(across))
        bad.push(finding('ROLE_CROSSED', { database: target.database, outcome: across }))
      const good = [
        finding('ROLE_LEAST', { role: target.role }),
        finding('ROLE_CLIMBS_REFUSED', { count: climbs.length }),
        finding('ROLE_NOT_CROSSED', { database: target.database }),
      ]
      return verdictOf(good, bad)
    },
  }
}

const literal = (text: string): string => `'${text.replaceAll(`'`, `''`)}'`

/** Rights of the application's role beyond rows, as the server itself lists them. */
async function tooMuch(target: AccessRolesTarget, signal: AbortSignal): Promise<Finding[]> {
  const { role } = target
  const [row] = await target.query(
    `select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication,
       (select count(*)::int from pg_auth_members where member = r.oid) as memberships,
       (select count(*)::int from pg_shdepend
        where refclassid = 'pg_authid'::regclass and refobjid = r.oid and deptype = 'o') as owns
     from pg_roles r where rolname = ${literal(role)}`,
    signal,
  )
  if (!row) throw notReached(`the role ${role}`)
  const rights: readonly (readonly [field: string, right: string])[] = [
    ['rolsuper', 'SUPERUSER'],
    ['rolcreaterole', 'CREATEROLE'],
    ['rolcreatedb', 'CREATEDB'],
    ['rolbypassrls', 'BYPASSRLS'],
    ['rolreplication', 'REPLICATION'],
    ['memberships', 'membership of another role'],
    ['owns', 'ownership of objects'],
  ]
  return rights
    .filter(([field]) => row[field] !== false && row[field] !== 0)
    .map(([, right]) => finding('ROLE_TOO_MUCH', { role, right }))
}
