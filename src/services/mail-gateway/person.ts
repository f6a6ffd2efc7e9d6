/**
 * What staff may see about one address: what was sent to it, and what keeps mail from it.
 *
 * @module
 */
import type pg from 'pg'
import { suppressionOf, type Suppression } from './suppression.ts'

export type SentLine = {
  readonly atMs: number
  readonly category: string
  readonly list: string
  readonly tenant: string
  readonly state: string
  /** The receiver's status code; '' while nobody has answered. */
  readonly status: string
}

export type PersonView = {
  readonly suppression: Suppression | undefined
  /** Lists the person has left, as `sender/tenant/list`. */
  readonly left: readonly string[]
  /** The newest first. */
  readonly sent: readonly SentLine[]
}

const LINES_MAX = 50

type Row = {
  received_at: Date
  category: string
  list: string
  tenant: string
  state: string
  last_reply: string | null
  returned_status: string | null
}

/** @param victim The keyed hash of the address. */
export async function personView(
  client: Pick<pg.Pool, 'query'>,
  victim: string,
): Promise<PersonView> {
  const stopped = await client.query<{ name: string }>(
    `select concat_ws('/', sender, tenant, list) as name from subscription
     where victim = $1 and stopped_at is not null order by 1 limit ${LINES_MAX}`,
    [victim],
  )
  const { rows } = await client.query<Row>(
    `select received_at, category, message.list, message.tenant, state, last_reply, returned_status
     from delivery join message on message.id = message_id
     join subscription on subscription.id = subscription_id
     where victim = $1 order by received_at desc limit ${LINES_MAX}`,
    [victim],
  )
  return {
    suppression: await suppressionOf(client, victim),
    left: stopped.rows.map(({ name }) => name),
    sent: rows.map(({ received_at, last_reply, returned_status, state, ...row }) => ({
      ...row,
      atMs: received_at.getTime(),
      state: returned_status === null ? state : 'returned',
      // A receiver's sentence may name people: its code is enough.
      status: returned_status ?? /^\d{3}([ -]\d\.\d+\.\d+)?/.exec(last_reply ?? '')?.[0] ?? '',
    })),
  }
}
