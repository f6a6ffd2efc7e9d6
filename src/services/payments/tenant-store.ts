/**
 * What is kept of each club beside its payments: keys, contact, outages, statements, passes.
 *
 * @module
 */
import type pg from 'pg'
import type { Language } from '#lib/claims/claim.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import type { Environment, GatewayName } from './model.ts'
import type { Movement, Statement } from './office/statement.ts'
import { failed, timeOf } from './store-steps.ts'
import { lasting, type Trouble } from './trouble.ts'

/** A tenant's gateway, its keys still sealed. */
export type TenantGateway = {
  readonly gateway: GatewayName
  readonly environment: Environment
  readonly sealedKeys: Uint8Array
  readonly enteredMs: number
  readonly enteredBy: string
}

export type Contact = { readonly address: string; readonly language: Language }

export type Outage = {
  readonly tenant: string
  readonly gateway: GatewayName
  readonly trouble: Trouble
  readonly sinceMs: number
  readonly toldMs: number | null
  readonly endedMs: number | null
}

export type PassKind = 'link' | 'session'

type KeysRow = {
  gateway: GatewayName
  environment: Environment
  sealed_keys: Buffer
  entered_at: Date
  entered_by: string
}
type OutageRow = {
  tenant: string
  gateway: GatewayName
  trouble: Trouble
  since: Date
  told_at: Date | null
  ended_at: Date | null
}
type MovementRow = { transaction: string; amount: string; currency: string; name: string }

const KEYS = 'select gateway, environment, sealed_keys, entered_at, entered_by from tenant_keys'
const STATEMENTS_LISTED = 31
/** Compared of one day: a club with more asks its gateway's own office. */
export const MOVEMENTS_MAX = 2_000

export class TenantStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async chosen(tenant: string): Promise<TenantGateway | undefined> {
    return await this.#keys(`${KEYS} where tenant = $1 and is_chosen`, [tenant])
  }

  /** Of a gateway the tenant uses, or used when something was begun there. */
  async keysFor(
    tenant: string,
    gateway: GatewayName,
    environment: Environment,
  ): Promise<TenantGateway | undefined> {
    const where = 'where tenant = $1 and gateway = $2 and environment = $3'
    return await this.#keys(`${KEYS} ${where}`, [tenant, gateway, environment])
  }

  /** The tenant's choice from now on; of the same gateway in place of the keys before. */
  async enter(tenant: string, given: TenantGateway): Promise<void> {
    await inTransaction(this.#pool, failed, async (client) => {
      await client.query('update tenant_keys set is_chosen = false where tenant = $1', [tenant])
      const { gateway, environment, sealedKeys, enteredMs, enteredBy } = given
      await client.query(
        `insert into tenant_keys values ($1, $2, $3, $4, $5, $6, true)
         on conflict (tenant, gateway, environment) do update
         set sealed_keys = $4, entered_at = $5, entered_by = $6, is_chosen = true`,
        [tenant, gateway, environment, Buffer.from(sealedKeys), timeOf(enteredMs), enteredBy],
      )
    })
  }

  async tenants(): Promise<readonly string[]> {
    const sql = 'select tenant from tenant_keys where is_chosen order by tenant'
    return (await this.#query<{ tenant: string }>(sql, [])).map(({ tenant }) => tenant)
  }

  async contact(tenant: string): Promise<Contact | undefined> {
    const sql = 'select address, language from contact where tenant = $1'
    return (await this.#query<Contact>(sql, [tenant]))[0]
  }

  async enterContact(tenant: string, { address, language }: Contact): Promise<void> {
    await this.#query(
      `insert into contact values ($1, $2, $3)
       on conflict (tenant) do update set address = $2, language = $3`,
      [tenant, address, language],
    )
  }

  /**
   * The gateway gave no usable answer: an outage begins, or goes on, if its end was not told yet.
   * When it becomes one that does not pass by itself, that is told, too.
   */
  async failing(
    tenant: string,
    gateway: GatewayName,
    trouble: Trouble,
    nowMs: number,
  ): Promise<void> {
    await this.#query(
      `insert into outage values ($1, $2, $3, $4) on conflict (tenant, gateway) do update
       set trouble = $3, ended_at = null,
         told_at = case when outage.trouble = $3 or $3 <> all($5) then outage.told_at end`,
      [tenant, gateway, trouble, timeOf(nowMs), [...lasting]],
    )
  }

  async answering(tenant: string, gateway: GatewayName, nowMs: number): Promise<void> {
    await this.#query(
      `update outage set ended_at = $3
       where tenant = $1 and gateway = $2 and ended_at is null`,
      [tenant, gateway, timeOf(nowMs)],
    )
  }

  async outages(): Promise<readonly Outage[]> {
    const rows = await this.#query<OutageRow>(
      'select tenant, gateway, trouble, since, told_at, ended_at from outage order by since',
      [],
    )
    return rows.map(({ tenant, gateway, trouble, since, told_at, ended_at }) => ({
      tenant,
      gateway,
      trouble,
      sinceMs: since.getTime(),
      toldMs: told_at?.getTime() ?? null,
      endedMs: ended_at?.getTime() ?? null,
    }))
  }

  async told({ tenant, gateway }: Outage, nowMs: number): Promise<void> {
    const sql = 'update outage set told_at = $3 where tenant = $1 and gateway = $2'
    await this.#query(sql, [tenant, gateway, timeOf(nowMs)])
  }

  async forget({ tenant, gateway }: Outage): Promise<void> {
    const sql = 'delete from outage where tenant = $1 and gateway = $2 and ended_at is not null'
    await this.#query(sql, [tenant, gateway])
  }

  /** What the ledger says of a time, at one gateway. */
  async booked(
    tenant: string,
    gateway: GatewayName,
    fromMs: number,
    toMs: number,
  ): Promise<readonly Movement[]> {
    const rows = await this.#query<MovementRow>(
      `select substr(transaction, length($2) + 2) as transaction, amount, currency,
         coalesce((select id from refund where refund.payment_id = ledger.payment_id
           and $2 || ':' || (body ->> 'transaction') = ledger.transaction limit 1),
           payment_id)::text as name
       from ledger where tenant = $1 and account = 'at-gateway:' || $2
         and booked_at >= $3 and booked_at < $4 order by id limit $5`,
      [tenant, gateway, timeOf(fromMs), timeOf(toMs), MOVEMENTS_MAX],
    )
    return rows.map((row) => ({ ...row, amount: Number(row.amount) }))
  }

  /** Of these numbers those that the ledger has, whenever it was. */
  async known(
    tenant: string,
    gateway: GatewayName,
    transactions: readonly string[],
  ): Promise<ReadonlySet<string>> {
    const rows = await this.#query<{ transaction: string }>(
      `select substr(transaction, length($2) + 2) as transaction from ledger
       where tenant = $1 and account = 'at-gateway:' || $2 and transaction = any($3)`,
      [tenant, gateway, transactions.map((one) => `${gateway}:${one}`)],
    )
    return new Set(rows.map(({ transaction }) => transaction))
  }

  async keepStatement(statement: Statement, nowMs: number): Promise<void> {
    const { tenant, gateway, day } = statement
    await this.#query(
      `insert into statement values ($1, $2, $3, $4, $5)
       on conflict (tenant, gateway, day) do update set compared_at = $4, body = $5`,
      [tenant, gateway, day, timeOf(nowMs), statement],
    )
  }

  /** The newest first. */
  async statements(tenant: string): Promise<readonly Statement[]> {
    const rows = await this.#query<{ body: Statement }>(
      'select body from statement where tenant = $1 order by day desc limit $2',
      [tenant, STATEMENTS_LISTED],
    )
    return rows.map(({ body }) => body)
  }

  async givePass(
    digest: Uint8Array,
    kind: PassKind,
    tenant: string,
    untilMs: number,
  ): Promise<void> {
    await this.#query('delete from pass where until_at < now()', [])
    const values = [Buffer.from(digest), kind, tenant, timeOf(untilMs)]
    await this.#query('insert into pass values ($1, $2, $3, $4)', values)
  }

  async passOf(digest: Uint8Array, kind: PassKind, nowMs: number): Promise<string | undefined> {
    const sql = 'select tenant from pass where digest = $1 and kind = $2 and until_at > $3'
    const rows = await this.#query<{ tenant: string }>(sql, [
      Buffer.from(digest),
      kind,
      timeOf(nowMs),
    ])
    return rows[0]?.tenant
  }

  /** @returns The tenant it was for, unless it was used or is over: of two, one gets it. */
  async takePass(digest: Uint8Array, nowMs: number): Promise<string | undefined> {
    const sql = 'delete from pass where digest = $1 and until_at > $2 returning tenant'
    const rows = await this.#query<{ tenant: string }>(sql, [Buffer.from(digest), timeOf(nowMs)])
    return rows[0]?.tenant
  }

  async #keys(sql: string, values: unknown[]): Promise<TenantGateway | undefined> {
    const [row] = await this.#query<KeysRow>(sql, values)
    if (!row) return undefined
    const { gateway, environment, sealed_keys, entered_at, entered_by } = row
    const enteredMs = entered_at.getTime()
    return { gateway, environment, sealedKeys: sealed_keys, enteredMs, enteredBy: entered_by }
  }

  async #query<R extends pg.QueryResultRow>(sql: string, values: unknown[]): Promise<R[]> {
    try {
      return (await this.#pool.query<R>(sql, values)).rows
    } catch (cause) {
      throw failed(cause)
    }
  }
}
