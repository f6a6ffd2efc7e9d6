/**
 * The queue, the subscriptions and the victim counters in the control database.
 *
 * A message is accepted in one transaction, with its deliveries and what it adds to the counters:
 * at the time of the `250` all of it is on disk, or none.
 *
 * @module
 */
import pg from 'pg'
import { openValue } from '#crypto/sealed-value.ts'
import { FaultError, VeiligError } from '#lib/errors.ts'
import { shownAddress } from '#protocol/mail/address.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import {
  answeredBefore,
  forgetAnswers,
  keep,
  rememberAnswer,
  type Accepted,
  type Claimed,
  type Kept,
  type KeyedRequest,
} from './accept.ts'
import type { Category, MailGatewayConfig, VictimLimit } from './config.ts'
import { DAY_MS, HOUR_MS } from './limits.ts'
import type { Admitted, Recipient } from './policy.ts'
import { forgetRates, takeRates, type RateLimit } from './rates.ts'
import { forgetReports } from './reports/store.ts'
import {
  resubscribe,
  siblingsOf,
  subscriptionById,
  unsubscribe,
  type Subscription,
} from './subscriptions.ts'
import { forgetSuppressions } from './suppression.ts'
import { addressHash, contentKey } from './token.ts'

/** Who delivers in this process. */
export type DeliveryDesk = {
  /** Number of this process in `claimed_by`. */
  readonly instance: number
  /** Takes a place among the deliveries to this domain; false when there is none. */
  reserve(domain: string): boolean
  release(domain: string): void
  /** A delivery for a place that was taken. */
  start(claimed: Claimed): void
  /** Mail was kept that has no place yet. */
  left(): void
}

export type AcceptOptions = {
  readonly desk?: DeliveryDesk | undefined
  readonly request?: KeyedRequest | undefined
}

export type QueueState = {
  readonly queued: number
  readonly delivered: number
  readonly refused: number
  readonly withheld: number
  readonly expired: number
  readonly oldestQueuedAgeMs: number | null
  readonly lastDeliveredMs: number | null
}

export type EndState = 'delivered' | 'refused' | 'withheld' | 'expired'

export type Ended = {
  readonly claimed: Claimed
  readonly state: EndState
  readonly reply: string
  readonly atMs: number
}

/** First key of the advisory locks that say which gateway process lives. */
export const INSTANCE_LOCK = 7_242_108

/** Deliveries that ended are forgotten after this long, addresses with them. */
const KEEP_ENDED_MS = 30 * DAY_MS

/** After this a message without queued deliveries has none to come. */
const SETTLED_MS = 60_000

const PROBER = 'prober'
const KEEP_PROBES_MS = HOUR_MS

export class MailStore {
  readonly #pool: pg.Pool
  readonly #config: MailGatewayConfig
  readonly #tokenKey: Uint8Array
  readonly #contentKey: Uint8Array

  constructor(pool: pg.Pool, config: MailGatewayConfig, tokenKey: Uint8Array) {
    this.#pool = pool
    this.#config = config
    this.#tokenKey = tokenKey
    this.#contentKey = contentKey(tokenKey)
  }

  /**
   * Keeps a message with a delivery for each person who may get it.
   *
   * @param approve Has the last word before the commit; when it throws, nothing is kept.
   * @param desk Of this process, which may take deliveries at once instead of looking for them.
   * @throws {FaultError} MAIL_QUEUE_FAILED, or what `approve` threw; then nothing was kept.
   */
  async accept(
    mail: Admitted,
    nowMs: number,
    approve: (accepted: Accepted) => Promise<void>,
    options: AcceptOptions = {},
  ): Promise<Accepted> {
    const { desk, request } = options
    const taken: string[] = []
    const instances = mail.recipients.map(({ domain }) => {
      if (!desk?.reserve(domain)) return null
      taken.push(domain)
      return desk.instance
    })
    let kept: Kept
    try {
      kept = await this.#transaction(async (client) => {
        const before = request && (await answeredBefore(client, mail.sender, request, nowMs))
        if (before) return { accepted: before, claimed: [] }
        const done = await keep(client, this.#limitOf(mail), mail, {
          nowMs,
          hashes: mail.recipients.map((one) => this.hashOf(one)),
          instances,
          key: this.#contentKey,
        })
        await approve(done.accepted)
        if (request) await rememberAnswer(client, mail.sender, request, done.accepted)
        return done
      })
    } catch (error) {
      for (const domain of taken) desk?.release(domain)
      throw error
    }
    const { accepted, claimed } = kept
    for (const one of claimed) {
      desk?.start(one)
      taken.splice(taken.indexOf(one.domain), 1)
    }
    for (const domain of taken) desk?.release(domain) // people who get nothing
    if (accepted.queued > claimed.length) desk?.left()
    return accepted
  }

  /**
   * Counts one mail under every limit, or under none when one of them is reached.
   *
   * @returns That one; undefined when there was room.
   * @throws {FaultError} MAIL_QUEUE_FAILED.
   */
  takeRates<L extends RateLimit>(limits: readonly L[], nowMs: number): Promise<L | undefined> {
    return asked(takeRates(this.#pool, this.#tokenKey, limits, nowMs))
  }

  #limitOf({ category }: Admitted): VictimLimit {
    return category === 'security' ? this.#config.victimSecurity : this.#config.victim
  }

  hashOf(recipient: Recipient): string {
    return addressHash(this.#tokenKey, recipient.victim)
  }

  /** Domains with mail that is due, the longest waiting first: at most `max`, none of `but`. */
  async dueDomains(nowMs: number, max: number, but: readonly string[]): Promise<readonly string[]> {
    const { rows } = await this.#query<{ domain: string }>(
      `select domain from delivery
       where state = 'queued' and next_at <= $1 and claimed_by is null and domain <> all($3)
       group by domain order by min(next_at) limit $2`,
      [new Date(nowMs), max, but],
    )
    return rows.map((row) => row.domain)
  }

  /** Takes up to `max` due deliveries of one domain for this process. */
  async claim(
    instance: number,
    domain: string,
    nowMs: number,
    max: number,
  ): Promise<readonly Claimed[]> {
    const { rows } = await this.#query<ClaimedRow>(
      `with due as (
         select id from delivery
         where state = 'queued' and domain = $2 and next_at <= $3 and claimed_by is null
         order by next_at limit $4 for update skip locked),
       taken as (
         update delivery set claimed_by = $1, attempts = attempts + 1
         where id in (select id from due) returning *)
       select taken.id, message_id, recipient, domain, attempts, received_at, category,
              message.list, from_domain, subscription_id, generation,
              stopped_at is not null as stopped, content, sealed
       from taken join message on message.id = message_id
       join subscription on subscription.id = subscription_id`,
      [instance, domain, new Date(nowMs), max],
    )
    return rows.map((row) => claimedFrom(row, this.#contentKey))
  }

  /** Whether the person has said stop since: asked once more right before sending. */
  async isStopped(subscriptionId: string): Promise<boolean> {
    return (await this.subscription(subscriptionId))?.stopped ?? true
  }

  /**
   * Ends deliveries: the content goes with the last one of a message, and so does the address; what
   * is left names nobody.
   */
  async end(ended: readonly Ended[]): Promise<void> {
    const of = <T>(part: (one: Ended) => T): T[] => ended.map(part)
    await this.#query(
      `with given as (select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[],
           $5::text[]) given (id, state, reply, at, shown)),
       ended as (
         update delivery d set state = given.state, last_reply = given.reply, ended_at = given.at,
           recipient = given.shown, claimed_by = null
         from given where d.id = given.id and d.state = 'queued' returning d.id, d.message_id)
       update message set content = null where id in (select message_id from ended) and not exists (
         select from delivery other where other.message_id = message.id
           and other.state = 'queued' and other.id not in (select id from ended))`,
      [
        of(({ claimed }) => claimed.deliveryId),
        of(({ state }) => state),
        of(({ reply }) => reply.slice(0, 500)),
        of(({ atMs }) => new Date(atMs)),
        of(({ claimed }) => shownAddress(claimed.recipient)),
      ],
    )
  }

  async retry(claimed: Claimed, reply: string, nextMs: number): Promise<void> {
    await this.#query(
      `update delivery set claimed_by = null, next_at = $2, last_reply = $3 where id = $1`,
      [claimed.deliveryId, new Date(nextMs), reply.slice(0, 500)],
    )
  }

  /** Frees what dead processes had claimed: their advisory lock went with their connection. */
  async freeOrphans(): Promise<number> {
    const { rowCount } = await this.#query(
      `update delivery set claimed_by = null
       where claimed_by is not null and claimed_by not in (
         select objid::int from pg_locks where locktype = 'advisory' and classid = $1 and granted)`,
      [INSTANCE_LOCK],
    )
    return rowCount ?? 0
  }

  /** Forgets counters past their window and deliveries past their keeping. */
  async forget(nowMs: number): Promise<void> {
    await this.#query('delete from victim_mail where at < $1', [new Date(nowMs - DAY_MS)])
    await asked(forgetRates(this.#pool, nowMs))
    await this.#query(
      `delete from message
       where received_at < case when sender = $3 then $2::timestamptz else $1::timestamptz end
       and not exists (
         select from delivery where message_id = message.id and state = 'queued')`,
      [new Date(nowMs - KEEP_ENDED_MS), new Date(nowMs - KEEP_PROBES_MS), PROBER],
    )
    await this.#transaction((client) => forgetSuppressions(client, nowMs))
    await this.#transaction((client) => forgetAnswers(client, nowMs))
    await this.#transaction((client) => forgetReports(client, nowMs))
    await this.#query('delete from sts_policy where expires_at < $1', [new Date(nowMs)])
    // Two deliveries of one message that end in the same moment each take the other for queued.
    await this.#query(
      `update message set content = null where content is not null and received_at < $1
       and not exists (select from delivery where message_id = message.id and state = 'queued')`,
      [new Date(nowMs - SETTLED_MS)],
    )
    // Each probe writes to an address of its own; people's choices are kept for ever.
    await this.#query(
      `delete from subscription where sender = $1 and not exists (
         select from delivery where subscription_id = subscription.id)`,
      [PROBER],
    )
  }

  subscription(id: string): Promise<Subscription | undefined> {
    return asked(subscriptionById(this.#pool, id))
  }

  siblings(subscription: Subscription): Promise<readonly Subscription[]> {
    return asked(siblingsOf(this.#pool, subscription))
  }

  /** @returns Whether it changed anything. */
  unsubscribe(id: string, nowMs: number): Promise<boolean> {
    return asked(unsubscribe(this.#pool, id, nowMs))
  }

  resubscribe(id: string): Promise<boolean> {
    return asked(resubscribe(this.#pool, id))
  }

  async state(nowMs: number): Promise<QueueState> {
    const { rows } = await this.#query<StateRow>(
      `select count(*) filter (where state = 'queued')::int as queued,
              count(*) filter (where state = 'delivered')::int as delivered,
              count(*) filter (where state = 'refused')::int as refused,
              count(*) filter (where state = 'withheld')::int as withheld,
              count(*) filter (where state = 'expired')::int as expired,
              min(received_at) filter (where state = 'queued') as oldest,
              max(ended_at) filter (where state = 'delivered') as last
       from delivery join message on message.id = message_id`,
      [],
    )
    const row = rows[0]
    if (!row) throw new FaultError('MAIL_QUEUE_FAILED', 'the queue did not answer')
    const { oldest, last, ...counts } = row
    return {
      ...counts,
      oldestQueuedAgeMs: oldest && nowMs - oldest.getTime(),
      lastDeliveredMs: last && last.getTime(),
    }
  }

  async #query<Row extends pg.QueryResultRow>(
    sql: string,
    values: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    try {
      return await this.#pool.query<Row>(sql, values)
    } catch (cause) {
      throw queueFailed(cause)
    }
  }

  #transaction<T>(act: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return inTransaction(this.#pool, queueFailed, act)
  }
}

/** Our declared fault for whatever the database said. */
export function queueFailed(cause: unknown): VeiligError {
  if (cause instanceof VeiligError) return cause
  return new FaultError('MAIL_QUEUE_FAILED', (cause as Error).message, { cause })
}

async function asked<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (cause) {
    throw queueFailed(cause)
  }
}

type ClaimedRow = {
  id: string
  message_id: string
  recipient: string
  domain: string
  attempts: number
  received_at: Date
  category: Category
  list: string
  from_domain: string
  subscription_id: string
  generation: number
  stopped: boolean
  content: Buffer
  sealed: boolean
}

function claimedFrom(row: ClaimedRow, key: Uint8Array): Claimed {
  return {
    deliveryId: row.id,
    messageId: row.message_id,
    recipient: row.recipient,
    domain: row.domain,
    attempts: row.attempts,
    receivedMs: row.received_at.getTime(),
    category: row.category,
    list: row.list,
    fromDomain: row.from_domain,
    subscriptionId: row.subscription_id,
    generation: row.generation,
    stopped: row.stopped,
    content: () => (row.sealed ? openValue(key, row.message_id, row.content) : row.content),
  }
}

type StateRow = {
  queued: number
  delivered: number
  refused: number
  withheld: number
  expired: number
  oldest: Date | null
  last: Date | null
}
