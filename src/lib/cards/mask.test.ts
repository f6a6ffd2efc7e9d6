/** Card numbers in lines of a log: taken out, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testNumbers } from '#kit/card-encodings.ts'
import { maskCards } from './mask.ts'

test('mask: a card number in a line is taken out, however its digits are grouped', () => {
  for (const digits of testNumbers) {
    const grouped = digits.replaceAll(/(\d{4})(?=\d)/g, '$1 ')
    for (const written of [digits, grouped, grouped.replaceAll(' ', '-')]) {
      const line = JSON.stringify({ level: 50, msg: `invalid input "${written}", sorry` })
      const masked = maskCards(line)
      assert.equal(masked, line.replace(written, '[card number]'))
    }
  }
})

test('mask: times, amounts, ids and longer digits stay', () => {
  for (const line of [
    '{"level":30,"time":1764000000000,"pid":4242,"msg":"ready"}',
    'd17c2a2e-a297-48e1-9391-fb0d934ac5c1 BE71 0961 2345 6769 +32 470 12 34 56',
    '41111111111111111 4111111111111112 2026-11-25T10:00:00.000Z 10.0.0.1:5432',
  ]) {
    assert.equal(maskCards(line), line)
  }
})
