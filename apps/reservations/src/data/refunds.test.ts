/**
 * Money owed back, in a real database: what owes it, what no longer does, and who may not touch it.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMembers, NOW_MS, startReservations } from '../../test/kit.ts'
import { inClub } from '../database.ts'
import { book, cancel, change } from './acts.ts'
import { courtsOf } from './clubs.ts'
import { close } from './closures.ts'
import { membersOf } from './members.ts'
import { followRefund, referenceOf, refundOf, takeRefunds, type Refund } from './refunds.ts'

const reservations = await startReservations()
after(() => reservations[Symbol.asyncDispose]())
const { database, zuiderpark: club, superuser } = reservations
const [ownerId = ''] = await addMembers(reservations, club, 1)
const { owner, secretary, courtId, plainId, dearId } = await inClub(
  database,
  club.id,
  async (tx) => {
    const members = await membersOf(tx, club.id)
    const owner = members.find(({ id }) => id === ownerId)
    const secretary = members.find(({ role }) => role === 'secretary')
    const [court, plain, dear] = await courtsOf(tx, club.id)
    assert(owner && secretary && court && plain && dear)
    return { owner, secretary, courtId: court.id, plainId: plain.id, dearId: dear.id }
  },
)

let hour = 0
/** A booking of a court some months on, an hour later each time. */
async function booked(): Promise<{ id: string; startMs: number; endMs: number }> {
  hour += 1
  const day = Math.floor(hour / 5)
  const startMs = Date.parse('2027-03-01T10:00Z') + day * 86_400_000 + (hour % 5) * 3_600_000
  const endMs = startMs + 3_600_000
  const order = { courtId, startMs, endMs, ownerId, partnerIds: [] }
  const id = await inClub(database, club.id, (tx) => book(tx, club, owner, order, NOW_MS))
  return { id, startMs, endMs }
}

const pay = (id: string): Promise<unknown> =>
  inClub(
    database,
    club.id,
    (tx) => tx`UPDATE bookings SET paid_at = clock_timestamp()
      WHERE club_id = ${club.id} AND id = ${id} AND paid_at IS NULL`,
  )
const cancelled = (id: string): Promise<unknown> =>
  inClub(database, club.id, (tx) => cancel(tx, club, owner, id, NOW_MS))
const stands = (id: string): Promise<unknown> =>
  inClub(
    database,
    club.id,
    (tx) => tx`UPDATE bookings SET status = 'confirmed', cancelled_at = NULL
      WHERE club_id = ${club.id} AND id = ${id}`,
  )
const refundFor = (id: string): Promise<Refund | undefined> =>
  inClub(database, club.id, (tx) => refundOf(tx, club.id, id))
const isPaid = async (id: string): Promise<boolean> => {
  const [row] = await superuser<{ paid: boolean }[]>`
    SELECT paid_at IS NOT NULL AS paid FROM bookings WHERE id = ${id}`
  return row?.paid ?? false
}

test('refunds: what was not paid owes nothing, what was paid is owed when it is cancelled', async () => {
  const { id } = await booked()
  const free = await booked()
  await pay(id)
  assert.equal(await refundFor(id), undefined)
  await cancelled(id)
  await cancelled(free.id)
  assert.equal((await refundFor(id))?.state, 'owed')
  assert.equal(await refundFor(free.id), undefined)
})

test('refunds: a closure owes it too, and so does a payment that came too late', async () => {
  const shut = await booked()
  await pay(shut.id)
  const closure = { courtIds: [courtId], startMs: shut.startMs, endMs: shut.endMs, title: 'Rain' }
  await inClub(database, club.id, (tx) => close(tx, club, secretary, closure, [shut.id], NOW_MS))
  assert.equal((await refundFor(shut.id))?.state, 'owed')
  const late = await booked()
  await cancelled(late.id)
  await pay(late.id)
  assert.equal((await refundFor(late.id))?.state, 'owed')
})

test('refunds: who did not come for his court gets nothing back', async () => {
  const { id } = await booked()
  await pay(id)
  await inClub(
    database,
    club.id,
    (tx) => tx`UPDATE bookings SET status = 'cancelled', cancelled_at = now(), missed_at = now()
      WHERE club_id = ${club.id} AND id = ${id}`,
  )
  assert.equal(await refundFor(id), undefined)
})

test('refunds: a booking that stands again keeps its money until it was asked back', async () => {
  const { id } = await booked()
  await pay(id)
  await cancelled(id)
  await stands(id)
  assert.equal(await refundFor(id), undefined)
  assert(await isPaid(id))
  await cancelled(id)
  const taken = await inClub(database, club.id, (tx) => takeRefunds(tx, club.id))
  assert(taken.some(({ bookingId, reference }) => bookingId === id && reference === id))
  await stands(id)
  assert(!(await isPaid(id)), 'its money is on the way back, so it is to be paid anew')
  assert.equal(await inClub(database, club.id, (tx) => referenceOf(tx, club.id, id)), `${id}/2`)
})

test('refunds: each is taken up by one worker, followed to its end, and then rests', async () => {
  const { id } = await booked()
  await pay(id)
  await cancelled(id)
  const workers = Array.from({ length: 5 }, () =>
    inClub(database, club.id, (tx) => takeRefunds(tx, club.id)),
  )
  const mine = (await Promise.all(workers)).flat().filter(({ bookingId }) => bookingId === id)
  const [one] = mine
  assert(one)
  assert.equal(mine.length, 1)
  const follow = (state: 'asked' | 'done' | 'refused'): Promise<boolean> =>
    inClub(database, club.id, (tx) =>
      followRefund(tx, club.id, one.id, { refund: 'r', state, cents: 1200 }),
    )
  assert.equal(await follow('asked'), false)
  assert.equal(await follow('done'), true)
  assert.equal(await follow('refused'), false)
  const refund = await refundFor(id)
  assert.deepEqual([refund?.state, refund?.cents], ['done', 1200])
})

test('refunds: the application can neither invent one nor lose one', async () => {
  const attempt = (statement: string): Promise<unknown> =>
    inClub(database, club.id, (tx) => tx.unsafe(statement))
  const denied = { code: '42501' }
  const invented = `INSERT INTO refunds (club_id, booking_id, paid_at)
    SELECT club_id, id, now() FROM bookings LIMIT 1`
  await assert.rejects(attempt(invented), denied)
  await assert.rejects(attempt('DELETE FROM refunds'), denied)
  await assert.rejects(attempt('UPDATE refunds SET booking_id = booking_id'), denied)
})

test('refunds: a paid game that moves to another price is paid anew, to the same price is not', async () => {
  const moved = async (to: object): Promise<{ id: string; old: string }> => {
    const { id, startMs, endMs } = await booked()
    await pay(id)
    const old = await inClub(database, club.id, (tx) => referenceOf(tx, club.id, id))
    const order = { courtId, startMs, endMs, partnerIds: [], ...to }
    await inClub(database, club.id, (tx) => change(tx, club, owner, id, order, NOW_MS))
    return { id, old }
  }
  const [dearer, same] = await superuser<{ id: string }[]>`
    UPDATE courts SET price_cents_hour = CASE WHEN id = ${dearId} THEN 1400 ELSE 0 END
    WHERE id IN (${dearId}, ${plainId}) RETURNING id`
  assert(dearer && same)
  const stays = await moved({ courtId: plainId })
  assert.equal(await isPaid(stays.id), true)
  assert.equal(await refundFor(stays.id), undefined)
  const goes = await moved({ courtId: dearId })
  assert.equal(await isPaid(goes.id), false)
  assert.equal((await refundFor(goes.id))?.state, 'asking')
  const now = await inClub(database, club.id, (tx) => referenceOf(tx, club.id, goes.id))
  assert.notEqual(now, goes.old) // what is paid next is another payment
  const due = await inClub(database, club.id, (tx) => takeRefunds(tx, club.id))
  const [one] = due.filter(({ bookingId }) => bookingId === goes.id)
  assert.equal(one?.reference, goes.old) // and what was paid is what goes back
})
