/**
 * Records in the control database, for gateways on several machines: the certificate's, and the
 * keys of session tickets. They hold private keys, so they are stored sealed: the database alone
 * opens nothing.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import type { Book } from './book.ts'

const NONCE_SIZE = 12
const TAG_SIZE = 16

/** One for each kind of record. */
export type RecordTable = 'certificates' | 'ticket_keys'

/**
 * Made by the gateway's own role in its own schema, at every start; one gateway after another,
 * since `if not exists` does not see a table that is just being made.
 */
const schemaOf = (table: RecordTable): string => `
  begin;
  select pg_advisory_xact_lock(hashtext('veilig ${table}'));
  create table if not exists ${table} (
    name text primary key,
    version integer not null,
    sealed bytea not null,
    stored_at timestamptz not null default now()
  );
  commit`

export type DatabaseBookOptions = {
  readonly pool: pg.Pool
  readonly table: RecordTable
  /** Tells records of one installation apart. */
  readonly name: string
  /** 32 bytes or more that all gateways have, and the database does not. */
  readonly secret: Uint8Array
}

/** @throws {Error} Of the database, when it does not answer. */
export async function databaseBook<Record>(options: DatabaseBookOptions): Promise<Book<Record>> {
  const { pool, table, name, secret } = options
  const label = table === 'certificates' ? 'veilig certificate record' : `veilig ${table}`
  const key = Buffer.from(hkdfSync('sha256', secret, '', label, 32))
  await pool.query(schemaOf(table))
  return {
    load: async () => {
      const { rows } = await pool.query<{ version: number; sealed: Buffer }>(
        `select version, sealed from ${table} where name = $1`,
        [name],
      )
      const [row] = rows
      if (!row) return undefined
      return {
        version: row.version,
        record: open<Record>(key, row.sealed, `${name} ${row.version}`),
      }
    },
    store: async (record, version) => {
      const sealed = seal(key, record, `${name} ${version + 1}`)
      const { rowCount } = await pool.query(
        version === 0
          ? `insert into ${table} (name, version, sealed) values ($1, $2 + 1, $3)
             on conflict do nothing`
          : `update ${table} set version = $2 + 1, sealed = $3, stored_at = now()
             where name = $1 and version = $2`,
        [name, version, sealed],
      )
      return rowCount === 1
    },
  }
}

/** @param place Bound in: an old record put back, or another's, does not open. */
function seal(key: Buffer, record: unknown, place: string): Buffer {
  const nonce = randomBytes(NONCE_SIZE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
  const text = Buffer.concat([cipher.update(JSON.stringify(record), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

function open<Record>(key: Buffer, sealed: Buffer, place: string): Record {
  try {
    const nonce = sealed.subarray(0, NONCE_SIZE)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
    decipher.setAuthTag(sealed.subarray(NONCE_SIZE, NONCE_SIZE + TAG_SIZE))
    const body = sealed.subarray(NONCE_SIZE + TAG_SIZE)
    const text = Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
    return JSON.parse(text) as Record
  } catch (cause) {
    const message = 'a shared record does not open: all gateways need the same acme.key'
    throw new FaultError('ACME_RECORD_SEALED', message, { cause })
  }
}
