/**
 * Clubs, courts and rules, as stored.
 *
 * @module
 */
import type { Database, Transaction } from '../database.ts'
import type { Club, Court, Quota, Subscription } from '../model.ts'

type Sql = Database | Transaction

/** A club by the name in its address. Public: needs no club to be set. */
export async function clubBySlug(sql: Sql, slug: string): Promise<Club | undefined> {
  if (!/^[a-z0-9-]{2,31}$/.test(slug)) return undefined // as the table checks; PostgreSQL takes no NUL
  const [row] = await sql<Club[]>`SELECT ${clubColumns(sql)} FROM clubs WHERE slug = ${slug}`
  return row
}

export async function allClubs(sql: Sql): Promise<Club[]> {
  return await sql<Club[]>`SELECT ${clubColumns(sql)} FROM clubs ORDER BY name LIMIT 500`
}

export async function logoOf(sql: Sql, clubId: string): Promise<string> {
  const [row] = await sql<{ svg: string }[]>`
    SELECT logo_svg AS svg FROM clubs WHERE id = ${clubId}`
  return row?.svg ?? ''
}

function clubColumns(sql: Sql): ReturnType<Sql> {
  return sql`id, slug, name, town, zone, language, colour, opens_minute AS "opensMinute",
    closes_minute AS "closesMinute", release_minute AS "releaseMinute",
    cancel_hours AS "cancelHours", checkin_minutes AS "checkinMinutes",
    door_minutes AS "doorMinutes", logo_id AS "logoId", look_version AS "lookVersion",
    suspend_misses AS "suspendMisses", suspend_days AS "suspendDays",
    guest_tickets AS "guestTickets", ticket_cents AS "ticketCents", season_month AS "seasonMonth"`
}

/** @param which `all`: also those out of use, last; where what was played is named. */
export async function courtsOf(
  tx: Transaction,
  clubId: string,
  which: 'in use' | 'all' = 'in use',
): Promise<Court[]> {
  return await tx<Court[]>`
    SELECT id, name, sport, surface, indoor, length_min AS "lengthMin", length_max AS "lengthMax",
      length_usual AS "lengthUsual", price_cents_hour AS "priceCentsHour", retired
    FROM courts WHERE club_id = ${clubId} AND (NOT retired OR ${which === 'all'})
    ORDER BY retired, position, name`
}

export async function subscriptionsOf(tx: Transaction, clubId: string): Promise<Subscription[]> {
  return await tx<Subscription[]>`
    SELECT id, name, days_ahead AS "daysAhead", partners_min AS "partnersMin",
      guests_season AS "guestsSeason"
    FROM subscriptions WHERE club_id = ${clubId} ORDER BY name`
}

export async function quotasOf(tx: Transaction, clubId: string): Promise<Quota[]> {
  const rows = await tx<(Quota & { sport: Quota['sport'] | null; indoor: boolean | null })[]>`
    SELECT id, subscription_id AS "subscriptionId", name, sport, indoor, weekdays,
      from_minute AS "fromMinute", to_minute AS "toMinute", period, per,
      bookings_max AS "bookingsMax"
    FROM quotas WHERE club_id = ${clubId} ORDER BY name, id`
  return rows.map((row) => ({
    ...row,
    sport: row.sport ?? undefined,
    indoor: row.indoor ?? undefined,
  }))
}

export type RuleChange = {
  readonly opensMinute: number
  readonly closesMinute: number
  readonly releaseMinute: number
  readonly cancelHours: number
  readonly checkinMinutes: number
  readonly suspendMisses: number
  readonly suspendDays: number
  readonly guestTickets: number
  readonly ticketCents: number
  readonly seasonMonth: number
  readonly subscriptions: readonly Omit<Subscription, 'name'>[]
  readonly quotas: readonly Pick<Quota, 'id' | 'bookingsMax'>[]
}

export async function changeRules(
  tx: Transaction,
  clubId: string,
  change: RuleChange,
): Promise<void> {
  await tx`UPDATE clubs SET opens_minute = ${change.opensMinute},
    closes_minute = ${change.closesMinute}, release_minute = ${change.releaseMinute},
    cancel_hours = ${change.cancelHours}, checkin_minutes = ${change.checkinMinutes},
    suspend_misses = ${change.suspendMisses}, suspend_days = ${change.suspendDays},
    guest_tickets = ${change.guestTickets}, ticket_cents = ${change.ticketCents},
    season_month = ${change.seasonMonth} WHERE id = ${clubId}`
  for (const { id, daysAhead, partnersMin, guestsSeason } of change.subscriptions) {
    await tx`UPDATE subscriptions SET days_ahead = ${daysAhead}, partners_min = ${partnersMin},
        guests_season = ${guestsSeason}
      WHERE club_id = ${clubId} AND id = ${id}`
  }
  for (const { id, bookingsMax } of change.quotas) {
    await tx`UPDATE quotas SET bookings_max = ${bookingsMax}
      WHERE club_id = ${clubId} AND id = ${id}`
  }
}
