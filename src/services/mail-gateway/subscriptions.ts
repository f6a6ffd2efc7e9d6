/**
 * Who wants which mail: one row for each person, sender, tenant and list.
 *
 * @module
 */
import type pg from 'pg'

export type Subscription = {
  readonly id: string
  readonly sender: string
  readonly tenant: string
  readonly list: string
  readonly generation: number
  readonly stopped: boolean
  readonly victimHash: string
}

type Queryable = Pick<pg.Pool, 'query'>

const columns = `id, sender, tenant, list, generation, stopped_at is not null as stopped,
  victim as "victimHash"`
const LISTED_MAX = 50

export async function subscriptionById(
  client: Queryable,
  id: string,
): Promise<Subscription | undefined> {
  const sql = `select ${columns} from subscription where id = $1`
  return (await client.query<Subscription>(sql, [id])).rows[0]
}

/**
 * The other lists of one person from the same sender and tenant: a link that was passed on tells
 * nobody what the person reads elsewhere.
 */
export async function siblingsOf(
  client: Queryable,
  { id, victimHash, sender, tenant }: Subscription,
): Promise<readonly Subscription[]> {
  const { rows } = await client.query<Subscription>(
    `select ${columns} from subscription where victim = $1 and sender = $2 and tenant = $3
     and id <> $4 order by list limit ${LISTED_MAX}`,
    [victimHash, sender, tenant, id],
  )
  return rows
}

/** @returns Whether it changed anything. */
export async function unsubscribe(client: Queryable, id: string, nowMs: number): Promise<boolean> {
  const { rowCount } = await client.query(
    'update subscription set stopped_at = $2 where id = $1 and stopped_at is null',
    [id, new Date(nowMs)],
  )
  return rowCount === 1
}

/** A new consent: links from before it no longer act by themselves. */
export async function resubscribe(client: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update subscription set stopped_at = null, generation = generation + 1
     where id = $1 and stopped_at is not null`,
    [id],
  )
  return rowCount === 1
}
