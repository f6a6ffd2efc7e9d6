/**
 * Guests and tickets in a real database: the ledger of a booking is what the booking uses, at every
 * moment and whoever changes it; nobody uses a ticket twice.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMembers, NOW_MS, startReservations } from '../../test/kit.ts'
import { inClub } from '../database.ts'
import type { Member } from '../model.ts'
import { book, cancel, change, type Order } from './acts.ts'
import { courtsOf } from './clubs.ts'
import { RefusedError } from './errors.ts'
import { membersOf } from './members.ts'
import { creditOrder, orderTickets, purseOf, sellTickets, ticketsOf } from './tickets.ts'

const reservations = await startReservations(10)
after(() => reservations[Symbol.asyncDispose]())
const { database, superuser } = reservations
const club = { ...reservations.zuiderpark, guestTickets: 1, ticketCents: 500 }
const ids = await addMembers(reservations, club, 7)
await superuser`UPDATE subscriptions SET guests_season = 5 WHERE name = 'Racers'`
const { people, secretary, courtIds } = await inClub(database, club.id, async (tx) => {
  const members = await membersOf(tx, club.id)
  const secretary = members.find(({ role }) => role === 'secretary')
  assert(secretary)
  const people = ids.map((id) => members.find((one) => one.id === id))
  const courts = await courtsOf(tx, club.id)
  return { people, secretary, courtIds: courts.map(({ id }) => id) }
})

/** Each test has a member, and a day far ahead, of its own. */
let day = 0
function next(): { member: Member; order: (guests: number, court?: number) => Order } {
  const member = people[day]
  assert(member)
  day += 1
  const startMs = Date.parse('2027-03-01T10:00Z') + day * 86_400_000
  return {
    member,
    order: (guests, court = 0) => ({
      courtId: courtIds[court] ?? '',
      startMs: startMs + court * 3_600_000,
      endMs: startMs + (court + 1) * 3_600_000,
      ownerId: member.id,
      partnerIds: [],
      guests,
    }),
  }
}

const sell = (to: Member, count: number): Promise<boolean> =>
  inClub(database, club.id, (tx) => sellTickets(tx, club, secretary, to.id, count))
const balance = async (of: Member): Promise<number> =>
  (await inClub(database, club.id, (tx) => purseOf(tx, club, of.id, NOW_MS))).tickets
const books = (by: Member, order: Order): Promise<string> =>
  inClub(database, club.id, (tx) => book(tx, club, by, order, NOW_MS))
const refusedBy = (rule: string) => (error: unknown) => {
  assert(error instanceof RefusedError)
  assert.deepEqual(
    error.refusals.map((one) => one.rule),
    [rule],
  )
  return true
}

test('tickets: a guest uses one, cancelling gives it back, and no line ever changes', async () => {
  const { member, order } = next()
  assert(await sell(member, 3))
  const id = await books(member, order(2))
  assert.equal(await balance(member), 1)
  await inClub(database, club.id, (tx) => cancel(tx, club, member, id, NOW_MS))
  assert.equal(await balance(member), 3)
  const lines = await inClub(database, club.id, (tx) => ticketsOf(tx, club.id, member.id))
  assert.deepEqual(
    lines.map(({ kind, delta }) => [kind, delta]),
    [
      ['returned', 2],
      ['used', -2],
      ['sold', 3],
    ],
  )
})

test('tickets: changing the number of guests uses or returns the difference', async () => {
  const { member, order } = next()
  await sell(member, 3)
  const id = await books(member, order(1))
  const to = (guests: number): Promise<void> =>
    inClub(database, club.id, (tx) => change(tx, club, member, id, order(guests), NOW_MS))
  await to(3)
  assert.equal(await balance(member), 0)
  await to(1)
  assert.equal(await balance(member), 2)
  await to(0)
  assert.equal(await balance(member), 3)
})

test('tickets: without them it is refused, but an officer may lend them with a reason', async () => {
  const { member, order } = next()
  await assert.rejects(books(member, order(1)), refusedBy('tickets'))
  await books(secretary, { ...order(1), overrideReason: 'pays at the desk' })
  assert.equal(await balance(member), -1)
})

test('tickets: the season’s guests are counted over all games that stand', async () => {
  const { member, order } = next()
  await sell(member, 20)
  await books(member, order(3))
  const id = await books(member, order(2, 1))
  await assert.rejects(books(member, order(1, 2)), refusedBy('guests'))
  await inClub(database, club.id, (tx) => cancel(tx, club, member, id, NOW_MS))
  await books(member, order(1, 2))
})

test('tickets: six tabs at once cannot use one ticket twice', async () => {
  const { member, order } = next()
  await sell(member, 1)
  const tabs = courtIds.slice(0, 6).map((_, court) => books(member, order(1, court)))
  const settled = await Promise.allSettled(tabs)
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal(await balance(member), 0)
})

test('tickets: bought ones are credited once, however often the payment is told', async () => {
  const { member } = next()
  const id = await inClub(database, club.id, (tx) => orderTickets(tx, club, member.id, 5))
  const told = Array.from({ length: 4 }, () =>
    inClub(database, club.id, (tx) => creditOrder(tx, club.id, id, NOW_MS)),
  )
  await Promise.all(told)
  assert.equal(await balance(member), 5)
  assert(!(await sell(member, -6)), 'nobody is left with less than none')
  assert(await sell(member, -5))
  assert.equal(await balance(member), 0)
})

test('tickets: the database itself refuses what the ledger does not hold', async () => {
  const { member, order } = next()
  const { courtId, startMs } = order(1)
  const insert = inClub(
    database,
    club.id,
    (tx) => tx`INSERT INTO bookings (club_id, court_id, during, owner_id, guests, tickets)
      VALUES (${club.id}, ${courtId}, tstzrange(${new Date(startMs)},
        ${new Date(startMs + 3_600_000)}, '[)'), ${member.id}, 1, 1)`,
  )
  await assert.rejects(insert, { code: '23514' })
})

test('tickets: the application can neither write, change nor delete a line of the ledger', async () => {
  const attempt = (statement: string): Promise<unknown> =>
    inClub(database, club.id, (tx) => tx.unsafe(statement))
  const denied = { code: '42501' }
  await assert.rejects(
    attempt(`INSERT INTO ticket_entries (club_id, member_id, delta, kind)
    SELECT club_id, id, 5, 'sold' FROM members LIMIT 1`),
    denied,
  )
  await assert.rejects(attempt('UPDATE ticket_entries SET delta = 9'), denied)
  await assert.rejects(attempt('DELETE FROM ticket_entries'), denied)
  const other = reservations.roseraie.id
  const [row] = await inClub(
    database,
    other,
    (tx) => tx<{ done: boolean }[]>`SELECT give_tickets(${ids[0] ?? ''}, 5, 'sold', NULL) AS done`,
  )
  assert.equal(row?.done, false, 'nor give a member of another club tickets')
})
