/**
 * Links that a mail carries: kept as SHA-256, good once and for a while.
 *
 * @module
 */
import type pg from 'pg'
import { accountById, digest, type Account } from './store.ts'

type Queryable = Pick<pg.Pool, 'query'>
export type LinkKind = 'not-me' | 'approve'

export async function keepLink(
  db: Queryable,
  link: {
    readonly token: string
    readonly kind: LinkKind
    readonly accountId: string
    readonly requestId?: string | undefined
    readonly untilMs: number
  },
): Promise<void> {
  const { token, kind, accountId, requestId, untilMs } = link
  await db.query(
    `insert into link (token_hash, kind, account_id, request_id, expires_at)
     values ($1, $2, $3, $4, to_timestamp($5 / 1000.0))`,
    [digest(token), kind, accountId, requestId ?? null, untilMs],
  )
}

/** Whom a link was sent to and what it is about, while it is good. */
export async function linkOf(
  db: Queryable,
  kind: LinkKind,
  token: string,
  nowMs: number,
): Promise<{ readonly account: Account; readonly requestId: string | null } | undefined> {
  const { rows } = await db.query<{ account_id: string; request_id: string | null }>(
    `select account_id, request_id from link where token_hash = $1 and kind = $2
       and used_at is null and expires_at > to_timestamp($3 / 1000.0)`,
    [digest(token), kind, nowMs],
  )
  const account = rows[0] && (await accountById(db, rows[0].account_id))
  if (!rows[0] || account?.state !== 'active') return undefined
  return { account, requestId: rows[0].request_id }
}

/** @returns Whether it was good until now; it never is again. */
export async function useLink(db: Queryable, token: string, nowMs: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update link set used_at = to_timestamp($2 / 1000.0) where token_hash = $1
       and used_at is null and expires_at > to_timestamp($2 / 1000.0)`,
    [digest(token), nowMs],
  )
  return rowCount === 1
}

/** @returns Whether the account may be told now: not when it was within this time. */
export async function notedNow(
  db: Queryable,
  accountId: string,
  nowMs: number,
  everyMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update account set noticed_at = to_timestamp($2::float8 / 1000) where id = $1
       and (noticed_at is null or noticed_at <= to_timestamp(($2::float8 - $3::float8) / 1000))`,
    [accountId, nowMs, everyMs],
  )
  return rowCount === 1
}
