/**
 * Addresses that are told of each booking, and what is still to be told to each.
 *
 * The database itself writes what there is to tell (migrations/0014). Of one booking an address is
 * told in order: the next only when the last was taken.
 *
 * @module
 */
import type { Transaction } from '../database.ts'

export const WEBHOOKS_MAX = 5
/** Told in vain for so long, an address is not told any more. */
const GIVE_UP_DAYS = 3
const TAKEN_MAX = 20
const CLAIM_SECONDS = 60
/** Seconds until the next try, by how many there were. */
const AGAIN_SECONDS = [15, 60, 300, 900, 3600]

export type Webhook = {
  readonly id: string
  readonly url: string
  readonly createdAtMs: number
  readonly deliveredAtMs: number | undefined
  readonly failingSinceMs: number | undefined
  /** Why, as a code. */
  readonly problem: string | undefined
  readonly isStopped: boolean
  readonly waiting: number
}

/** @returns Its id; undefined when there are many already. */
export async function addWebhook(
  tx: Transaction,
  clubId: string,
  url: string,
): Promise<string | undefined> {
  if ((await webhooksOf(tx, clubId)).length >= WEBHOOKS_MAX) return undefined
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO webhooks (club_id, url) VALUES (${clubId}, ${url}) RETURNING id`
  return row?.id
}

export async function webhooksOf(tx: Transaction, clubId: string): Promise<Webhook[]> {
  const rows = await tx<Row[]>`SELECT id, url, created_at AS "createdAt",
      delivered_at AS "deliveredAt", failing_since AS "failingSince", problem,
      stopped_at IS NOT NULL AS "isStopped", (SELECT count(*)::int FROM deliveries d
        WHERE d.club_id = w.club_id AND d.webhook_id = w.id) AS waiting
    FROM webhooks w WHERE club_id = ${clubId} ORDER BY created_at`
  return rows.map(({ createdAt, deliveredAt, failingSince, problem, ...same }) => ({
    ...same,
    createdAtMs: createdAt.getTime(),
    deliveredAtMs: deliveredAt?.getTime(),
    failingSinceMs: failingSince?.getTime(),
    problem: problem ?? undefined,
  }))
}

type Row = Pick<Webhook, 'id' | 'url' | 'isStopped' | 'waiting'> & {
  readonly createdAt: Date
  readonly deliveredAt: Date | null
  readonly failingSince: Date | null
  readonly problem: string | null
}

/** What waited for it is dropped with it. @returns Whether there was one. */
export async function dropWebhook(tx: Transaction, clubId: string, id: string): Promise<boolean> {
  const gone = await tx`DELETE FROM webhooks
    WHERE club_id = ${clubId} AND id = ${id} RETURNING id`
  return gone.length > 0
}

/** Tells it something that is not a booking; one that was given up is tried again from now on. */
export async function testWebhook(tx: Transaction, clubId: string, id: string): Promise<boolean> {
  const found = await tx`UPDATE webhooks SET stopped_at = NULL, failing_since = NULL, problem = NULL
    WHERE club_id = ${clubId} AND id = ${id} RETURNING id`
  if (found.length === 0) return false
  await tx`INSERT INTO deliveries (club_id, webhook_id, kind, body)
    VALUES (${clubId}, ${id}, 'test', ${tx.json({})})`
  return true
}

export type Delivery = {
  readonly id: string
  readonly webhookId: string
  readonly bookingId: string | undefined
  readonly url: string
  readonly kind: string
  readonly body: Readonly<Record<string, string>>
  readonly atMs: number
}

/** Takes up what is due, for one worker at a time; what it does not end is due again in a minute. */
export async function takeDeliveries(tx: Transaction, clubId: string): Promise<Delivery[]> {
  const rows = await tx<(Omit<Delivery, 'bookingId' | 'atMs'> & Taken)[]>`
    UPDATE deliveries d SET next_at = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS}),
      attempts = d.attempts + 1
    FROM webhooks w WHERE w.club_id = d.club_id AND w.id = d.webhook_id AND w.stopped_at IS NULL
      AND d.club_id = ${clubId} AND d.next_at <= clock_timestamp()
      AND d.id IN (SELECT min(id) FROM deliveries WHERE club_id = ${clubId}
        GROUP BY webhook_id, booking_id ORDER BY 1 LIMIT ${TAKEN_MAX})
    RETURNING d.id, d.webhook_id AS "webhookId", d.booking_id AS "bookingId", w.url, d.kind,
      d.body, d.at`
  return rows.map(({ bookingId, at, ...same }) => ({
    ...same,
    bookingId: bookingId ?? undefined,
    atMs: at.getTime(),
  }))
}

type Taken = { readonly bookingId: string | null; readonly at: Date }

/** It was taken. */
export async function endDelivery(
  tx: Transaction,
  clubId: string,
  { id, webhookId }: Delivery,
): Promise<void> {
  await tx`DELETE FROM deliveries WHERE club_id = ${clubId} AND id = ${id}`
  await tx`UPDATE webhooks SET delivered_at = clock_timestamp(), failing_since = NULL, problem = NULL
    WHERE club_id = ${clubId} AND id = ${webhookId}`
}

/** It was not; it is told again later. @returns Whether the address was given up now. */
export async function postpone(
  tx: Transaction,
  clubId: string,
  { id, webhookId }: Delivery,
  problem: string,
): Promise<boolean> {
  await tx`UPDATE deliveries SET next_at = clock_timestamp() + make_interval(secs =>
      (${tx.json(AGAIN_SECONDS)}::jsonb ->> least(attempts, ${AGAIN_SECONDS.length}) - 1)::int)
    WHERE club_id = ${clubId} AND id = ${id}`
  const [row] = await tx<{ isOver: boolean }[]>`
    UPDATE webhooks SET problem = ${problem},
      failing_since = coalesce(failing_since, clock_timestamp())
    WHERE club_id = ${clubId} AND id = ${webhookId}
    RETURNING failing_since < clock_timestamp() - make_interval(days => ${GIVE_UP_DAYS}) AS "isOver"`
  if (!row?.isOver) return false
  await tx`UPDATE webhooks SET stopped_at = clock_timestamp()
    WHERE club_id = ${clubId} AND id = ${webhookId}`
  await tx`DELETE FROM deliveries WHERE club_id = ${clubId} AND webhook_id = ${webhookId}`
  return true
}
