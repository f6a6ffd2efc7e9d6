/** Card numbers: found however they are written and cut; other numbers left alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  cardEncodings as encodings,
  missedEncodings as missed,
  testNumbers as numbers,
} from '#kit/card-encodings.ts'
import { mulberry32 } from '#kit/random.ts'
import { CardLook, lookForCards } from './look.ts'
import { isCardNumber, passesLuhn } from './number.ts'
import { CardScanner, scanForCards } from './scanner.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

test('cards: the lines of a drawing are none, though their digits pass', () => {
  const drawing = 'M12 1l9 3.4V11c0 5.6-3.8 10.1-9 12-5.2-1.9-9-6.4-9-12V4.4z'
  assert(isCardNumber('38101912521996'), 'its digits would pass')
  assert.deepEqual(scanForCards(Buffer.from(drawing)), [])
  assert.deepEqual(lookForCards(Buffer.from(drawing)), [])
})

test('cards: American Express in its own groups is found', () => {
  for (const written of ['3782 822463 10005', '3782-822463-10005']) {
    assert.equal(scanForCards(Buffer.from(`card ${written}.`)).length, 1, written)
  }
})

for (const [name, encode] of Object.entries(encodings)) {
  test(`cards: a number ${name} is ${missed.has(name) ? 'not ' : ''}found`, () => {
    for (const digits of numbers) {
      const bytes = Buffer.from(encode(digits))
      const found = scanForCards(bytes)
      if (missed.has(name)) assert.equal(found.length, 0)
      else
        assert(
          found.some(({ digitCount }) => digitCount === digits.length),
          digits,
        )
    }
  })
}

test('cards: at least forty encodings are tried, and all but one are found', () => {
  assert(Object.keys(encodings).length - missed.size >= 40)
})

test('cards: a number is found however the stream is cut', () => {
  for (const [name, encode] of Object.entries(encodings)) {
    if (missed.has(name) || name.includes('long')) continue
    const bytes = Buffer.from(encode(numbers[0] ?? ''))
    for (let cut = 0; cut <= bytes.length; cut++) {
      let count = 0
      const scanner = new CardScanner(() => count++)
      scanner.push(bytes.subarray(0, cut))
      scanner.push(bytes.subarray(cut))
      scanner.end()
      assert(count > 0, `${name} cut at ${cut}`)
    }
  }
})

test('cards: what is no card number is left alone', () => {
  const others = [
    '4111111111111112', // one digit off
    '41111111111111111', // a digit more
    '0000000000000000',
    '1764000000000', // a time
    '2026-11-25T10:00:00.000Z 2026-11-26T10:00:00.000Z',
    '9d4e1e23-bd5b-4927-a804-532114c38b2e',
    'BE71 0961 2345 6769',
    '+32 470 12 34 56',
    'digest 3fae4111111111111111bc09d2e51f3a7c', // of hexadecimal
    '0b9d4111-1111-4111-1111f29c01ab', // a UUID
    '0b9df2ac-4111-1111-4111-1111f29c01ab',
    'x'.repeat(5000),
  ]
  for (const text of others) assert.deepEqual(scanForCards(Buffer.from(text)), [], text)
})

test('cards: random numbers of sixteen digits seldom pass', () => {
  const random = mulberry32(9)
  const count = 20_000
  let seen = 0
  for (let at = 0; at < count; at++) {
    const digits = Array.from({ length: 16 }, () => Math.floor(random() * 10)).join('')
    if (!isCardNumber(digits)) continue
    seen++
    assert(passesLuhn(digits))
  }
  assert(seen < count * 0.03, `${seen} of ${count}`)
})

test('cards: no sighting holds a digit of the number', () => {
  const [sighting] = scanForCards(Buffer.from(numbers[0] ?? ''))
  assert.deepEqual(sighting, { digitCount: 16, form: 'digits' })
})

test('cards: the look at streams finds all that the scanner finds, wherever it stands', () => {
  const around = Buffer.from(`<p>${'a word, '.repeat(40)}`)
  for (const [name, encode] of Object.entries(encodings)) {
    for (const digits of numbers) {
      const bytes = Buffer.from(encode(digits) as string)
      const expected = scanForCards(bytes).length
      assert.equal(lookForCards(bytes).length > 0, expected > 0, name)
      const amid = Buffer.concat([around, bytes, around])
      assert.equal(lookForCards(amid).length > 0, expected > 0, `${name}, amid text`)
    }
  }
  const page = Buffer.from('Court 3 is free on 25 November at 18:00. '.repeat(2000))
  assert.deepEqual(lookForCards(page), [])
})

test('cards: the look finds a number in every encoding, wherever the stream is cut', () => {
  for (const [name, encode] of Object.entries(encodings)) {
    if (missed.has(name) || name.includes('long')) continue
    const bytes = Buffer.from(encode(numbers[0] ?? '') as string)
    for (let cut = 0; cut <= bytes.length; cut++) {
      let count = 0
      const look = new CardLook(() => count++)
      look.push(Buffer.concat([Buffer.alloc(2000, '<'), bytes.subarray(0, cut)]))
      look.push(bytes.subarray(cut))
      look.push(Buffer.alloc(2000, '>'))
      look.end()
      assert(count > 0, `${name} cut at ${cut}`)
    }
  }
})

test('cards: a number that begins a large piece is found, whatever ended the piece before', () => {
  const [digits = ''] = numbers
  for (const written of [digits, base64(`${digits}   `)]) {
    for (const before of ['no', 'no ', 'total: ', 'x=', '<', 'abcdef', 'Ij+', '12 ', '\r\n']) {
      let count = 0
      const look = new CardLook(() => count++)
      look.push(Buffer.from(`${'<'.repeat(2000)}${before}`))
      look.push(Buffer.from(`${written}<${'a word, '.repeat(400)}`))
      look.end()
      const isOther =
        /[0-9]\s*$/.test(before) || (written !== digits && /[a-zA-Z+\n]$/.test(before))
      assert(count > 0 || isOther, `${written.slice(0, 4)}… after ${JSON.stringify(before)}`)
    }
  }
})

test('cards: on random text full of digits, the look at streams and the scanner agree', () => {
  const random = mulberry32(23)
  const alphabet = Array.from('0123456789444555 -./_+%\\&#;xu3n2D,:"aZMNj\r\n\0')
  const below = (limit: number): number => Math.floor(random() * limit)
  for (let round = 0; round < 400; round++) {
    const text = Array.from({ length: 400 }, () =>
      below(12) === 0 ? (numbers[below(4)] ?? '') : (alphabet[below(alphabet.length)] ?? ''),
    ).join('')
    const bytes = Buffer.from(below(3) === 0 ? base64(text) : text)
    const expected = scanForCards(bytes).map(({ digitCount }) => digitCount)
    const found: number[] = []
    const look = new CardLook(({ digitCount }) => found.push(digitCount))
    for (let at = 0; at < bytes.length;) {
      const size = 1 + below(300)
      look.push(bytes.subarray(at, at + size))
      at += size
    }
    look.end()
    assert.deepEqual(new Set(found), new Set(expected), `round ${round}`)
  }
})
