/**
 * Subscriptions and the notices they get, in the control database.
 *
 * Each subscription remembers how far it is, so a notice that was not sent yet is sent by whoever
 * runs next, and one that was is not sent again.
 *
 * @module
 */
import type pg from 'pg'
import type { Language } from '#lib/claims/claim.ts'
import { DeniedError } from '#lib/errors.ts'
import type { Text, UpdateKind } from '../incidents/incident.ts'
import type { Subscription, SubscriptionKind } from './subscription.ts'

/** One thing that subscribers are told. */
export type StatusNotice = {
  readonly number: number
  readonly atMs: number
  /** Undefined for maintenance. */
  readonly incident?: number
  readonly kind: UpdateKind | 'planned'
  readonly title: Text
  readonly text: Text
}

/** An unconfirmed one is forgotten after this long; its link is worth nothing then. */
export const PENDING_MS: number = 24 * 3_600_000
/** Who asks again for the same address within this gets no further mail. */
const AGAIN_MS = 3_600_000
/** Links sent and not followed at once, for all; beyond it nobody new gets one. */
const PENDING_MAX = 10_000
const NOTICES_KEPT_MS = 30 * 24 * 3_600_000
/** Told at once to somebody who was not told for long; older ones stand on the page. */
const NOTICES_AT_ONCE = 20
const FIRST_PAUSE_MS = 60_000
const PAUSE_MAX_MS = 6 * 3_600_000
/** About three days of pauses; then it is over. */
const FAILURES_MAX = 18

export type Asked = 'made' | 'again' | 'known'

export class SubscriptionStore {
  readonly #pool: pg.Pool
  readonly #most: number

  /** @param most Subscriptions there may be, confirmed or not. */
  constructor(pool: pg.Pool, most: number) {
    this.#pool = pool
    this.#most = most
  }

  /**
   * Somebody asks for notices. `made`: they are to be asked whether they meant it; `again`: they
   * were asked a short while ago; `known`: they get notices already.
   *
   * @throws {DeniedError} SUBSCRIPTIONS_FULL.
   */
  async ask(
    kind: SubscriptionKind,
    place: string,
    language: Language,
    nowMs: number,
  ): Promise<{ readonly asked: Asked; readonly id: string }> {
    const now = new Date(nowMs)
    const { rows } = await this.#pool.query<{ id: string; asked: Asked }>(
      `with counted as (
         select count(*) as all_of_them, count(*) filter (where state = 'pending') as pending
         from subscription
       ), before as (
         select id, case when state = 'active' then 'known' else 'again' end as asked
         from subscription where kind = $1 and place = $2
           and (state = 'active' or asked_at > $4::timestamptz - $5 * interval '1 millisecond')
       ), made as (
         insert into subscription (kind, place, language, asked_at)
           select $1, $2, $3, $4 from counted
           where all_of_them < $6 and pending < $7 and not exists (select from before)
         on conflict (kind, place) do update set language = excluded.language,
           asked_at = excluded.asked_at
         returning id, 'made' as asked
       )
       select * from before union all select * from made`,
      [kind, place, language, now, AGAIN_MS, this.#most, PENDING_MAX],
    )
    const [row] = rows
    if (row) return row
    const message = 'as many people follow this page as it can serve; its feed has no limit'
    throw new DeniedError('SUBSCRIPTIONS_FULL', message, message)
  }

  /** @returns Undefined when there is nothing of this name to confirm, or not any more. */
  async confirm(id: string, nowMs: number): Promise<Subscription | undefined> {
    const { rows } = await this.#pool.query<Row>(
      `update subscription set state = 'active', confirmed_at = $2,
         through = (select coalesce(max(number), 0) from notice)
       where id = $1 and state = 'pending' and asked_at > $3 returning ${COLUMNS}`,
      [id, new Date(nowMs), new Date(nowMs - PENDING_MS)],
    )
    return rows[0] && subscriptionOf(rows[0])
  }

  async find(id: string): Promise<Subscription | undefined> {
    const { rows } = await this.#pool.query<Row>(
      `select ${COLUMNS} from subscription where id = $1`,
      [id],
    )
    return rows[0] && subscriptionOf(rows[0])
  }

  /** Forgets it, place and all. @returns False when it was not there. */
  async leave(id: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query('delete from subscription where id = $1', [id])
    return rowCount === 1
  }

  /** Those who were not told the newest yet, the longest waiting first. */
  async due(limit: number, nowMs: number): Promise<Subscription[]> {
    const { rows } = await this.#pool.query<Row>(
      `select ${COLUMNS} from subscription
       where state = 'active' and next_at <= $2
         and through < (select coalesce(max(number), 0) from notice)
       order by through, next_at limit $1`,
      [limit, new Date(nowMs)],
    )
    return rows.map(subscriptionOf)
  }

  /** Notices after a number, the newest last. */
  async noticesAfter(number: number): Promise<StatusNotice[]> {
    const { rows } = await this.#pool.query<NoticeRow>(
      'select * from notice where number > $1 order by number desc limit $2',
      [number, NOTICES_AT_ONCE],
    )
    return rows.toReversed().map(noticeOf)
  }

  async told(ids: readonly string[], through: number): Promise<void> {
    await this.#pool.query(
      'update subscription set through = $2, failures = 0 where id = any($1::uuid[])',
      [ids, through],
    )
  }

  /** @returns Whether it was given up, after some three days. */
  async failed({ id, failures }: Subscription, nowMs: number): Promise<boolean> {
    if (failures + 1 >= FAILURES_MAX) return this.leave(id)
    const pauseMs = Math.min(PAUSE_MAX_MS, FIRST_PAUSE_MS * 2 ** failures)
    await this.#pool.query(
      'update subscription set failures = failures + 1, next_at = $2 where id = $1',
      [id, new Date(nowMs + pauseMs)],
    )
    return false
  }

  /** Forgets who never confirmed, and notices that nobody waits for. */
  async forget(nowMs: number): Promise<void> {
    await this.#pool.query(`delete from subscription where state = 'pending' and asked_at < $1`, [
      new Date(nowMs - PENDING_MS),
    ])
    await this.#pool.query('delete from notice where at < $1', [new Date(nowMs - NOTICES_KEPT_MS)])
  }

  async counts(): Promise<{ readonly active: number; readonly pending: number }> {
    const { rows } = await this.#pool.query<{ active: number; pending: number }>(
      `select count(*) filter (where state = 'active')::int as active,
         count(*) filter (where state = 'pending')::int as pending from subscription`,
    )
    return rows[0] ?? { active: 0, pending: 0 }
  }
}

const COLUMNS = 'id, kind, place, language, state, through, failures'

type Row = Omit<Subscription, 'through'> & { readonly through: string }

function subscriptionOf(row: Row): Subscription {
  return { ...row, through: Number(row.through) }
}

type NoticeRow = {
  number: string
  at: Date
  incident_id: string | null
  kind: StatusNotice['kind']
  title: Text
  text: Text
}

function noticeOf(row: NoticeRow): StatusNotice {
  return {
    number: Number(row.number),
    atMs: row.at.getTime(),
    ...(row.incident_id === null ? {} : { incident: Number(row.incident_id) }),
    kind: row.kind,
    title: row.title,
    text: row.text,
  }
}
