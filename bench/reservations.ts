/**
 * The reservation service: how long a hundred clients wait who press at once, straight to
 * PostgreSQL and through the SQL gateway with its trail; and how long the day page takes with a
 * hundred clubs and 200,000 bookings.
 *
 * ATTACK_ROUNDS: rounds of a hundred acts each.
 */
import { rm } from 'node:fs/promises'
import { temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { attack } from '../apps/reservations/test/attack.ts'
import { startReservations, type TestReservations } from '../apps/reservations/test/kit.ts'
import { emit } from './kit/bench.ts'
import { startGateway } from './kit/sql-subjects.ts'

const BENCH = 'reservations'
const CLIENTS = 100
const ROUNDS = Number(process.env['ATTACK_ROUNDS'] ?? '100')
const CLUBS = 98 // and the two of the demonstration
const REQUESTS = 1_000

await using stack = new AsyncDisposableStack()
const folder = await temporaryFolder('bench-reservations')
stack.defer(() => rm(folder, { recursive: true, force: true }))
const gateway = async (server: TestPostgres): Promise<number> =>
  (await startGateway(stack, 'written', folder, server)).port

await lookAtDays()
const straight = await press('direct')
await press('veilig-written', gateway, straight)

/** @returns The 99th percentile. */
async function press(
  subject: string,
  through?: (server: TestPostgres) => Promise<number>,
  peer?: number,
): Promise<number> {
  await using service = await startReservations(CLIENTS, through)
  const { times, done, refused, found } = await attack(service, CLIENTS, ROUNDS)
  tell(subject, 'acts done', done, '')
  tell(subject, 'acts refused by a rule', refused, '')
  tell(
    subject,
    'overlaps, over quota, deadlocks',
    found.overlaps + found.over + found.deadlocks,
    '',
  )
  tell(subject, 'p50 of an act, all at once', quantile(times, 0.5), 'ms')
  const p99 = quantile(times, 0.99)
  const ratio = peer === undefined ? {} : { ratio: { direct: Number((p99 / peer).toFixed(3)) } }
  emit({
    bench: BENCH,
    subject,
    metric: 'p99 of an act, all at once',
    value: p99,
    unit: 'ms',
    ...ratio,
  })
  return p99
}

async function lookAtDays(): Promise<void> {
  await using service = await startReservations()
  const bookings = await fill(service)
  tell('day page', 'bookings there', bookings, '')
  const times: number[] = []
  for (let at = 0; at < REQUESTS; at++) {
    const day = new Date(Date.UTC(2026, 10, 26 + (at % 15))).toISOString().slice(0, 10)
    const begun = performance.now()
    const answer = await fetch(`${service.origin}/club-${at % CLUBS}/day?date=${day}`)
    const page = await answer.text()
    times.push(performance.now() - begun)
    if (answer.status !== 200 || page.length < 10_000)
      throw new Error(`no day page: ${answer.status}`)
  }
  tell('day page', 'p50', quantile(times, 0.5), 'ms')
  tell('day page', 'p95', quantile(times, 0.95), 'ms')
}

/** Clubs of eight courts, each taken fourteen hours a day for eighteen days. */
async function fill({ superuser }: TestReservations): Promise<number> {
  await superuser`INSERT INTO clubs (id, slug, name, town, zone, language, colour, logo_svg,
      opens_minute, closes_minute, release_minute, cancel_hours)
    SELECT gen_random_uuid(), 'club-' || n, 'Club ' || n, 'Gent', zone, language, colour, logo_svg,
      480, 1320, release_minute, cancel_hours
    FROM clubs, generate_series(0, ${CLUBS - 1}::int) n WHERE slug = 'zuiderpark'`
  await superuser`INSERT INTO courts (club_id, position, name, sport, surface, indoor, length_usual,
      length_max) SELECT id, n, 'Tennis ' || n, 'tennis', 'clay', false, 60, 120
    FROM clubs, generate_series(1, 8) n WHERE slug LIKE 'club-%'`
  await superuser`INSERT INTO subscriptions (club_id, name, days_ahead, partners_min)
    SELECT id, 'Adult', 14, 0 FROM clubs WHERE slug LIKE 'club-%'`
  await superuser`INSERT INTO members (club_id, subscription_id, email, password_hash, first_name,
      last_name, birth_year, shares_name)
    SELECT c.id, s.id, n || '@' || c.slug || '.example', '', 'Member', n::text, 1990, true
    FROM clubs c JOIN subscriptions s ON s.club_id = c.id, generate_series(1, 40) n
    WHERE c.slug LIKE 'club-%'`
  await superuser`INSERT INTO bookings (club_id, court_id, during, kind, owner_id)
    SELECT t.club_id, t.id, tstzrange(at, at + interval '1 hour'), 'play', (SELECT m.id
      FROM members m WHERE m.club_id = t.club_id AND m.last_name = (t.position * 5)::text)
    FROM courts t JOIN clubs c ON c.id = t.club_id,
      generate_series('2026-11-24T07:00Z'::timestamptz, '2026-12-11T20:00Z', interval '1 hour') at
    WHERE c.slug LIKE 'club-%' AND extract(hour FROM at AT TIME ZONE 'UTC') BETWEEN 7 AND 20`
  await superuser`ANALYZE`
  const [row] = await superuser<{ n: number }[]>`SELECT count(*)::int AS n FROM bookings`
  return row?.n ?? 0
}

function tell(subject: string, metric: string, value: number, unit: string): void {
  emit({ bench: BENCH, subject, metric, value, unit })
}

function quantile(list: readonly number[], part: number): number {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
