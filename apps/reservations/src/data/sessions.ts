/**
 * Who is logged in. A session is a row; its token is 256 random bits that only the browser keeps.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'
import { inClub, type Database, type Transaction } from '../database.ts'
import type { Member } from '../model.ts'
import { memberById } from './members.ts'
import { raiseAlert } from './officers.ts'
import { newToken, sha256 } from './tokens.ts'

export const SESSION_DAYS = 14
const DAY_MS = 86_400_000

/** After so many failures within the window an account waits, right password or not. */
const FAILURES_MAX = 10
const FAILURE_WINDOW_MS = 15 * 60_000

/** argon2id (OWASP, Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane). Algorithm 2 is id. */
const cost = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Hashing is dear on purpose; so many at once and no more, or a flood of log-ins is a fault. */
const HASHING_MAX = 64
let hashing = 0

/** A hash nobody has the password of: an unknown address then takes as long as a wrong password. */
const nobody = hashPassword(randomBytes(16).toString('hex'))

export async function hashPassword(password: string): Promise<string> {
  return await hash(password, cost)
}

/** For a member who has not chosen a password yet: nothing matches it. */
export async function passwordOfNobody(): Promise<string> {
  return await nobody
}

export type LogIn =
  | { readonly outcome: 'welcome'; readonly token: string; readonly member: Member }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'wait' }

/**
 * Checks a password and opens a session. Between its two transactions it hashes, which takes long:
 * no connection is held meanwhile.
 */
export async function logIn(
  database: Database,
  clubId: string,
  email: string,
  password: string,
  nowMs: number,
): Promise<LogIn> {
  const account = sha256(email)
  const found = await inClub(database, clubId, async (tx) => {
    const failures = await failuresOf(tx, clubId, account, nowMs)
    const [row] = await tx<{ id: string; hash: string; canary: boolean }[]>`
      SELECT id, password_hash AS hash, canary FROM members
      WHERE club_id = ${clubId} AND email = ${email} AND active`
    // Nobody has this address but who took the list: the first use of it is the alarm.
    if (row?.canary && failures === 0) await raiseAlert(tx, clubId, 'canary', undefined, 1)
    return { failures, row }
  })
  if (found.failures >= FAILURES_MAX) return { outcome: 'wait' }
  const right = await matches(found.row?.hash || (await nobody), password)
  if (right === undefined) return { outcome: 'wait' }
  return await inClub(database, clubId, async (tx): Promise<LogIn> => {
    const member = found.row && right ? await memberById(tx, clubId, found.row.id) : undefined
    if (!member) {
      await tx`INSERT INTO login_failures (club_id, account_hash, failed_at)
        VALUES (${clubId}, ${account}, ${new Date(nowMs)})`
      return { outcome: 'wrong' }
    }
    await tx`DELETE FROM login_failures WHERE club_id = ${clubId} AND account_hash = ${account}`
    return { outcome: 'welcome', token: await openSession(tx, clubId, member.id, nowMs), member }
  })
}

/**
 * Whether it is the member's password, given again. Wrong ones count as at log-in, so that a stolen
 * cookie cannot be used to guess.
 */
export async function isPassword(
  database: Database,
  clubId: string,
  member: Member,
  password: string,
  nowMs: number,
): Promise<'right' | 'wrong' | 'wait'> {
  const account = sha256(member.email)
  const found = await inClub(database, clubId, async (tx) => {
    const [row] = await tx<{ hash: string }[]>`SELECT password_hash AS hash FROM members
      WHERE club_id = ${clubId} AND id = ${member.id} AND active`
    return { failures: await failuresOf(tx, clubId, account, nowMs), hash: row?.hash }
  })
  if (found.failures >= FAILURES_MAX) return 'wait'
  const right = await matches(found.hash || (await nobody), password)
  if (right === undefined) return 'wait'
  if (right) return 'right'
  await inClub(
    database,
    clubId,
    (tx) => tx`INSERT INTO login_failures (club_id, account_hash, failed_at)
      VALUES (${clubId}, ${account}, ${new Date(nowMs)})`,
  )
  return 'wrong'
}

/** @returns Undefined when too many hash at once. */
async function matches(stored: string, password: string): Promise<boolean | undefined> {
  if (hashing >= HASHING_MAX) return undefined
  hashing++
  try {
    return await verify(stored, password)
  } finally {
    hashing--
  }
}

async function failuresOf(
  tx: Transaction,
  clubId: string,
  account: Buffer,
  nowMs: number,
): Promise<number> {
  const since = new Date(nowMs - FAILURE_WINDOW_MS)
  await tx`DELETE FROM login_failures WHERE club_id = ${clubId} AND failed_at < ${since}`
  const [row] = await tx<{ failures: number }[]>`
    SELECT count(*)::int AS failures FROM login_failures
    WHERE club_id = ${clubId} AND account_hash = ${account}`
  return row?.failures ?? 0
}

export async function openSession(
  tx: Transaction,
  clubId: string,
  memberId: string,
  nowMs: number,
): Promise<string> {
  const token = newToken()
  const expires = new Date(nowMs + SESSION_DAYS * DAY_MS)
  await tx`DELETE FROM sessions WHERE club_id = ${clubId} AND expires_at < ${new Date(nowMs)}`
  await tx`INSERT INTO sessions (club_id, token_hash, member_id, expires_at)
    VALUES (${clubId}, ${sha256(token)}, ${memberId}, ${expires})`
  await tx`INSERT INTO member_seen VALUES (${clubId}, ${memberId}, ${new Date(nowMs)})
    ON CONFLICT (club_id, member_id) DO UPDATE SET at = excluded.at`
  return token
}

/** The member the token belongs to, in this club; a token of another club is nobody's here. */
export async function memberOfSession(
  tx: Transaction,
  clubId: string,
  token: string,
  nowMs: number,
): Promise<Member | undefined> {
  const [row] = await tx<{ id: string }[]>`
    SELECT member_id AS id FROM sessions WHERE club_id = ${clubId}
      AND token_hash = ${sha256(token)} AND expires_at > ${new Date(nowMs)}`
  return row && (await memberById(tx, clubId, row.id))
}

export async function logOut(tx: Transaction, clubId: string, token: string): Promise<void> {
  await tx`DELETE FROM sessions WHERE club_id = ${clubId} AND token_hash = ${sha256(token)}`
}
