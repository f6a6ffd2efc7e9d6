/**
 * Keeping one message: who may get it, what is queued, and what a repeated request is answered.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import { NONCE_SIZE, sealValue } from '#crypto/sealed-value.ts'
import { DeniedError } from '#lib/errors.ts'
import { messageBytes } from '#protocol/mail/message.ts'
import type { Category, VictimLimit } from './config.ts'
import { DAY_MS } from './limits.ts'
import type { Admitted } from './policy.ts'

/** Why a recipient of an otherwise good message gets none. */
export type Withheld = {
  readonly victimHash: string
  readonly why: 'MAIL_VICTIM_LIMIT' | 'MAIL_UNSUBSCRIBED' | 'MAIL_SUPPRESSED'
}

export type Accepted = {
  readonly messageId: string
  readonly queued: number
  readonly withheld: readonly Withheld[]
  /** Whether this is the answer of an earlier request with the same key. */
  readonly repeated?: boolean
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
  /** @throws {IntegrityError} SEALED_VALUE_ALTERED when it is not what was kept. */
  readonly content: () => Uint8Array
}

export type Kept = { readonly accepted: Accepted; readonly claimed: readonly Claimed[] }

/** A request that may come twice: the sender's own key for it, and what it asked. */
export type KeyedRequest = { readonly key: string; readonly digest: string }

/** How long an answer is remembered: longer than any client repeats. */
const REMEMBERED_MS = 7 * DAY_MS

type Given = {
  readonly nowMs: number
  /** Keyed hashes of the people, in the order of the recipients. */
  readonly hashes: readonly string[]
  /** Who delivers each: a process that took it, or null for whoever finds it. */
  readonly instances: readonly (number | null)[]
  readonly key: Uint8Array
}

type Row = { place: number; why: Withheld['why'] | null; subscription: string; generation: number }

/** In a transaction of the caller. */
export async function keep(
  client: pg.PoolClient,
  limit: VictimLimit,
  mail: Admitted,
  { nowMs, hashes, instances, key }: Given,
): Promise<Kept> {
  const messageId = randomUUID()
  const content = messageBytes(mail.message)
  const sealed = sealValue(key, messageId, content, randomBytes(NONCE_SIZE))
  const ids = hashes.map(() => randomUUID())
  const { sender, tenant, list, category, fromDomain, recipients } = mail
  const { rows } = await client.query<Row>({
    name: 'accept-mail',
    text: `select * from accept_mail($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
      $15)`,
    values: [
      messageId,
      sender,
      tenant,
      list,
      category,
      fromDomain,
      Buffer.from(sealed),
      new Date(nowMs),
      limit.perHour,
      limit.perDay,
      hashes,
      recipients.map(({ address }) => address),
      recipients.map(({ domain }) => domain),
      ids,
      instances,
    ],
  })
  const claimed: Claimed[] = []
  const withheld: Withheld[] = []
  for (const { place, why, subscription: subscriptionId, generation } of rows) {
    const at = place - 1
    const recipient = recipients[at]
    if (why !== null) withheld.push({ victimHash: hashes[at] ?? '', why })
    else if (recipient && typeof instances[at] === 'number') {
      const { address, domain } = recipient
      const opened = (): Uint8Array => content
      const known = { messageId, list, category, fromDomain, content: opened, receivedMs: nowMs }
      const own = { deliveryId: ids[at] ?? '', recipient: address, domain, attempts: 1 }
      claimed.push({ ...known, ...own, subscriptionId, generation, stopped: false })
    }
  }
  const queued = rows.length - withheld.length
  return { accepted: { messageId, queued, withheld }, claimed }
}

/**
 * What the same request was answered; undefined when it is new, and then its key is ours until the
 * transaction ends: a second one at the same moment waits for the first.
 *
 * @throws {DeniedError} MAIL_KEY_REUSED when the key came with another request.
 */
export async function answeredBefore(
  client: pg.PoolClient,
  sender: string,
  { key, digest }: KeyedRequest,
  nowMs: number,
): Promise<Accepted | undefined> {
  const { rowCount } = await client.query(
    `insert into submitted (sender, key, digest, at) values ($1, $2, $3, $4)
     on conflict do nothing`,
    [sender, key, digest, new Date(nowMs)],
  )
  if (rowCount === 1) return undefined
  const { rows } = await client.query<{
    digest: string
    message_id: string
    queued: number
  }>('select digest, message_id, queued from submitted where sender = $1 and key = $2', [
    sender,
    key,
  ])
  const [row] = rows
  if (row?.digest !== digest) {
    const said = 'this Idempotency-Key was used for another request'
    throw new DeniedError('MAIL_KEY_REUSED', said, said)
  }
  return { messageId: row.message_id, queued: row.queued, withheld: [], repeated: true }
}

export async function rememberAnswer(
  client: pg.PoolClient,
  sender: string,
  { key }: KeyedRequest,
  { messageId, queued, withheld }: Accepted,
): Promise<void> {
  await client.query(
    `update submitted set message_id = $3, queued = $4, withheld = $5
     where sender = $1 and key = $2`,
    [sender, key, messageId, queued, withheld.length],
  )
}

export async function forgetAnswers(client: pg.PoolClient, nowMs: number): Promise<void> {
  await client.query('delete from submitted where at < $1', [new Date(nowMs - REMEMBERED_MS)])
}
