/**
 * The rules as the secretary writes them: quotas, subscriptions, the days without courses.
 *
 * Two officers may have the same page open. Whoever saves second is told so and sees what the first
 * wrote; neither overwrites the other unseen.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club, Member, Quota } from '../model.ts'
import { MissingError } from './errors.ts'
import { changeRules, quotasOf, subscriptionsOf, type RuleChange } from './clubs.ts'
import { beginAct } from './journal.ts'

/** The rules changed between showing the page and saving it. */
export class StaleError extends Error {
  override readonly name = 'StaleError'
}

/** A rule that would say nothing new, or twice the same; the word names the sentence. */
export class RuleError extends Error {
  override readonly name = 'RuleError'
  readonly word:
    | 'rules.sameName'
    | 'rules.sameCriteria'
    | 'rules.badHours'
    | 'rules.tooMany'
    | 'courts.inUse'
    | 'courts.badLengths'

  constructor(word: RuleError['word']) {
    super(word)
    this.word = word
  }
}

export const QUOTAS_MAX = 20
export const SUBSCRIPTIONS_MAX = 20
export const HOLIDAYS_MAX = 60

/** @throws {StaleError} When somebody saved since `version` was read. */
export async function saveRules(
  tx: Transaction,
  club: Club,
  by: Member,
  change: RuleChange,
  version: number,
): Promise<void> {
  await beginAct(tx, club, by, 'rules')
  await bumpVersion(tx, club, version)
  await changeRules(tx, club.id, change)
}

/** The lock on the club's row is what makes two officers take turns. @throws {StaleError} */
export async function bumpVersion(tx: Transaction, club: Club, version: number): Promise<void> {
  const done = await tx`UPDATE clubs SET rules_version = rules_version + 1
    WHERE id = ${club.id} AND rules_version = ${version} RETURNING id`
  if (done.length === 0) throw new StaleError('the rules changed meanwhile')
}

export type QuotaDraft = Omit<Quota, 'id'>

/**
 * Writes a quota, new or changed.
 * @param id Undefined for a new one.
 * @throws {StaleError} {RuleError} {MissingError}
 */
export async function saveQuota(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string | undefined,
  draft: QuotaDraft,
  version: number,
): Promise<void> {
  if (draft.fromMinute >= draft.toMinute) throw new RuleError('rules.badHours')
  const subscriptions = await subscriptionsOf(tx, club.id)
  if (!subscriptions.some((one) => one.id === draft.subscriptionId)) {
    throw new MissingError('no such subscription')
  }
  await beginAct(tx, club, by, id ? 'quota-changed' : 'quota-added', draft.name)
  await bumpVersion(tx, club, version)
  const all = await quotasOf(tx, club.id)
  const siblings = all.filter((one) => one.subscriptionId === draft.subscriptionId && one.id !== id)
  if (siblings.length >= QUOTAS_MAX) throw new RuleError('rules.tooMany')
  const named = (name: string): string => name.trim().toLowerCase()
  if (siblings.some((one) => named(one.name) === named(draft.name))) {
    throw new RuleError('rules.sameName')
  }
  if (siblings.some((one) => sameCriteria(one, draft))) throw new RuleError('rules.sameCriteria')
  const values = {
    name: draft.name,
    sport: draft.sport ?? null,
    indoor: draft.indoor ?? null,
    weekdays: draft.weekdays,
    from_minute: draft.fromMinute,
    to_minute: draft.toMinute,
    period: draft.period,
    per: draft.per,
    bookings_max: draft.bookingsMax,
  }
  if (id === undefined) {
    const row = { ...values, club_id: club.id, subscription_id: draft.subscriptionId }
    await tx`INSERT INTO quotas ${tx(row)}`
    return
  }
  const done = await tx`UPDATE quotas SET ${tx(values)}
    WHERE club_id = ${club.id} AND id = ${id} AND subscription_id = ${draft.subscriptionId}
    RETURNING id`
  if (done.length === 0) throw new MissingError('no such quota')
}

/** Two quotas of the same reach and period: only the smaller would ever be felt. */
function sameCriteria(a: QuotaDraft, b: QuotaDraft): boolean {
  return (
    a.sport === b.sport &&
    a.indoor === b.indoor &&
    a.weekdays === b.weekdays &&
    a.fromMinute === b.fromMinute &&
    a.toMinute === b.toMinute &&
    a.period === b.period &&
    a.per === b.per
  )
}

/** @throws {MissingError} */
export async function dropQuota(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
): Promise<void> {
  const quota = (await quotasOf(tx, club.id)).find((one) => one.id === id)
  if (!quota) throw new MissingError('no such quota')
  await beginAct(tx, club, by, 'quota-dropped', quota.name)
  await tx`UPDATE clubs SET rules_version = rules_version + 1 WHERE id = ${club.id}`
  await tx`DELETE FROM quotas WHERE club_id = ${club.id} AND id = ${id}`
}

/** @throws {RuleError} When the name is in use, or there are many already. */
export async function addSubscription(
  tx: Transaction,
  club: Club,
  by: Member,
  name: string,
): Promise<void> {
  await beginAct(tx, club, by, 'subscription', name)
  await tx`UPDATE clubs SET rules_version = rules_version + 1 WHERE id = ${club.id}`
  const all = await subscriptionsOf(tx, club.id)
  if (all.length >= SUBSCRIPTIONS_MAX) throw new RuleError('rules.tooMany')
  if (all.some((one) => one.name.toLowerCase() === name.toLowerCase())) {
    throw new RuleError('rules.sameName')
  }
  await tx`INSERT INTO subscriptions (club_id, name, days_ahead, partners_min)
    VALUES (${club.id}, ${name}, 7, 1)`
}

export async function rulesVersion(tx: Transaction, clubId: string): Promise<number> {
  const [row] = await tx<{ version: number }[]>`
    SELECT rules_version AS version FROM clubs WHERE id = ${clubId}`
  return row?.version ?? 0
}

export type Holiday = {
  readonly id: string
  readonly title: string
  readonly firstDate: string
  readonly lastDate: string
}

export async function holidaysOf(tx: Transaction, clubId: string): Promise<Holiday[]> {
  return await tx<Holiday[]>`
    SELECT id, title, first_date::text AS "firstDate", last_date::text AS "lastDate"
    FROM holidays WHERE club_id = ${clubId} ORDER BY first_date, id LIMIT ${HOLIDAYS_MAX}`
}

/** @throws {RuleError} When there are many already. */
export async function addHoliday(
  tx: Transaction,
  club: Club,
  by: Member,
  { title, firstDate, lastDate }: Omit<Holiday, 'id'>,
): Promise<void> {
  if ((await holidaysOf(tx, club.id)).length >= HOLIDAYS_MAX) throw new RuleError('rules.tooMany')
  await beginAct(tx, club, by, 'holiday', title)
  await tx`INSERT INTO holidays (club_id, title, first_date, last_date)
    VALUES (${club.id}, ${title}, ${firstDate}, ${lastDate})`
}

/** @throws {MissingError} */
export async function dropHoliday(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
): Promise<void> {
  const holiday = (await holidaysOf(tx, club.id)).find((one) => one.id === id)
  if (!holiday) throw new MissingError('no such holiday')
  await beginAct(tx, club, by, 'holiday-dropped', holiday.title)
  await tx`DELETE FROM holidays WHERE club_id = ${club.id} AND id = ${id}`
}
