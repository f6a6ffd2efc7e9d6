/**
 * The accounts, their proofs and their sessions in the control database.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type pg from 'pg'
import type { Stage } from './doors.ts'
import type { Role } from './policy.ts'

export type Account = {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly state: 'invited' | 'active' | 'disabled'
  readonly passwordHash: string | null
  readonly passwordChangedMs: number | null
}

export type Session = {
  readonly id: string
  readonly stage: Stage
  readonly tries: number
  /** When the second proof was last shown; undefined before the first time. */
  readonly provedMs: number | undefined
  readonly createdMs: number
  readonly account: Account
}

export type Passkey = {
  readonly id: string
  readonly accountId: string
  readonly publicKey: Uint8Array
  readonly counter: number
  readonly transports: readonly string[]
  /** Of which browser, for its owner to know it by. */
  readonly label: string
}

const accountColumns = `a.id, a.name, a.role, a.state, a.password_hash as "passwordHash",
  extract(epoch from a.password_changed_at)::float8 * 1000 as "passwordChangedMs"`

type Queryable = Pick<pg.Pool, 'query'>

export function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

export async function accountByName(db: Queryable, name: string): Promise<Account | undefined> {
  const sql = `select ${accountColumns} from account a where name = $1`
  return (await db.query<Account>(sql, [name])).rows[0]
}

export async function accountById(db: Queryable, id: string): Promise<Account | undefined> {
  const sql = `select ${accountColumns} from account a where id = $1`
  return (await db.query<Account>(sql, [id])).rows[0]
}

/** Makes the account, or invites it again; its old invitations and sessions are gone. */
export async function invite(
  db: Queryable,
  name: string,
  role: Role,
  token: string,
  expiresMs: number,
): Promise<Account> {
  const { rows } = await db.query<Account>(
    `with a as (
       insert into account (name, role) values ($1, $2)
       on conflict (name) do update set role = excluded.role, state = 'invited',
         password_hash = null
       returning *),
     gone as (delete from session where account_id in (select id from a)),
     old as (delete from invitation where account_id in (select id from a)),
     made as (insert into invitation (token_hash, account_id, expires_at)
       select $3, id, to_timestamp($4 / 1000.0) from a)
     select ${accountColumns} from a`,
    [name, role, digest(token), expiresMs],
  )
  if (!rows[0]) throw new Error('no account was made')
  return rows[0]
}

/** The account an invitation is for, while it is good. */
export async function invited(
  db: Queryable,
  token: string,
  nowMs: number,
): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(
    `select ${accountColumns} from invitation i join account a on a.id = i.account_id
      where token_hash = $1 and used_at is null and expires_at > to_timestamp($2 / 1000.0)
        and a.state = 'invited'`,
    [digest(token), nowMs],
  )
  return rows[0]
}

/** Uses the invitation up, once, and keeps the password. */
export async function acceptInvitation(
  db: Queryable,
  token: string,
  passwordHash: string,
  nowMs: number,
): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(
    `with used as (
       update invitation set used_at = to_timestamp($2 / 1000.0)
        where token_hash = $1 and used_at is null and expires_at > to_timestamp($2 / 1000.0)
        returning account_id),
     cleared as (delete from totp where account_id in (select account_id from used)),
     keys as (delete from passkey where account_id in (select account_id from used))
     update account a set password_hash = $3, password_changed_at = to_timestamp($2 / 1000.0)
       from used where a.id = used.account_id and a.state = 'invited'
     returning ${accountColumns}`,
    [digest(token), nowMs, passwordHash],
  )
  return rows[0]
}

/** An account is active from the moment its second proof is confirmed, and never without one. */
export async function activate(db: Queryable, accountId: string): Promise<void> {
  await db.query(
    `update account set state = 'active' where id = $1 and state = 'invited' and (
       exists (select from totp where account_id = $1 and confirmed_at is not null)
       or exists (select from passkey where account_id = $1))`,
    [accountId],
  )
}

export async function disable(db: Queryable, name: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `with gone as (delete from session where account_id = (select id from account where name = $1))
     update account set state = 'disabled', password_hash = null where name = $1`,
    [name],
  )
  return rowCount === 1
}

export async function startSession(
  db: Queryable,
  session: {
    readonly token: string
    readonly accountId: string
    readonly stage: Stage
    readonly device: string
    readonly network: string
    readonly nowMs: number
    /** Of the session it follows: a renewed one lives no longer. */
    readonly createdMs?: number | undefined
  },
): Promise<void> {
  const { token, accountId, stage, device, network, nowMs, createdMs = nowMs } = session
  await db.query(
    `insert into session (token_hash, account_id, stage, device, network, created_at, seen_at,
       proved_at)
     values ($1, $2, $3, $4, $5, to_timestamp($7 / 1000.0), to_timestamp($6 / 1000.0),
       case when $3 = 'full' then to_timestamp($6 / 1000.0) end)`,
    [digest(token), accountId, stage, device.slice(0, 200), network, nowMs, createdMs],
  )
}

/** The session of a token while it lasts; its time of use is set. */
export async function useSession(
  db: Queryable,
  token: string,
  nowMs: number,
  idleMs: number,
  absoluteMs: number,
  used: boolean,
): Promise<Session | undefined> {
  type Row = Account & { sid: string; stage: Stage; tries: number; proved: number | null }
  const { rows } = await db.query<Row & { created: number }>(
    `update session s
      set seen_at = case when $5 then to_timestamp($2::float8 / 1000.0) else s.seen_at end
      from account a
      where s.token_hash = $1 and a.id = s.account_id and a.state <> 'disabled'
        and (s.stage <> 'full' or a.state = 'active')
        and s.seen_at > to_timestamp(($2::float8 - $3::float8) / 1000.0)
        and s.created_at > to_timestamp(($2::float8 - $4::float8) / 1000.0)
      returning s.id as sid, s.stage, s.tries, ${accountColumns},
        extract(epoch from s.proved_at)::float8 * 1000 as proved,
        extract(epoch from s.created_at)::float8 * 1000 as created`,
    [digest(token), nowMs, idleMs, absoluteMs, used],
  )
  const row = rows[0]
  if (!row) return undefined
  const { sid, stage, tries, proved, created, ...account } = row
  return { id: sid, stage, tries, provedMs: proved ?? undefined, createdMs: created, account }
}

/** Counts a try at the second proof. @returns How many there were, this one included. */
export async function countTry(db: Queryable, sessionId: string): Promise<number> {
  const sql = 'update session set tries = tries + 1 where id = $1 returning tries'
  return (await db.query<{ tries: number }>(sql, [sessionId])).rows[0]?.tries ?? Infinity
}

export async function endSession(
  db: Queryable,
  sessionId: string,
  accountId: string,
): Promise<boolean> {
  const sql = 'delete from session where id = $1 and account_id = $2'
  return (await db.query(sql, [sessionId, accountId])).rowCount === 1
}

/** @param except The session that goes on, if any. @returns How many ended. */
export async function endSessions(
  db: Queryable,
  accountId: string,
  except?: string,
): Promise<number> {
  const sql = 'delete from session where account_id = $1 and ($2::uuid is null or id <> $2)'
  return (await db.query(sql, [accountId, except ?? null])).rowCount ?? 0
}

/** @param hash Undefined: no password opens the account until its owner chose another. */
export async function setPassword(
  db: Queryable,
  accountId: string,
  hash: string | undefined,
  nowMs: number,
): Promise<void> {
  await db.query(
    `update account set password_hash = $2, password_changed_at = to_timestamp($3 / 1000.0)
      where id = $1`,
    [accountId, hash ?? null, nowMs],
  )
}

export type SessionLine = {
  readonly id: string
  readonly device: string
  readonly network: string
  readonly createdMs: number
  readonly seenMs: number
}

export async function sessionsOf(db: Queryable, accountId: string): Promise<SessionLine[]> {
  const { rows } = await db.query<SessionLine>(
    `select id, device, network, extract(epoch from created_at)::float8 * 1000 as "createdMs",
            extract(epoch from seen_at)::float8 * 1000 as "seenMs"
       from session where account_id = $1 and stage = 'full' order by seen_at desc limit 50`,
    [accountId],
  )
  return rows
}

export type StaffLine = {
  readonly name: string
  readonly role: Role
  readonly state: string
  readonly totp: boolean
  readonly passkeys: number
  readonly codesLeft: number
}

export async function listStaff(db: Queryable): Promise<StaffLine[]> {
  const { rows } = await db.query<StaffLine>(
    `select name, role, state,
       exists (select from totp where account_id = a.id and confirmed_at is not null) as totp,
       (select count(*)::int from passkey where account_id = a.id) as passkeys,
       (select count(*)::int from recovery_code
         where account_id = a.id and used_at is null) as "codesLeft"
       from account a order by state, name limit 1000`,
  )
  return rows
}
