/**
 * Kept tokens in the control database. What debits a token is sealed under the id and the club it
 * belongs to, so that none can be put in another's place.
 *
 * @module
 */
import type pg from 'pg'
import { z } from 'zod'
import { openValue, sealValue } from '#crypto/sealed-value.ts'
import type { Environment, GatewayName, Means, Payment, Token, TokenState } from './model.ts'
import type { OpenToken, TokenStore } from './ports.ts'
import { failed, timeOf } from './store-steps.ts'

const LISTED_MAX = 20

/** Seals what debits the token of this id. */
export type SealMeans = (means: Means, of: Pick<Token, 'id' | 'tenant'>) => Uint8Array

/** @param key 32 bytes. @param nonce Fresh random bytes each time. */
export function meansSealer(key: Uint8Array, nonce: () => Uint8Array): SealMeans {
  return (means, of) => sealValue(key, contextOf(of), Buffer.from(JSON.stringify(means)), nonce())
}

/** In the transaction in which its payment is found to be paid. */
export async function keepToken(
  client: pg.PoolClient,
  { id, tenant, saveFor, gateway, environment }: Payment,
  means: Means,
  seal: SealMeans,
  nowMs: number,
): Promise<void> {
  const sealed = Buffer.from(seal(means, { id, tenant }))
  await client.query(
    `insert into token (id, tenant, customer, gateway, environment, state, sealed, expires,
       created_at) values ($1, $2, $3, $4, $5, 'active', $6, $7, $8)`,
    [id, tenant, saveFor, gateway, environment, sealed, means.expires, timeOf(nowMs)],
  )
}

type Row = {
  id: string
  tenant: string
  customer: string
  gateway: GatewayName
  environment: Environment
  state: TokenState
  expires: string
  created_at: Date
  sealed: Buffer | null
}

export class PostgresTokenStore implements TokenStore {
  readonly #pool: pg.Pool
  readonly #key: Uint8Array

  /** @param key What they were sealed with. */
  constructor(pool: pg.Pool, key: Uint8Array) {
    this.#pool = pool
    this.#key = key
  }

  async getToken(id: string): Promise<Token | undefined> {
    return (await this.#rows('where id = $1', [id]))[0]
  }

  /** Those that can be debited, the newest first. */
  async tokensOf(tenant: string, customer: string): Promise<readonly Token[]> {
    const where = `where tenant = $1 and customer = $2 and state = 'active'`
    return await this.#rows(`${where} order by created_at desc limit ${LISTED_MAX}`, [
      tenant,
      customer,
    ])
  }

  async openToken(id: string): Promise<OpenToken | undefined> {
    const [row] = await this.#query('select * from token where id = $1', [id])
    if (!row?.sealed || row.state !== 'active') return undefined
    return this.#opened(row, row.sealed)
  }

  async removing(id: string): Promise<Token | undefined> {
    const sql = `update token set state = 'removing' where id = $1 and state = 'active'`
    await this.#query(sql, [id])
    return await this.getToken(id)
  }

  async removed(id: string, nowMs: number): Promise<void> {
    await this.#query(
      `update token set state = 'removed', sealed = null, removed_at = $2 where id = $1`,
      [id, timeOf(nowMs)],
    )
  }

  async toForget(max: number): Promise<readonly OpenToken[]> {
    const sql = `select * from token where state = 'removing' order by created_at limit $1`
    const rows = await this.#query(sql, [max])
    return rows.flatMap((row) => (row.sealed ? [this.#opened(row, row.sealed)] : []))
  }

  #opened(row: Row, sealed: Uint8Array): OpenToken {
    const plain = openValue(this.#key, contextOf(row), sealed)
    return {
      token: tokenOf(row),
      means: meansSchema.parse(JSON.parse(Buffer.from(plain).toString())),
    }
  }

  async #rows(where: string, values: unknown[]): Promise<Token[]> {
    return (await this.#query(`select * from token ${where}`, values)).map(tokenOf)
  }

  async #query(sql: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.#pool.query<Row>(sql, values)).rows
    } catch (cause) {
      throw failed(cause)
    }
  }
}

const meansSchema: z.ZodType<Means> = z.strictObject({ handle: z.string(), expires: z.string() })

function contextOf({ id, tenant }: Pick<Token, 'id' | 'tenant'>): string {
  return `token ${id} of ${tenant}`
}

function tokenOf(row: Row): Token {
  const { id, tenant, customer, gateway, environment, state, expires, created_at } = row
  const createdMs = created_at.getTime()
  return { id, tenant, customer, gateway, environment, state, expires, createdMs }
}
