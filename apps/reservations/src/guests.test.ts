/** Guests: seats, the season's limit, tickets; and which season an instant lies in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainClub, plainSubscription } from '../test/club.ts'
import { judgeGuests, seasonOf, type Purse } from './guests.ts'

const club = { ...plainClub, guestTickets: 2 }
const subscription = plainSubscription
const startMs = Date.parse('2026-11-25T17:00Z')
const plenty: Purse = { guestsUsed: 0, tickets: 100 }

function judged(guests: number, others: number, purse = plenty): object[] {
  return judgeGuests({ startMs, guests, others }, { club, subscription }, purse)
}

test('guests: nobody is judged who brings nobody, and four may play', () => {
  assert.deepEqual(judged(0, 3, { guestsUsed: 9, tickets: 0 }), [])
  assert.deepEqual(judged(2, 3), [])
  assert.deepEqual(judged(2, 4), [{ rule: 'seats', max: 4 }])
})

test('guests: the season has so many, and the refusal says when the next begins', () => {
  assert.deepEqual(judged(2, 2, { guestsUsed: 2, tickets: 4 }), [])
  const passesAtMs = Date.parse('2027-04-01T00:00+02:00')
  assert.deepEqual(judged(2, 2, { guestsUsed: 3, tickets: 4 }), [
    { rule: 'guests', max: 4, used: 3, passesAtMs },
  ])
})

test('guests: what no season allows has no day on which it would pass', () => {
  const none = { ...subscription, guestsSeason: 1 }
  const [refusal] = judgeGuests(
    { startMs, guests: 2, others: 2 },
    { club, subscription: none },
    plenty,
  )
  assert.deepEqual(refusal, { rule: 'guests', max: 1, used: 0, passesAtMs: undefined })
})

test('guests: each uses the club’s number of tickets', () => {
  assert.deepEqual(judged(2, 2, { guestsUsed: 0, tickets: 3 }), [
    { rule: 'tickets', needed: 4, balance: 3 },
  ])
})

test('guests: a season begins at the club’s own midnight, and the last moment is still the old one', () => {
  const begins = Date.parse('2026-04-01T00:00+02:00')
  assert.equal(seasonOf(club, begins).startMs, begins)
  assert.equal(seasonOf(club, begins - 1).endMs, begins)
  assert.equal(seasonOf(club, Date.parse('2027-01-15T12:00Z')).startMs, begins)
  const january = { ...club, seasonMonth: 1 }
  assert.equal(seasonOf(january, startMs).startMs, Date.parse('2026-01-01T00:00+01:00'))
})
