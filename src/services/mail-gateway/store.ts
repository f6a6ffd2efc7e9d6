/**
 * The queue, the subscriptions and the victim counters in the control database.
 *
 * A message is accepted in one transaction, with its deliveries and what it adds to the counters:
 * at the time of the `250` all of it is on disk, or none.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { FaultError, VeiligError } from '#lib/errors.ts'
import { messageBytes } from '#protocol/mail/message.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import type { Category, MailGatewayConfig } from './config.ts'
import { DAY_MS, HOUR_MS, mayReceive } from './limits.ts'
import type { Admitted, Recipient } from './policy.ts'
import { forgetSuppressions, isWithheld, suppressionOf } from './suppression.ts'
import { addressHash } from './token.ts'

/** Why a recipient of an otherwise good message gets none. */
export type Withheld = {
  readonly victimHash: string
  readonly why: 'MAIL_VICTIM_LIMIT' | 'MAIL_UNSUBSCRIBED' | 'MAIL_SUPPRESSED'
}

export type Accepted = {
  readonly messageId: string
  readonly queued: number
  readonly withheld: readonly Withheld[]
}

/** One delivery with all that is needed to send it. */
export type Claimed = {
  readonly deliveryId: string
  readonly messageId: string
  readonly recipient: string
  readonly domain: string
  readonly attempts: number
  readonly receivedMs: number
  readonly category: Category
  readonly list: string
  readonly fromDomain: string
  readonly subscriptionId: string
  readonly generation: number
  readonly stopped: boolean
  readonly content: Uint8Array
}

export type Subscription = {
  readonly id: string
  readonly list: string
  readonly generation: number
  readonly stopped: boolean
  readonly victimHash: string
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

/** First key of the advisory locks that say which gateway process lives. */
export const INSTANCE_LOCK = 7_242_108

/** Deliveries that ended are forgotten after this long, addresses with them. */
const KEEP_ENDED_MS = 30 * DAY_MS

const PROBER = 'prober'
const KEEP_PROBES_MS = HOUR_MS

export class MailStore {
  readonly #pool: pg.Pool
  readonly #config: MailGatewayConfig
  readonly #tokenKey: Uint8Array

  constructor(pool: pg.Pool, config: MailGatewayConfig, tokenKey: Uint8Array) {
    this.#pool = pool
    this.#config = config
    this.#tokenKey = tokenKey
  }

  /**
   * Keeps a message with a delivery for each person who may get it.
   *
   * @param approve Has the last word before the commit; when it throws, nothing is kept.
   * @throws {FaultError} MAIL_QUEUE_FAILED, or what `approve` threw; then nothing was kept.
   */
  async accept(
    mail: Admitted,
    nowMs: number,
    approve: (accepted: Accepted) => Promise<void>,
  ): Promise<Accepted> {
    return this.#transaction(async (client) => {
      const security = mail.category === 'security'
      const limit = security ? this.#config.victimSecurity : this.#config.victim
      const people = mail.recipients.map((one) => ({ one, hash: this.hashOf(one) }))
      await lockVictims(
        client,
        people.map(({ hash }) => hash),
      )
      const withheld: Withheld[] = []
      const passed: { one: Recipient; hash: string; subscription: Subscription }[] = []
      for (const { one, hash } of people) {
        const subscription = await subscribe(client, mail, hash)
        const received = await receivedBy(client, hash, security, nowMs)
        const suppressed = await suppressionOf(client, hash)
        if (isWithheld(suppressed, mail.category)) {
          withheld.push({ victimHash: hash, why: 'MAIL_SUPPRESSED' })
        } else if (subscription.stopped && !security) {
          withheld.push({ victimHash: hash, why: 'MAIL_UNSUBSCRIBED' })
        } else if (!mayReceive(limit, received)) {
          withheld.push({ victimHash: hash, why: 'MAIL_VICTIM_LIMIT' })
        } else {
          passed.push({ one, hash, subscription })
        }
      }
      const messageId = randomUUID()
      const at = new Date(nowMs)
      if (passed.length > 0) await insertMessage(client, messageId, mail, nowMs)
      for (const { one, hash, subscription } of passed) {
        await client.query(
          `with counted as (insert into victim_mail values ($7, $8, $6))
           insert into delivery (id, message_id, subscription_id, recipient, domain, next_at)
           values ($1, $2, $3, $4, $5, $6)`,
          [randomUUID(), messageId, subscription.id, one.address, one.domain, at, hash, security],
        )
      }
      const accepted = { messageId, queued: passed.length, withheld }
      await approve(accepted)
      return accepted
    })
  }

  hashOf(recipient: Recipient): string {
    return addressHash(this.#tokenKey, recipient.victim)
  }

  /** Domains with mail that is due, fewest words first: at most `max`. */
  async dueDomains(nowMs: number, max: number): Promise<readonly string[]> {
    const { rows } = await this.#query<{ domain: string }>(
      `select domain from delivery
       where state = 'queued' and next_at <= $1 and claimed_by is null
       group by domain order by min(next_at) limit $2`,
      [new Date(nowMs), max],
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
              stopped_at is not null as stopped, content
       from taken join message on message.id = message_id
       join subscription on subscription.id = subscription_id`,
      [instance, domain, new Date(nowMs), max],
    )
    return rows.map(claimedFrom)
  }

  /** Whether the person has said stop since: asked once more right before sending. */
  async isStopped(subscriptionId: string): Promise<boolean> {
    return (await this.subscription(subscriptionId))?.stopped ?? true
  }

  /** Ends a delivery; the content goes with the last one of a message. */
  async end(claimed: Claimed, state: EndState, reply: string, nowMs: number): Promise<void> {
    await this.#transaction(async (client) => {
      await client.query(
        `update delivery set state = $2, last_reply = $3, ended_at = $4, claimed_by = null
         where id = $1 and state = 'queued'`,
        [claimed.deliveryId, state, reply.slice(0, 500), new Date(nowMs)],
      )
      await client.query(
        `update message set content = null where id = $1 and not exists (
           select from delivery where message_id = $1 and state = 'queued')`,
        [claimed.messageId],
      )
    })
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
    await this.#query(
      `delete from message
       where received_at < case when sender = $3 then $2::timestamptz else $1::timestamptz end
       and not exists (
         select from delivery where message_id = message.id and state = 'queued')`,
      [new Date(nowMs - KEEP_ENDED_MS), new Date(nowMs - KEEP_PROBES_MS), PROBER],
    )
    await this.#transaction((client) => forgetSuppressions(client, nowMs))
    // Each probe writes to an address of its own; people's choices are kept for ever.
    await this.#query(
      `delete from subscription where sender = $1 and not exists (
         select from delivery where subscription_id = subscription.id)`,
      [PROBER],
    )
  }

  async subscription(id: string): Promise<Subscription | undefined> {
    const { rows } = await this.#query<SubscriptionRow>(
      `select id, list, generation, stopped_at is not null as stopped, victim
       from subscription where id = $1`,
      [id],
    )
    return rows[0] && subscriptionFrom(rows[0])
  }

  /** @returns Whether it changed anything. */
  async unsubscribe(id: string, nowMs: number): Promise<boolean> {
    const { rowCount } = await this.#query(
      'update subscription set stopped_at = $2 where id = $1 and stopped_at is null',
      [id, new Date(nowMs)],
    )
    return rowCount === 1
  }

  /** A new consent: links from before it no longer act by themselves. */
  async resubscribe(id: string): Promise<boolean> {
    const { rowCount } = await this.#query(
      `update subscription set stopped_at = null, generation = generation + 1
       where id = $1 and stopped_at is not null`,
      [id],
    )
    return rowCount === 1
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

function queueFailed(cause: unknown): VeiligError {
  if (cause instanceof VeiligError) return cause
  return new FaultError('MAIL_QUEUE_FAILED', (cause as Error).message, { cause })
}

/** One at a time for each person, in one order, so that counting and adding cannot interleave. */
async function lockVictims(client: pg.PoolClient, hashes: readonly string[]): Promise<void> {
  for (const hash of hashes.toSorted()) {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [hash])
  }
}

async function subscribe(
  client: pg.PoolClient,
  mail: Admitted,
  victim: string,
): Promise<Subscription> {
  const { rows } = await client.query<SubscriptionRow>(
    `insert into subscription (sender, tenant, list, victim) values ($1, $2, $3, $4)
     on conflict (victim, sender, tenant, list) do update set list = excluded.list
     returning id, list, generation, stopped_at is not null as stopped, victim`,
    [mail.sender, mail.tenant, mail.list, victim],
  )
  const row = rows[0]
  if (!row) throw new FaultError('MAIL_QUEUE_FAILED', 'a subscription was not kept')
  return subscriptionFrom(row)
}

async function receivedBy(
  client: pg.PoolClient,
  victim: string,
  security: boolean,
  nowMs: number,
): Promise<{ lastHour: number; lastDay: number }> {
  const { rows } = await client.query<{ lastHour: number; lastDay: number }>(
    `select count(*) filter (where at > $3)::int as "lastHour", count(*)::int as "lastDay"
     from victim_mail where victim = $1 and security = $2 and at > $4`,
    [victim, security, new Date(nowMs - HOUR_MS), new Date(nowMs - DAY_MS)],
  )
  return rows[0] ?? { lastHour: 0, lastDay: 0 }
}

async function insertMessage(
  client: pg.PoolClient,
  id: string,
  mail: Admitted,
  nowMs: number,
): Promise<void> {
  const content = Buffer.from(messageBytes(mail.message))
  const { sender, tenant, list, category, fromDomain } = mail
  await client.query(
    `insert into message (id, sender, tenant, list, category, from_domain, content, received_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, sender, tenant, list, category, fromDomain, content, new Date(nowMs)],
  )
}

type SubscriptionRow = {
  id: string
  list: string
  generation: number
  stopped: boolean
  victim: string
}

function subscriptionFrom({ victim, ...row }: SubscriptionRow): Subscription {
  return { ...row, victimHash: victim }
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
}

function claimedFrom(row: ClaimedRow): Claimed {
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
    content: row.content,
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
