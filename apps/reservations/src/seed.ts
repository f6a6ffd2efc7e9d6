/**
 * Fills the demonstration: two clubs with weeks of past and coming bookings around today.
 *
 * Runs as the owner of the schema. Run again, it changes nothing on the same day; on a later day it
 * adds the days that have come near. Everything is drawn from one seed, so every run agrees.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hashPassword } from './data/sessions.ts'
import { clubBySlug, courtsOf } from './data/clubs.ts'
import { codeOf, inClub, openDatabase, type Database, type Transaction } from './database.ts'
import { DEMO_PASSWORD, demoAccounts } from './demo/accounts.ts'
import { demoClubs, type DemoClub } from './demo/clubs.ts'
import type { Club, Court, Kind } from './model.ts'
import { addDays, instantOf, todayIn, weekdayOf } from './time.ts'

/** What an hour under the roof costs in the demonstration; outside is with the subscription. */
const INDOOR_CENTS_PER_HOUR = 1200
const TICKET_CENTS = 500
const TICKETS_AT_FIRST = 4

const DAYS_BACK = 21
const DAYS_AHEAD = 9
const MINORS = 4

type Person = { readonly id: string; readonly minor: boolean }
type Random = () => number

/** @returns How many bookings were added. */
export async function seed(database: Database, nowMs: number): Promise<number> {
  const hashes = [
    await hashPassword(DEMO_PASSWORD),
    await hashPassword(randomBytes(24).toString('hex')),
  ]
  let added = 0
  for (const demo of demoClubs) {
    const club = (await clubBySlug(database, demo.slug)) ?? (await found(database, demo, hashes))
    added += await inClub(database, club.id, (tx) => fill(tx, club, demo, nowMs))
  }
  return added
}

/** Founds a club: itself, courts, rules and members. @param hashes For demo accounts; for others. */
async function found(database: Database, demo: DemoClub, hashes: string[]): Promise<Club> {
  const [row] = await database<{ id: string }[]>`SELECT gen_random_uuid() AS id`
  const id = row?.id ?? ''
  await inClub(database, id, async (tx) => {
    await tx`INSERT INTO clubs (id, slug, name, town, zone, language, colour, logo_svg,
        opens_minute, closes_minute, release_minute, cancel_hours, ticket_cents)
      VALUES (${id}, ${demo.slug}, ${demo.name}, ${demo.town}, ${demo.zone}, ${demo.language},
        ${demo.colour}, ${demo.logo}, ${demo.opensMinute}, ${demo.closesMinute}, ${7 * 60}, ${2},
        ${TICKET_CENTS})`
    for (const [position, [name, sport, surface, indoor]] of demo.courts.entries()) {
      const [usual, max] = sport === 'padel' ? [90, 120] : [60, 120]
      const price = indoor ? INDOOR_CENTS_PER_HOUR : 0
      await tx`INSERT INTO courts (club_id, position, name, sport, surface, indoor, length_usual,
          length_max, price_cents_hour)
        VALUES (${id}, ${position}, ${name}, ${sport}, ${surface}, ${indoor}, ${usual}, ${max},
          ${price})`
    }
    await hireAndJoin(tx, id, demo, hashes)
  })
  const club = await clubBySlug(database, demo.slug)
  if (!club) throw new Error('the club just founded is not there')
  return club
}

async function hireAndJoin(
  tx: Transaction,
  clubId: string,
  demo: DemoClub,
  [demoHash = '', otherHash = '']: string[],
): Promise<void> {
  const subscriptionIds: string[] = []
  for (const { name, daysAhead, partnersMin, guestsSeason, quotas } of demo.subscriptions) {
    const [row] = await tx<{ id: string }[]>`
      INSERT INTO subscriptions (club_id, name, days_ahead, partners_min, guests_season)
      VALUES (${clubId}, ${name}, ${daysAhead}, ${partnersMin}, ${guestsSeason}) RETURNING id`
    const id = row?.id ?? ''
    subscriptionIds.push(id)
    for (const quota of quotas) {
      await tx`INSERT INTO quotas (club_id, subscription_id, name, sport, indoor, weekdays,
          from_minute, to_minute, period, bookings_max)
        VALUES (${clubId}, ${id}, ${quota.name}, ${quota.sport ?? null}, ${quota.indoor ?? null},
          ${quota.weekdays ?? 127}, ${quota.fromMinute ?? 0}, ${quota.toMinute ?? 1440},
          ${quota.period}, ${quota.bookingsMax})`
    }
  }
  const random = mulberry32(hashOf(demo.slug))
  const accounts = demoAccounts[demo.slug]
  for (const [at, name] of demo.people.entries()) {
    const [first = '', ...rest] = name.split(' ')
    const isSecretary = at === demo.people.length - 1
    const isMinor = !isSecretary && at >= demo.people.length - 1 - MINORS
    const isDemo = at <= 1 || isSecretary
    const email = `${plain(name)}@${demo.slug}.example`
    const demoOnes = [accounts?.member, accounts?.checked]
    const account = isSecretary ? accounts?.secretary : demoOnes[at]
    const birthYear = isMinor ? 2011 + (at % 4) : 1948 + Math.floor(random() * 55)
    await tx`INSERT INTO members (club_id, subscription_id, email, password_hash, first_name,
        last_name, birth_year, role, shares_name)
      VALUES (${clubId}, ${subscriptionIds[isMinor ? 1 : 0] ?? ''}, ${account ?? email},
        ${isDemo ? demoHash : otherHash}, ${first}, ${rest.join(' ')}, ${birthYear},
        ${isSecretary ? 'secretary' : 'member'}, ${!isMinor && (at < 3 || random() < 0.8)})`
  }
  await tx`UPDATE members SET guardian_id = (SELECT id FROM members
      WHERE club_id = ${clubId} AND email = ${accounts?.member ?? ''})
    WHERE club_id = ${clubId} AND id = (SELECT id FROM members
      WHERE club_id = ${clubId} AND birth_year >= 2011 ORDER BY last_name, first_name LIMIT 1)`
  await tx`SELECT give_tickets(id, ${TICKETS_AT_FIRST}, 'sold', NULL) FROM members
    WHERE club_id = ${clubId} AND email = ${accounts?.member ?? ''}`
  await tx`INSERT INTO members (club_id, subscription_id, email, password_hash, first_name,
      last_name, birth_year, canary)
    VALUES (${clubId}, ${subscriptionIds[0] ?? ''}, ${`i.vandewoude@${demo.slug}.example`},
      ${otherHash}, ${canary.first}, ${canary.last}, 1971, true)`
}

/** Nobody: a name that only who stole the member list would use (data/officers.ts). */
const canary = { first: 'Ilse', last: 'Vandewoude' }

async function fill(tx: Transaction, club: Club, demo: DemoClub, nowMs: number): Promise<number> {
  const courts = await courtsOf(tx, club.id)
  const rows = await tx<{ id: string; birthYear: number }[]>`
    SELECT id, birth_year AS "birthYear" FROM members
    WHERE club_id = ${club.id} AND role = 'member' AND NOT canary
    ORDER BY last_name, first_name`
  const [me] = await tx<{ id: string }[]>`SELECT id FROM members
    WHERE club_id = ${club.id} AND email = ${demoAccounts[demo.slug]?.member ?? ''}`
  const people = rows.map(({ id, birthYear }) => ({ id, minor: birthYear > 2008 }))
  const friend = people.find(({ id, minor }) => !minor && id !== me?.id)
  const others = people.filter(({ id }) => id !== me?.id && id !== friend?.id)
  const season = { club, demo, courts, people: others }
  const today = todayIn(club.zone, nowMs)
  const days = Array.from({ length: DAYS_BACK + DAYS_AHEAD + 1 }, (_, at) =>
    addDays(today, at - DAYS_BACK),
  )
  const added = me && friend ? await welcome(tx, season, [me.id, friend.id], today) : 0
  const plans: Plan[] = []
  for (const date of days) {
    if (!(await isFilled(tx, club, date))) plans.push(...planDay(season, date))
  }
  return added + (await store(tx, club, plans))
}

type Season = {
  readonly club: Club
  readonly demo: DemoClub
  readonly courts: readonly Court[]
  readonly people: readonly Person[]
}

/** A booking to be; the members are the one responsible, then partners. */
type Plan = {
  readonly id: string
  readonly court: string
  readonly start: string
  readonly end: string
  readonly kind: Kind
  readonly title: string
  readonly owner: string | null
  readonly group: string | null
  readonly partners: readonly string[]
}

async function isFilled(tx: Transaction, club: Club, date: string): Promise<boolean> {
  const [row] = await tx<{ filled: boolean }[]>`
    SELECT EXISTS (SELECT FROM bookings WHERE club_id = ${club.id} AND created_by IS NULL
      AND during && ${span(tx, club, date, 0, 1440)}) AS filled`
  return row?.filled ?? false
}

/** Two statements for all of it. What would overlap is left out. */
async function store(tx: Transaction, club: Club, plans: readonly Plan[]): Promise<number> {
  if (plans.length === 0) return 0
  const made = await tx<{ id: string }[]>`
    INSERT INTO bookings (club_id, id, court_id, during, kind, title, owner_id, group_id)
    SELECT ${club.id}, id, court, tstzrange(start, "end", '[)'), kind, title, owner, "group"
    FROM jsonb_to_recordset(${tx.json(plans)}) AS plan (id uuid, court uuid, start timestamptz,
      "end" timestamptz, kind text, title text, owner uuid, "group" uuid)
    ON CONFLICT DO NOTHING RETURNING id`
  await tx`ANALYZE members, bookings` // so many at once are looked up badly until they are counted
  const stand = new Set(made.map(({ id }) => id))
  const pairs = plans
    .filter(({ id }) => stand.has(id))
    .flatMap(({ id, partners }) => partners.map((member) => ({ id, member })))
  await tx`
    INSERT INTO partners (club_id, booking_id, member_id)
    SELECT ${club.id}, pair.id, member
    FROM jsonb_to_recordset(${tx.json(pairs)}) AS pair (id uuid, member uuid)`
  return made.length
}

/** One day: the course, the match, the closure, then members, most of them in the evening. */
function planDay(season: Season, date: string): Plan[] {
  const { club, demo, courts } = season
  const random = mulberry32(hashOf(`${club.slug} ${date}`))
  const weekday = weekdayOf(date)
  const plans: Plan[] = []
  const stand = (
    kind: Kind,
    title: string,
    at: readonly number[],
    from: number,
    to: number,
  ): void => {
    const group = kind === 'closure' ? randomUUID() : null
    for (const court of at.map((index) => courts[index]).filter((one) => one !== undefined)) {
      const time = { start: iso(club, date, from), end: iso(club, date, to) }
      const same = { id: randomUUID(), court: court.id, ...time, kind, title }
      plans.push({ ...same, owner: null, group, partners: [] })
    }
  }
  const { title, startMinute } = demo.course
  if (weekday === demo.course.weekday)
    stand('course', title, [0, 1], startMinute, startMinute + 180)
  if (weekday === 1) stand('course', title, [2], 17 * 60, 18 * 60 + 30)
  if (weekday === 6) stand('match', demo.match, [2, 3], 13 * 60, 18 * 60)
  if (weekday === 2) stand('closure', demo.closure, [1], 8 * 60, 12 * 60)
  if (weekday === 4) stand('closure', demo.closure, [0], 8 * 60, 11 * 60)
  const busy = new Map<string, Set<number>>()
  for (const court of courts) {
    for (let minute = club.opensMinute; minute < club.closesMinute - 60;) {
      const length = court.lengthUsual + (random() < 0.2 ? 30 : 0)
      const wanted = random() < demand(minute, weekday, court)
      const plan =
        wanted && minute + length <= club.closesMinute
          ? planPlay(season, court, date, minute, length, busy, random)
          : undefined
      const clashes = plan && plans.some((one) => overlaps(one, plan))
      if (plan && !clashes) plans.push(plan)
      minute += plan ? length : random() < 0.7 ? 60 : 30
    }
  }
  return plans
}

function overlaps(a: Plan, b: Plan): boolean {
  return a.court === b.court && a.start < b.end && b.start < a.end
}

/** How likely a court is wanted then. */
function demand(minute: number, weekday: number, { indoor, sport }: Court): number {
  const evening = minute >= 17 * 60 && minute < 21 * 60 ? 0.62 : 0.18
  const weekend = weekday >= 6 && minute >= 9 * 60 && minute < 17 * 60 ? 0.3 : 0
  return evening + weekend + (indoor ? 0.1 : 0) + (sport === 'padel' ? 0.06 : 0)
}

function planPlay(
  { club, people }: Season,
  court: Court,
  date: string,
  minute: number,
  length: number,
  busy: Map<string, Set<number>>,
  random: Random,
): Plan | undefined {
  const steps = Array.from({ length: length / 30 }, (_, at) => minute + at * 30)
  const free = people.filter(({ id }) => !steps.some((step) => busy.get(id)?.has(step)))
  const team: Person[] = []
  const size = court.sport === 'padel' ? 4 : random() < 0.25 ? 4 : 2
  while (team.length < size && free.length > 0) {
    team.push(...free.splice(Math.floor(random() * free.length), 1))
  }
  const [owner, ...partners] = team
  if (!owner || partners.length === 0) return undefined
  for (const { id } of team) busy.set(id, new Set([...(busy.get(id) ?? []), ...steps]))
  return {
    id: randomUUID(),
    court: court.id,
    start: iso(club, date, minute),
    end: iso(club, date, minute + length),
    kind: 'play',
    title: '',
    owner: owner.id,
    group: null,
    partners: partners.map(({ id }) => id),
  }
}

function iso({ zone }: Club, date: string, minute: number): string {
  return new Date(instantOf(zone, date, minute)).toISOString()
}

/** The demonstration's member has played before and has one game to come, the first free one. */
async function welcome(
  tx: Transaction,
  { club, courts }: Season,
  [memberId, friendId]: readonly [string, string],
  today: string,
): Promise<number> {
  const [known] = await tx<{ any: boolean }[]>`
    SELECT EXISTS (SELECT FROM bookings WHERE club_id = ${club.id} AND owner_id = ${memberId}) AS any`
  if (known?.any) return 0
  let added = 0
  for (const [offset, minute] of [
    [-9, 1140],
    [-4, 1110],
    [0, 1200],
    [2, 1140],
  ] as const) {
    for (const court of courts) {
      const [booking] = await tx<{ id: string }[]>`
        INSERT INTO bookings (club_id, court_id, during, owner_id, created_by)
        VALUES (${club.id}, ${court.id},
          ${span(tx, club, addDays(today, offset), minute, minute + 60)}, ${memberId}, ${memberId})
        ON CONFLICT DO NOTHING RETURNING id`
      if (!booking) continue
      await tx`INSERT INTO partners (club_id, booking_id, member_id)
        VALUES (${club.id}, ${booking.id}, ${friendId})`
      added += 1
      break
    }
  }
  return added
}

function span(
  tx: Transaction,
  { zone }: Club,
  date: string,
  from: number,
  to: number,
): ReturnType<Transaction> {
  const [start, end] = [instantOf(zone, date, from), instantOf(zone, date, to)]
  return tx`tstzrange(${new Date(start)}, ${new Date(end)}, '[)')`
}

/** `lotte.vermeulen`, for an address. */
function plain(name: string): string {
  const ascii = name
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replaceAll('ı', 'i')
    .toLowerCase()
  return ascii.replace(/[^a-z]+/g, '.')
}

function hashOf(text: string): number {
  return Array.from(text).reduce(
    (hash, letter) => Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619),
    2_166_136_261,
  )
}

/** A small generator with a seed (Tommy Ettinger's mulberry32, public domain). */
function mulberry32(from: number): Random {
  let state = from >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

if (import.meta.main) {
  const url = process.env['MIGRATION_DATABASE_URL']
  if (!url) throw new Error('MIGRATION_DATABASE_URL is not set')
  const ca = process.env['DATABASE_CA']
  const database = openDatabase(url, ca ? readFileSync(ca, 'utf8') : undefined, 1)
  try {
    console.log(`demonstration: ${await seed(database, Date.now())} bookings added`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    console.error(`reservations: the demonstration was not seeded: ${reason}`, codeOf(error))
    process.exitCode = 1
  } finally {
    await database.end({ timeout: 5 })
  }
}
