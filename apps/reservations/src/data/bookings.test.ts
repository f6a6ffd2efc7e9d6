/** The database keeps its word: never two, never stuck, never over quota, never another club. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMembers, NOW_MS, startReservations } from '../../test/kit.ts'
import { inClub, TakenError } from '../database.ts'
import type { Member } from '../model.ts'
import { addDays, instantOf } from '../time.ts'
import { book, cancel, change } from './acts.ts'
import { MissingError, RefusedError } from './errors.ts'
import { bookingById, bookingsWithin } from './bookings.ts'
import { courtsOf } from './clubs.ts'
import { close, effectOf } from './closures.ts'
import { memberById } from './members.ts'
import { HOLD_MINUTES, passOn, toTell, WaitError, waitFor, waitsOf } from './waits.ts'

const RIVALS = 100
const ROUNDS = 4
const CROSS_ROUNDS = 40

const service = await startReservations(RIVALS)
const { database, superuser, zuiderpark: club, roseraie } = service
const courts = await inClub(database, club.id, (tx) => courtsOf(tx, club.id))
const racers = await membersById(await addMembers(service, club, RIVALS))
after(() => service[Symbol.asyncDispose]())

async function membersById(ids: string[]): Promise<Member[]> {
  return await inClub(database, club.id, async (tx) => {
    const members: Member[] = []
    for (const id of ids) members.push((await memberById(tx, club.id, id)) ?? assert.fail(id))
    return members
  })
}

const at = (date: string, minute: number): number => instantOf(club.zone, date, minute)
const courtId = (index: number): string => courts[index]?.id ?? assert.fail('no such court')

async function tryBook(
  member: Member,
  court: string,
  startMs: number,
  minutes: number,
): Promise<string> {
  const order = {
    courtId: court,
    startMs,
    endMs: startMs + minutes * 60_000,
    ownerId: member.id,
    partnerIds: [],
  }
  return await inClub(database, club.id, (tx) => book(tx, club, member, order, NOW_MS))
}

async function overlaps(): Promise<number> {
  const [row] = await superuser<{ n: number }[]>`
    SELECT count(*)::int AS n FROM bookings a JOIN bookings b ON a.id < b.id
      AND a.court_id = b.court_id AND a.during && b.during
    WHERE a.status <> 'cancelled' AND b.status <> 'cancelled'`
  return row?.n ?? -1
}

test('bookings: of a hundred who want one court at staggered times, exactly one gets it', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const date = addDays('2027-03-01', round)
    const tries = racers.map((racer, n) =>
      tryBook(racer, courtId(round % courts.length), at(date, 1020 + (n % 4) * 30), 120),
    )
    const results = await Promise.allSettled(tries)
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of results) {
      if (result.status === 'rejected') assert(result.reason instanceof TakenError, result.reason)
    }
  }
  assert.equal(await overlaps(), 0)
})

test('bookings: without the locks the constraint still holds, row for row', async () => {
  const insert = (bounds: string, from: string, to: string): Promise<unknown> =>
    inClub(
      database,
      club.id,
      (tx) => tx`INSERT INTO bookings (club_id, court_id, during, kind)
        VALUES (${club.id}, ${courtId(0)}, tstzrange(${from}::text::timestamptz, ${to}::text::timestamptz,
          ${bounds}), 'match')`,
    )
  await insert('[)', '2027-05-01T10:00Z', '2027-05-01T11:00Z')
  await insert('[)', '2027-05-01T11:00Z', '2027-05-01T12:00Z') // back to back
  await assert.rejects(insert('[)', '2027-05-01T10:30Z', '2027-05-01T11:30Z'), TakenError)
  await assert.rejects(insert('[)', '2027-05-02T10:00Z', '2027-05-02T10:00Z'), { code: '23514' })
  await assert.rejects(insert('[]', '2027-05-03T10:00Z', '2027-05-03T11:00Z'), { code: '23514' })
  await assert.rejects(insert('[)', '2027-05-04T10:00Z', 'infinity'), { code: '23514' })
})

test('bookings: a quota counts what stands, behind however much was cancelled', async () => {
  const [one] = await membersById(await addMembers(service, club, 1, 1))
  const member = one ?? assert.fail('no member')
  await superuser`INSERT INTO bookings (club_id, court_id, during, owner_id, status, cancelled_at)
    SELECT ${club.id}, ${courtId(0)}, tstzrange(d, d + interval '1 hour'), ${member.id},
      'cancelled', now() FROM generate_series('2027-01-01T10:00Z'::timestamptz,
        '2027-01-01T10:00Z'::timestamptz + interval '2100 minutes', interval '1 minute') d`
  await tryBook(member, courtId(2), at('2027-06-20', 600), 60)
  await assert.rejects(tryBook(member, courtId(2), at('2027-06-20', 700), 60), RefusedError)
})

test('bookings: six tabs at once do not get past a quota of one', async () => {
  const greedy = await membersById(await addMembers(service, club, 8, 1))
  const tries = greedy.flatMap((member, n) =>
    courts
      .slice(0, 6)
      .map((court, tab) =>
        tryBook(member, court.id, at(addDays('2027-06-01', n), 540 + tab * 90), 60),
      ),
  )
  const results = await Promise.allSettled(tries)
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, greedy.length)
  for (const result of results) {
    if (result.status === 'fulfilled') continue
    assert(result.reason instanceof RefusedError, result.reason)
    assert.deepEqual(
      result.reason.refusals.map(({ rule }) => rule),
      ['quota'],
    )
  }
})

test('bookings: the same time on another court is judged as a new wish', async () => {
  const [member = assert.fail()] = await membersById(await addMembers(service, club, 1))
  await superuser`INSERT INTO quotas (club_id, subscription_id, name, sport, period, bookings_max)
    VALUES (${club.id}, ${member.subscriptionId}, 'No padel', 'padel', 'day', 0)`
  const startMs = at('2027-06-20', 600)
  const id = await tryBook(member, courtId(0), startMs, 60)
  const padel = courts.find(({ sport }) => sport === 'padel')?.id ?? assert.fail()
  const to = { courtId: padel, startMs, endMs: startMs + 3_600_000, partnerIds: [] }
  const moving = inClub(database, club.id, (tx) => change(tx, club, member, id, to, NOW_MS))
  await assert.rejects(moving, RefusedError)
})

test('bookings: moves that cross each other end without deadlock and without overlap', async () => {
  const [a, b] = [racers[0] ?? assert.fail(), racers[1] ?? assert.fail()]
  const first = await tryBook(a, courtId(0), at('2027-07-01', 600), 60)
  const second = await tryBook(b, courtId(1), at('2027-07-01', 720), 60)
  const move = (by: Member, id: string, court: string, minute: number): Promise<void> => {
    const startMs = at('2027-07-01', minute)
    const to = { courtId: court, startMs, endMs: startMs + 3_600_000, partnerIds: [] }
    return inClub(database, club.id, (tx) => change(tx, club, by, id, to, NOW_MS))
  }
  const moves = Array.from({ length: CROSS_ROUNDS }, (_, n) => [
    move(a, first, courtId(n % 2), n % 2 ? 720 : 600),
    move(b, second, courtId((n + 1) % 2), n % 2 ? 600 : 720),
  ]).flat()
  for (const result of await Promise.allSettled(moves)) {
    if (result.status === 'rejected') assert(result.reason instanceof TakenError, result.reason)
  }
  assert.equal(await overlaps(), 0)
})

test('bookings: a cancelled court is free at once', async () => {
  const [member] = racers
  assert(member)
  const startMs = at('2027-08-01', 600)
  const id = await tryBook(member, courtId(0), startMs, 60)
  await inClub(database, club.id, (tx) => cancel(tx, club, member, id, NOW_MS))
  await tryBook(racers[2] ?? assert.fail(), courtId(0), startMs, 60)
})

test('closures: a booking the secretary has not seen stops the closing', async () => {
  const [member] = racers
  assert(member)
  const startMs = at('2027-09-01', 600)
  const id = await tryBook(member, courtId(3), startMs, 60)
  const closure = { courtIds: [courtId(3)], startMs, endMs: startMs + 7_200_000, title: 'Rain' }
  const act = (expected: string[]): Promise<number | undefined> =>
    inClub(database, club.id, (tx) => close(tx, club, member, closure, expected, NOW_MS))
  assert.equal(await act([]), undefined)
  const { cancels } = await inClub(database, club.id, (tx) => effectOf(tx, club, member, closure))
  assert.deepEqual(
    cancels.map((one) => one.id),
    [id],
  )
  assert.equal(await act([id]), 1)
  await assert.rejects(tryBook(member, courtId(3), startMs, 60), TakenError)
  const told = await inClub(
    database,
    club.id,
    (tx) => tx`
    SELECT kind, reason FROM notices WHERE booking_id = ${id} AND member_id = ${member.id}`,
  )
  assert.deepEqual([...told], [{ kind: 'closed', reason: 'Rain' }])
})

test('waiting: the first who waits has a freed court to himself, then the next, then all', async () => {
  const [holder, first, second, late] = racers.slice(10, 14)
  assert(holder && first && second && late)
  const startMs = at('2027-10-01', 600)
  const id = await tryBook(holder, courtId(0), startMs, 60)
  const wait = (member: Member): Promise<void> =>
    inClub(database, club.id, (tx) => waitFor(tx, club, member, id, NOW_MS))
  await wait(first)
  await wait(second)
  await wait(second) // twice is once
  await assert.rejects(wait(holder), MissingError)
  await inClub(database, club.id, (tx) => cancel(tx, club, holder, id, NOW_MS))
  const waits = (member: Member, nowMs: number): ReturnType<typeof waitsOf> =>
    inClub(database, club.id, (tx) => waitsOf(tx, club.id, member.id, nowMs))
  assert.equal((await waits(first, NOW_MS))[0]?.heldUntilMs, NOW_MS + HOLD_MINUTES * 60_000)
  for (const other of [second, late, holder]) {
    await assert.rejects(tryBook(other, courtId(0), startMs, 60), TakenError)
  }
  const later = NOW_MS + HOLD_MINUTES * 60_000
  await inClub(database, club.id, (tx) => passOn(tx, club, later))
  assert.deepEqual(await waits(first, later), [])
  assert.equal((await waits(second, later))[0]?.state, 'offered')
  const order = { courtId: courtId(0), startMs, endMs: startMs + 3_600_000, partnerIds: [] }
  await assert.rejects(
    inClub(database, club.id, (tx) => book(tx, club, late, { ...order, ownerId: late.id }, later)),
    TakenError,
  )
  await inClub(database, club.id, (tx) =>
    book(tx, club, second, { ...order, ownerId: second.id }, later),
  )
  assert.deepEqual(await waits(second, later), [])
  const told = await inClub(database, club.id, (tx) => toTell(tx, club.id, later))
  assert(told.length <= 1, 'each is written to once')
})

test('waiting: cancelling, waiting and booking at once leave one booking or hold, and no deadlock', async () => {
  const startMs = at('2027-10-02', 600)
  const [owner, ...others] = racers.slice(20, 60)
  assert(owner)
  const id = await tryBook(owner, courtId(1), startMs, 60)
  const acts = others.map((member, n) =>
    n % 2
      ? inClub(database, club.id, (tx) => waitFor(tx, club, member, id, NOW_MS))
      : tryBook(member, courtId(1), startMs, 60),
  )
  const freed = inClub(database, club.id, (tx) => cancel(tx, club, owner, id, NOW_MS))
  for (const result of await Promise.allSettled([freed, ...acts])) {
    if (result.status === 'fulfilled') continue
    const { reason } = result as { reason: unknown }
    const isMeant = [TakenError, MissingError, WaitError].some((kind) => reason instanceof kind)
    assert(isMeant, String(reason))
  }
  assert.equal(await overlaps(), 0)
})

test('row security: every table is forced, and the application owns and creates nothing', async () => {
  const tables = await superuser<{ name: string; forced: boolean; owner: string }[]>`
    SELECT relname AS name, relrowsecurity AND relforcerowsecurity AS forced,
      relowner::regrole::text AS owner
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relname <> 'migrations'`
  assert(tables.length >= 11)
  for (const { name, forced, owner } of tables) {
    assert(forced, name)
    assert.equal(owner, 'reservations_owner', name)
    const rows = await database`SELECT count(*)::int AS n FROM ${database(name)}`.then(([row]) =>
      Number(row?.['n']),
    )
    if (name !== 'clubs') assert.equal(rows, 0, `${name} shows rows though no club is set`)
  }
  const [role] = await superuser`SELECT rolsuper OR rolbypassrls AS free FROM pg_roles
    WHERE rolname = 'reservations_app'`
  assert.equal(role?.['free'], false)
  await assert.rejects(database.unsafe('CREATE TABLE mine (id int)'), { code: '42501' })
  await assert.rejects(database.unsafe('DELETE FROM bookings'), { code: '42501' })
  await assert.rejects(database.unsafe('TABLE migrations'), { code: '42501' })
})

test('row security: it holds alone when a query forgets the club', async () => {
  const rows = await inClub(
    database,
    club.id,
    (tx) => tx<{ club: string }[]>`
    SELECT DISTINCT club_id AS club FROM bookings`,
  )
  assert.deepEqual([...rows], [{ club: club.id }])
  const foreign = await inClub(database, club.id, (tx) =>
    bookingsWithin(tx, roseraie.id, 0, NOW_MS * 2, { viewer: undefined, year: 2026 }),
  )
  assert.deepEqual(foreign, [])
  await assert.rejects(
    inClub(
      database,
      club.id,
      (tx) => tx`INSERT INTO login_failures (club_id, account_hash)
      VALUES (${roseraie.id}, sha256('x'))`,
    ),
    { code: '42501' },
  )
})

test('row security: the queries hold alone when it is switched off', async () => {
  const [theirs] = await superuser<{ id: string }[]>`
    SELECT id FROM bookings WHERE club_id = ${roseraie.id} LIMIT 1`
  assert(theirs)
  await superuser`ALTER TABLE bookings DISABLE ROW LEVEL SECURITY`
  try {
    const look = { viewer: undefined, year: 2026 }
    const found = await inClub(database, club.id, (tx) => bookingById(tx, club.id, theirs.id, look))
    assert.equal(found, undefined)
  } finally {
    await superuser`ALTER TABLE bookings ENABLE ROW LEVEL SECURITY`
  }
})
