/** Times and amounts as people write them, in each language. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, dayAndTime, money, since } from './wording.ts'

const NOW_MS = Date.parse('2026-11-23T18:30Z')

/** Intl parts numbers by spaces that do not break, and not always by the same. */
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ')

test('wording: an amount is written as its language writes it, and none is rounded', () => {
  assert.equal(plain(money('1234.50', 'EUR', 'nl')), '€ 1.234,50')
  assert.equal(plain(money('1234.50', 'EUR', 'fr')), '1 234,50 €')
  assert.equal(plain(money('-12.00', 'EUR', 'en')), '-€12.00')
  assert.equal(plain(money('9007199254740993.01', 'EUR', 'en')), '€9,007,199,254,740,993.01')
  assert.equal(plain(money('500', 'JPY', 'en')), 'JP¥500')
})

test('wording: a day and its hour, an age, and today', () => {
  assert.equal(dayAndTime(NOW_MS, 'nl'), '23 nov 2026, 18:30')
  assert.equal(ago(NOW_MS - 61_000, NOW_MS, 'en'), '1 minute ago')
  assert.equal(since(NOW_MS - 60_000, NOW_MS, 'en'), '18:29 UTC')
})
