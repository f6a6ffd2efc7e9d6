/** The rules, one by one: what is refused, by which name, and when it would pass. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainClub, plainSubscription } from '../test/club.ts'
import type { Court, Quota } from './model.ts'
import { isFirm, judge, lastOpenDate, mayCancel, type Standing, type Wish } from './policy.ts'
import { instantOf } from './time.ts'

const club = plainClub
const subscription = plainSubscription
const court: Court = {
  id: 'padel',
  name: 'Padel 1',
  sport: 'padel',
  surface: 'glass',
  indoor: true,
  lengthMin: 60,
  lengthMax: 120,
  lengthUsual: 90,
  priceCentsHour: 0,
  retired: false,
}
const quota: Quota = {
  id: 'q',
  subscriptionId: 'adult',
  name: 'Evenings',
  sport: 'padel',
  indoor: undefined,
  weekdays: 0b0011111,
  fromMinute: 1020,
  toMinute: 1320,
  period: 'week',
  per: 'member',
  bookingsMax: 1,
}
const at = (date: string, minute: number): number => instantOf(club.zone, date, minute)
const now = at('2026-11-25', 600) // a Wednesday

function wish(date: string, minute: number, minutes = 60, partnerCount = 1): Wish {
  const startMs = at(date, minute)
  return { court, startMs, endMs: startMs + minutes * 60_000, partnerCount }
}

function rulesOf(one: Wish, quotas: Quota[] = [], standing: Standing[] = []): string[] {
  return judge(one, { club, subscription, quotas }, standing, now).map(({ rule }) => rule)
}

const own = (date: string, minute: number): Standing => {
  const { startMs, endMs } = wish(date, minute)
  return { court, startMs, endMs, responsible: true }
}

test('policy: an ordinary wish passes', () => {
  assert.deepEqual(rulesOf(wish('2026-11-26', 1080)), [])
})

test('policy: who keeps not coming waits, so many days after the last time', () => {
  const missed = (misses: number, daysAgo: number): string[] => {
    const account = { guestsUsed: 0, tickets: 0, misses, lastMissMs: now - daysAgo * 86_400_000 }
    const rules = { club: { ...club, suspendMisses: 3 }, subscription, quotas: [] }
    return judge(wish('2026-11-26', 1080), rules, [], now, account).map(({ rule }) => rule)
  }
  assert.deepEqual(missed(2, 1), [])
  assert.deepEqual(missed(3, 1), ['suspended'])
  assert.deepEqual(missed(3, 7), [])
  const lenient = judge(wish('2026-11-26', 1080), { club, subscription, quotas: [] }, [], now, {
    guestsUsed: 0,
    tickets: 0,
    misses: 9,
    lastMissMs: now,
  })
  assert.deepEqual(lenient, [])
})

test('policy: past, hours, length, partner and two games at once are each named', () => {
  assert.deepEqual(rulesOf(wish('2026-11-25', 540)), ['past'])
  assert.deepEqual(rulesOf(wish('2026-11-26', 450)), ['hours'])
  assert.deepEqual(rulesOf(wish('2026-11-26', 1290)), ['hours'])
  assert.deepEqual(rulesOf(wish('2026-11-26', 1080, 30)), ['length'])
  assert.deepEqual(rulesOf(wish('2026-11-26', 1080, 150)), ['length'])
  assert.deepEqual(rulesOf(wish('2026-11-26', 1080, 60, 0)), ['partner'])
  assert.deepEqual(rulesOf(wish('2026-11-26', 1080), [], [own('2026-11-26', 1110)]), ['twice'])
  assert.deepEqual(rulesOf(wish('2026-11-26', 1080), [], [own('2026-11-26', 1140)]), [])
})

test('policy: a day opens at its hour, so many days before', () => {
  const [refusal] = judge(wish('2026-12-03', 600), { club, subscription, quotas: [] }, [], now)
  assert(refusal?.rule === 'ahead')
  assert.equal(refusal.passesAtMs, at('2026-11-26', 420))
  assert.deepEqual(rulesOf(wish('2026-12-02', 600)), [])
  assert.equal(lastOpenDate(club, subscription, at('2026-11-26', 419)), '2026-12-02')
  assert.equal(lastOpenDate(club, subscription, at('2026-11-26', 420)), '2026-12-03')
})

test('policy: a weekly quota counts its own week, hours, weekdays and sport only', () => {
  const evening = wish('2026-11-27', 1080)
  assert.deepEqual(rulesOf(evening, [quota], [own('2026-11-23', 1080)]), ['quota'])
  assert.deepEqual(rulesOf(evening, [quota], [own('2026-11-22', 1080)]), [], 'last Sunday')
  assert.deepEqual(rulesOf(evening, [quota], [own('2026-11-23', 600)]), [], 'a morning')
  assert.deepEqual(rulesOf(wish('2026-11-28', 1080), [quota], [own('2026-11-23', 1080)]), [])
  const tennis = { ...own('2026-11-23', 1080), court: { ...court, sport: 'tennis' as const } }
  assert.deepEqual(rulesOf(evening, [quota], [tennis]), [])
  const asPartner = { ...own('2026-11-23', 1080), responsible: false }
  assert.deepEqual(rulesOf(evening, [quota], [asPartner]), [], 'only the one responsible pays')
})

test('policy: a refused quota says when it passes', () => {
  const passes = (period: Quota['period'], standing: Standing[]): number | undefined => {
    const one = { ...quota, period }
    const refusals = judge(
      wish('2026-11-27', 1080),
      { club, subscription, quotas: [one] },
      standing,
      now,
    )
    const [refusal] = refusals
    assert(refusal?.rule === 'quota')
    return refusal.passesAtMs
  }
  assert.equal(passes('week', [own('2026-11-26', 1080)]), at('2026-11-30', 1020), 'next Monday')
  assert.equal(passes('day', [own('2026-11-27', 1200)]), at('2026-11-30', 1020), 'not a weekend')
  const coming = own('2026-11-26', 1080)
  assert.equal(passes('upcoming', [coming]), coming.endMs)
})

test('policy: no reason lifts what would make no sense', () => {
  assert(isFirm({ rule: 'past' }))
  assert(!isFirm({ rule: 'partner', partnersMin: 1 }))
})

test('policy: one may cancel until the hours before, to the minute', () => {
  const start = at('2026-11-26', 1080)
  assert(mayCancel(club, start, start - 2 * 3_600_000))
  assert(!mayCancel(club, start, start - 2 * 3_600_000 + 1))
})
