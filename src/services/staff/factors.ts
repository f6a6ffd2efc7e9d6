/**
 * Second proofs in the control database: one-time codes, passkeys, recovery codes.
 *
 * @module
 */
import type pg from 'pg'
import { digest, type Passkey } from './store.ts'

type Queryable = Pick<pg.Pool, 'query'>

export type KeptTotp = { readonly seed: Uint8Array; readonly confirmed: boolean }

/** Keeps the seed to be confirmed, or gives the one already there. */
export async function offerTotp(
  db: Queryable,
  accountId: string,
  seed: Uint8Array,
): Promise<KeptTotp> {
  await db.query(
    'insert into totp (account_id, seed) values ($1, $2) on conflict (account_id) do nothing',
    [accountId, seed],
  )
  const kept = await totpOf(db, accountId)
  if (!kept) throw new Error('the seed is gone')
  return kept
}

export async function totpOf(db: Queryable, accountId: string): Promise<KeptTotp | undefined> {
  const sql = `select seed, confirmed_at is not null as confirmed from totp where account_id = $1`
  return (await db.query<KeptTotp>(sql, [accountId])).rows[0]
}

/** A code counts once: @returns Whether this time step is later than any before it. */
export async function useStep(
  db: Queryable,
  accountId: string,
  step: number,
  confirms: boolean,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update totp set last_step = $2, confirmed_at = coalesce(confirmed_at, now())
      where account_id = $1 and last_step < $2 and (confirmed_at is not null or $3)`,
    [accountId, step, confirms],
  )
  return rowCount === 1
}

const passkeyColumns = `id, account_id as "accountId", public_key as "publicKey",
  counter::float8 as counter, transports, label`

export async function passkeyById(db: Queryable, id: string): Promise<Passkey | undefined> {
  const sql = `select ${passkeyColumns} from passkey where id = $1`
  return (await db.query<Passkey>(sql, [id])).rows[0]
}

export async function keepPasskey(db: Queryable, passkey: Passkey): Promise<void> {
  const { id, accountId, publicKey, counter, transports, label } = passkey
  await db.query(
    `insert into passkey (id, account_id, public_key, counter, transports, label)
     values ($1, $2, $3, $4, $5, $6)`,
    [id, accountId, Buffer.from(publicKey), counter, transports, label],
  )
}

export type PasskeyLine = {
  readonly id: string
  readonly label: string
  readonly createdMs: number
  readonly usedMs: number | null
}

export async function passkeysOf(db: Queryable, accountId: string): Promise<PasskeyLine[]> {
  const { rows } = await db.query<PasskeyLine>(
    `select id, label, extract(epoch from created_at)::float8 * 1000 as "createdMs",
            extract(epoch from used_at)::float8 * 1000 as "usedMs"
       from passkey where account_id = $1 order by created_at limit 50`,
    [accountId],
  )
  return rows
}

/** @returns Whether it was removed; the only second proof of an account never is. */
export async function removePasskey(
  db: Queryable,
  accountId: string,
  id: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from passkey where account_id = $1 and id = $2 and (
       exists (select from totp where account_id = $1 and confirmed_at is not null)
       or exists (select from passkey where account_id = $1 and id <> $2))`,
    [accountId, id],
  )
  return rowCount === 1
}

export async function codesLeft(db: Queryable, accountId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count from recovery_code where account_id = $1 and used_at is null`,
    [accountId],
  )
  return rows[0]?.count ?? 0
}

/** @returns Whether the counter went on; one that stays behind is of a copied key. */
export async function usePasskey(db: Queryable, id: string, counter: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update passkey set counter = $2, used_at = now()
      where id = $1 and (counter < $2 or (counter = 0 and $2 = 0))`,
    [id, counter],
  )
  return rowCount === 1
}

export async function keepRecoveryCodes(
  db: Queryable,
  accountId: string,
  codes: readonly string[],
): Promise<void> {
  await db.query('delete from recovery_code where account_id = $1', [accountId])
  await db.query(
    'insert into recovery_code (code_hash, account_id) select unnest($2::bytea[]), $1',
    [accountId, codes.map(digest)],
  )
}

/** @returns Whether the code was good; it never is again. */
export async function useRecoveryCode(
  db: Queryable,
  accountId: string,
  code: string,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update recovery_code set used_at = now()
      where account_id = $1 and code_hash = $2 and used_at is null`,
    [accountId, digest(code)],
  )
  return rowCount === 1
}
