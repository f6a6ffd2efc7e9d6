/**
 * The reservation service for tests: a real PostgreSQL, migrated and seeded, the real server, and
 * a clock that stands where the test puts it.
 */
import { PASSWORD, startPostgres, SUPERUSER } from '../../../test/kit/postgres.ts'
import type { TestPostgres } from '../../../test/kit/postgres.ts'
import { openDatabase, inClub, type Database } from '../src/database.ts'
import { clubBySlug } from '../src/data/clubs.ts'
import { DEMO_PASSWORD } from '../src/demo/accounts.ts'
import { startApp } from '../src/main.ts'
import { migrate } from '../src/migrate.ts'
import type { Club } from '../src/model.ts'
import { seed } from '../src/seed.ts'

/** Wednesday 25 November 2026, 10:00 in Brussels. */
export const NOW_MS: number = Date.parse('2026-11-25T09:00Z')

export type TestReservations = AsyncDisposable & {
  readonly postgres: TestPostgres
  /** As the application connects. */
  readonly database: Database
  /** As superuser: beyond every guard, to set up and to look. */
  readonly superuser: Database
  readonly origin: string
  readonly zuiderpark: Club
  readonly roseraie: Club
}

/**
 * @param poolMax Connections of `database`, for races.
 * @param through What `database` and the service reach the server through, at a port of this
 *   machine; default: nothing.
 */
export async function startReservations(
  poolMax = 5,
  through?: (server: TestPostgres) => Promise<number>,
): Promise<TestReservations> {
  const postgres = await startPostgres({ max_connections: '260' })
  const address = (user: string, password: string): string =>
    `postgres://${user}:${password}@localhost:${postgres.port}/reservations` +
    `?host=${encodeURIComponent(postgres.socketDir)}`
  await postgres.query(`CREATE ROLE reservations_owner LOGIN PASSWORD 'owner'`)
  await postgres.query(`CREATE ROLE reservations_app LOGIN PASSWORD 'app'`)
  await postgres.query('CREATE DATABASE reservations OWNER reservations_owner')
  const owner = openDatabase(address('reservations_owner', 'owner'), undefined, 1)
  await migrate(owner, 'reservations_app')
  await seed(owner, NOW_MS)
  await owner.end()
  const port = await through?.(postgres)
  const databaseUrl =
    port === undefined
      ? address('reservations_app', 'app')
      : `postgres://reservations_app:app@127.0.0.1:${port}/reservations`
  const database = openDatabase(databaseUrl, undefined, poolMax)
  const superuser = openDatabase(address(SUPERUSER, PASSWORD), undefined, 1)
  const config = { databaseUrl, databaseCa: undefined, poolMax: 5, host: '127.0.0.1', port: 0 }
  const publicOrigin = 'https://club.example'
  const app = await startApp(
    {
      ...config,
      publicOrigin,
      smtpUrl: undefined,
      payments: undefined,
      mailFrom: 'no-reply@reservations.example',
      pinSecret: 'a secret of the tests only',
      webhooks: 'anywhere',
      demo: true,
    },
    () => NOW_MS,
  )
  const [zuiderpark, roseraie] = await Promise.all([
    clubBySlug(database, 'zuiderpark'),
    clubBySlug(database, 'roseraie'),
  ])
  if (!zuiderpark || !roseraie) throw new Error('the demonstration is not there')
  return {
    postgres,
    database,
    superuser,
    origin: `http://localhost:${app.port}`,
    zuiderpark,
    roseraie,
    [Symbol.asyncDispose]: async () => {
      await app[Symbol.asyncDispose]()
      await database.end({ timeout: 1 })
      await superuser.end({ timeout: 1 })
      await postgres[Symbol.asyncDispose]()
    },
  }
}

/** The headers a browser sends with a form of our own page. */
export const ownForm: Readonly<Record<string, string>> = {
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-site': 'same-origin',
}

/** Logs in and returns the `cookie` header. */
export async function cookieOf(origin: string, slug: string, email: string): Promise<string> {
  const body = new URLSearchParams({ email, password: DEMO_PASSWORD, to: '' })
  const answer = await fetch(`${origin}/${slug}/login`, {
    method: 'POST',
    headers: ownForm,
    body,
    redirect: 'manual',
  })
  const [cookie = ''] = answer.headers.getSetCookie()
  return cookie.split(';')[0] ?? ''
}

/**
 * Adds members of a subscription without quotas, free to book far ahead and alone.
 * @param upcomingMax When given, a quota: so many coming bookings at a time.
 */
export async function addMembers(
  { superuser, database }: TestReservations,
  club: Club,
  count: number,
  upcomingMax?: number,
): Promise<string[]> {
  const [subscription] = await superuser<{ id: string }[]>`
    INSERT INTO subscriptions (club_id, name, days_ahead, partners_min)
    VALUES (${club.id}, 'Racers', 365, 0) RETURNING id`
  const id = subscription?.id ?? ''
  if (upcomingMax !== undefined) {
    await superuser`INSERT INTO quotas (club_id, subscription_id, name, period, bookings_max)
      VALUES (${club.id}, ${id}, 'Racing', 'upcoming', ${upcomingMax})`
  }
  await superuser`
    INSERT INTO members (club_id, subscription_id, email, password_hash, first_name, last_name,
      birth_year, shares_name)
    SELECT ${club.id}, ${id}, gen_random_uuid() || '@racers.example', '', 'Racer', n::text, 1990, true
    FROM generate_series(1, ${count}::int) n`
  const rows = await inClub(
    database,
    club.id,
    (tx) => tx<{ id: string }[]>`SELECT id FROM members WHERE subscription_id = ${id}`,
  )
  return rows.map((row) => row.id)
}
