/** Families in a real database: who acts for whom, what a family's quota counts, who may not. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMembers, NOW_MS, startReservations } from '../../test/kit.ts'
import { inClub } from '../database.ts'
import type { Member } from '../model.ts'
import { book, cancel, type Order } from './acts.ts'
import { bookingById } from './bookings.ts'
import { courtsOf } from './clubs.ts'
import { MissingError, PartnerError, RefusedError } from './errors.ts'
import { FamilyError, setGuardian } from './families.ts'
import { memberById, membersOf } from './members.ts'
import { unreadNotices } from './notices.ts'

const reservations = await startReservations(10)
after(() => reservations[Symbol.asyncDispose]())
const { database, superuser, zuiderpark: club } = reservations
const ids = await addMembers(reservations, club, 6, 1)
const [parentId = '', childId = '', otherId = '', strangerId = '', youngId = '', lateId = ''] = ids
await superuser`UPDATE members SET birth_year = 2014 WHERE id IN (${childId}, ${youngId})`
await superuser`UPDATE members SET shares_name = false WHERE id = ${childId}`
await superuser`UPDATE members SET birth_year = 2012 WHERE id = ${otherId}`

const read = async (id: string): Promise<Member> =>
  (await inClub(database, club.id, (tx) => memberById(tx, club.id, id))) ?? assert.fail()
const secretary = await inClub(database, club.id, async (tx) => {
  const members = await membersOf(tx, club.id)
  return members.find(({ role }) => role === 'secretary') ?? assert.fail()
})
const courtIds = await inClub(database, club.id, async (tx) =>
  (await courtsOf(tx, club.id)).map(({ id }) => id),
)
const guard = async (wardId: string, guardianId: string | undefined): Promise<void> => {
  const email = guardianId === undefined ? '' : (await read(guardianId)).email
  await inClub(database, club.id, (tx) => setGuardian(tx, club, secretary, wardId, email, NOW_MS))
}

let at = 0
function orderFor(ownerId: string): Order {
  at += 1
  const startMs = Date.parse('2027-03-01T10:00Z') + at * 86_400_000
  const courtId = courtIds[at % courtIds.length] ?? ''
  return { courtId, startMs, endMs: startMs + 3_600_000, ownerId, partnerIds: [] }
}
const books = (by: Member, ownerId: string): Promise<string> =>
  inClub(database, club.id, (tx) => book(tx, club, by, orderFor(ownerId), NOW_MS))

test('families: a guardian is an adult member of the club, and there is one level only', async () => {
  const word = (wanted: FamilyError['word']) => (error: unknown) =>
    error instanceof FamilyError && error.word === wanted
  await assert.rejects(guard(childId, youngId), word('family.young'))
  await assert.rejects(guard(childId, childId), word('family.young'))
  await assert.rejects(
    inClub(database, club.id, (tx) =>
      setGuardian(tx, club, secretary, childId, 'nobody@club.example', NOW_MS),
    ),
    word('family.unknown'),
  )
  await guard(childId, parentId)
  await guard(otherId, parentId)
  await assert.rejects(guard(parentId, strangerId), word('family.chain'))
  const straight = inClub(
    database,
    club.id,
    (tx) => tx`UPDATE members SET guardian_id = ${strangerId}
      WHERE club_id = ${club.id} AND id = ${parentId}`,
  )
  await assert.rejects(straight, { code: '23514' }, 'nor may the application by itself')
})

test('families: a parent books and cancels for a child, and nobody else does', async () => {
  const parent = await read(parentId)
  assert.deepEqual([...parent.wardIds].toSorted(), [childId, otherId].toSorted())
  const id = await books(parent, childId)
  await assert.rejects(books(await read(strangerId), childId), MissingError)
  await assert.rejects(books(await read(childId), parentId), MissingError)
  const stranger = await read(strangerId)
  const cancels = (by: Member): Promise<unknown> =>
    inClub(database, club.id, (tx) => cancel(tx, club, by, id, NOW_MS))
  await assert.rejects(cancels(stranger), MissingError)
  await cancels(parent)
})

test('families: parent and child may play together, whoever books it for himself', async () => {
  const parent = await read(parentId)
  const pairs = [
    [parentId, childId],
    [childId, parentId],
  ] as const
  for (const [owner, partner] of pairs) {
    const order = { ...orderFor(owner), partnerIds: [partner] }
    const id = await inClub(database, club.id, (tx) => book(tx, club, parent, order, NOW_MS))
    await inClub(database, club.id, (tx) => cancel(tx, club, parent, id, NOW_MS))
  }
  const order = { ...orderFor(strangerId), partnerIds: [childId] }
  const stranger = await read(strangerId)
  const asks = inClub(database, club.id, (tx) => book(tx, club, stranger, order, NOW_MS))
  await assert.rejects(asks, PartnerError)
})

test('families: a parent reads a child’s name and news, another member neither', async () => {
  const parent = await read(parentId)
  const id = await books(secretary, childId)
  const seenBy = async (viewer: Member): Promise<string> => {
    const found = await inClub(database, club.id, (tx) =>
      bookingById(tx, club.id, id, { viewer, year: 2026 }),
    )
    return found?.players[0]?.name ?? ''
  }
  assert.match(await seenBy(parent), /^Racer /)
  assert.equal(await seenBy(await read(strangerId)), '')
  const news = async (of: Member): Promise<(string | undefined)[]> => {
    const notices = await inClub(database, club.id, (tx) => unreadNotices(tx, club.id, of.id))
    return notices.filter(({ bookingId }) => bookingId === id).map(({ to }) => to)
  }
  assert.deepEqual(await news(parent), ['Racer'])
  assert.deepEqual(await news(await read(strangerId)), [])
  await inClub(database, club.id, (tx) => cancel(tx, club, secretary, id, NOW_MS))
})

test('families: a quota of the family counts them all, six tabs at once or not', async () => {
  const parent = await read(parentId)
  const first = await books(parent, parentId)
  const second = await books(parent, childId)
  for (const id of [first, second]) {
    await inClub(database, club.id, (tx) => cancel(tx, club, parent, id, NOW_MS))
  }
  await superuser`UPDATE quotas SET per = 'family' WHERE name = 'Racing'`
  const family = [parentId, childId, otherId]
  const tabs = Array.from({ length: 6 }, (_, n) => books(parent, family[n % 3] ?? ''))
  const settled = await Promise.allSettled(tabs)
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 1)
  const refused = settled.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  )
  assert(refused.every((error) => error instanceof RefusedError))
  await books(await read(strangerId), strangerId)
})

test('families: who leaves the club acts for nobody any more', async () => {
  await guard(youngId, lateId)
  assert.equal((await read(youngId)).guardianId, lateId)
  await inClub(database, club.id, (tx) => tx`SELECT erase_member(${lateId}, now())`)
  assert.equal((await read(youngId)).guardianId, undefined)
})
