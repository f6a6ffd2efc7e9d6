/** Amounts as people write and read them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { centsOf, euros, eurosInField, priceOf } from './money.ts'

test('money: an amount is read as people write it, and as nothing else', () => {
  const read = { '12': 1200, '12.5': 1250, '12,50': 1250, ' 0,05 ': 5, '999999.99': 99_999_999 }
  for (const [text, cents] of Object.entries(read)) assert.equal(centsOf(text), cents, text)
  for (const text of ['', '-1', '1e3', '1.234', '1.2.3', '1 000', '€5', '٣', '1234567']) {
    assert.equal(centsOf(text), undefined, text)
  }
  for (const cents of [0, 5, 1250, 100_000]) assert.equal(centsOf(eurosInField(cents)), cents)
})

test('money: an amount is written as each language does', () => {
  assert.equal(euros(1250, 'nl').replace(/\s/g, ' '), '€ 12,50')
  assert.equal(euros(1250, 'fr').replace(/\s/g, ' '), '12,50 €')
  assert.equal(euros(1250, 'en'), '€12.50')
})

test('money: a game costs by its length', () => {
  assert.equal(priceOf({ priceCentsHour: 1200 }, 90 * 60_000), 1800)
  assert.equal(priceOf({ priceCentsHour: 1001 }, 30 * 60_000), 501)
})
