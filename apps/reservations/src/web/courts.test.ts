/** The secretary keeps the courts: what is saved is what is shown and booked, and what may not be. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMembers, cookieOf, NOW_MS, ownForm, startReservations } from '../../test/kit.ts'
import { book } from '../data/acts.ts'
import { courtsOf } from '../data/clubs.ts'
import { memberById } from '../data/members.ts'
import { inClub, TakenError } from '../database.ts'
import { demoAccounts } from '../demo/accounts.ts'
import type { Court } from '../model.ts'
import { instantOf } from '../time.ts'

const service = await startReservations()
const { origin, database, superuser, zuiderpark: club } = service
after(() => service[Symbol.asyncDispose]())
const { secretary = '' } = demoAccounts['zuiderpark'] ?? {}
const cookie = await cookieOf(origin, 'zuiderpark', secretary)
await superuser`UPDATE sessions SET proved_at = ${new Date(NOW_MS)}` // undoing asks for it
const rooms = '/zuiderpark/office/courts'

const get = async (path: string): Promise<string> =>
  await (await fetch(origin + path, { headers: { cookie, 'accept-language': 'en' } })).text()
async function post(
  path: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const body = new URLSearchParams(fields)
  const headers = { ...ownForm, cookie, 'accept-language': 'en' }
  return await fetch(origin + path, { method: 'POST', headers, body, redirect: 'manual' })
}
const courts = (): Promise<Court[]> =>
  inClub(database, club.id, (tx) => courtsOf(tx, club.id, 'all'))
const named = async (name: string): Promise<Court> =>
  (await courts()).find((one) => one.name === name) ?? assert.fail(`no court ${name}`)
const version = async (path: string): Promise<string> =>
  /name="version" value="(\d+)"/.exec(await get(path))?.[1] ?? assert.fail('no version')

const squash = {
  name: 'Squash 1',
  sport: 'squash',
  surface: 'glass',
  indoor: '1',
  lengthMin: '30',
  lengthUsual: '60',
  lengthMax: '90',
  price: '12,50',
}

test('courts: a new one is on the day page with its price on the sheet', async () => {
  const answer = await post(rooms, { ...squash, version: await version(`${rooms}/new`) })
  assert.equal(answer.status, 303)
  const court = await named('Squash 1')
  assert.equal(court.priceCentsHour, 1250)
  assert.equal((await courts()).at(-1)?.id, court.id)
  assert.match(await get('/zuiderpark/day?date=2026-11-27'), /Squash 1/)
  const sheet = await get(`/zuiderpark/book?court=${court.id}&start=2026-11-27T10:00Z`)
  assert.match(sheet, /€6\.25/) // half an hour
  assert.match(sheet, /€18\.75/)
  assert.match(await get(rooms), /€12\.50 an hour/)
})

test('courts: what makes no sense is a sentence, and changes nothing', async () => {
  const path = `${rooms}/new`
  const refuse = async (change: object, words: RegExp): Promise<void> => {
    const before = await courts()
    const fields = { ...squash, name: 'Another', version: await version(path), ...change }
    const answer = await post(rooms, fields)
    assert.equal(answer.status, 409)
    assert.match(await answer.text(), words)
    assert.deepEqual(await courts(), before)
  }
  await refuse({ name: 'squash 1' }, /already/)
  await refuse({ lengthUsual: '120' }, /between the shortest and the longest/)
  await refuse({ version: '0' }, /meanwhile/)
  for (const change of [
    { price: '-1' },
    { price: '1e3' },
    { lengthMin: '45' },
    { sport: 'golf' },
  ]) {
    const fields = { ...squash, name: 'Another', version: await version(path), ...change }
    assert.equal((await post(rooms, fields)).status, 400, JSON.stringify(change))
  }
})

test('courts: one goes a place earlier, and undoing puts it back', async () => {
  const before = (await courts()).map(({ name }) => name)
  const last = await named(before.at(-1) ?? '')
  await post(`${rooms}/${last.id}/up`)
  const after = (await courts()).map(({ name }) => name)
  assert.deepEqual(after, [...before.slice(0, -2), before.at(-1), before.at(-2)])
  const [, act = ''] =
    /journal\/([0-9a-f-]{36})\/undo/.exec(await get('/zuiderpark/office/journal')) ?? []
  const undo = `/zuiderpark/office/journal/${act}/undo`
  const [, digest = ''] = /name="digest" value="([^"]+)"/.exec(await get(undo)) ?? []
  assert.equal((await post(undo, { digest })).status, 303)
  assert.deepEqual(
    (await courts()).map(({ name }) => name),
    before,
  )
})

test('courts: one with games to come stays in use; out of use, nothing new stands on it', async () => {
  const court = await named('Squash 1')
  const [id = ''] = await addMembers(service, club, 1)
  const startMs = instantOf(club.zone, '2026-12-02', 600)
  const order = {
    courtId: court.id,
    startMs,
    endMs: startMs + 3_600_000,
    ownerId: id,
    partnerIds: [],
  }
  const booked = await inClub(database, club.id, async (tx) => {
    const member = (await memberById(tx, club.id, id)) ?? assert.fail('no member')
    return await book(tx, club, member, order, NOW_MS)
  })
  const refused = await post(`${rooms}/${court.id}/retire`)
  assert.equal(refused.status, 409)
  assert.match(await refused.text(), /still to come/)
  await superuser`UPDATE bookings SET status = 'cancelled', cancelled_at = now() WHERE id = ${booked}`
  assert.equal((await post(`${rooms}/${court.id}/retire`)).status, 303)
  assert.doesNotMatch(await get('/zuiderpark/day?date=2026-12-02'), /Squash 1/)
  // Whoever read the courts before it went finds it taken.
  const insert = inClub(
    database,
    club.id,
    (tx) => tx`INSERT INTO bookings (club_id, court_id, during, kind) VALUES (${club.id},
      ${court.id}, tstzrange(${new Date(startMs)}, ${new Date(startMs + 3_600_000)}), 'match')`,
  )
  await assert.rejects(insert, TakenError)
  assert.equal((await post(`${rooms}/${court.id}/return`)).status, 303)
  assert.match(await get('/zuiderpark/day?date=2026-12-02'), /Squash 1/)
})
