/** Canonical JSON: the vectors of RFC 8785, and that nothing else is accepted as canonical. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalBytes, canonicalJson, parseCanonical, type Json } from './canonical-json.ts'

test('canonical json: members are sorted by UTF-16 code units, as in RFC 8785 §3.2.3', () => {
  const inOrder = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33']
  const value = Object.fromEntries(inOrder.toReversed().map((name, at) => [name, at]))
  const text = canonicalJson(value)
  const places = inOrder.map((name) => text.indexOf(JSON.stringify(name)))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
})

test('canonical json: strings are escaped as in RFC 8785 §3.2.2.2', () => {
  assert.equal(
    canonicalJson('\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/'),
    '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"',
  )
})

test('canonical json: reading what was written gives the same value', () => {
  const value: Json = { b: [1, -0, { z: null, a: true }], a: 'é\u2028' }
  const bytes = canonicalBytes(value)
  assert.deepEqual(parseCanonical(bytes), { a: 'é\u2028', b: [1, 0, { a: true, z: null }] })
})

const notCanonical: Readonly<Record<string, string>> = {
  'white space': '{"a": 1}',
  'members out of order': '{"b":1,"a":1}',
  'a member twice': '{"a":1,"a":1}',
  'a needless escape': '"\\u0041"',
  'an exponent': '1e2',
  'minus zero': '-0',
  'a fraction': '1.5',
  'an integer that is not exact': '9007199254740993',
  'a lone surrogate': '"\\ud800"',
  'nesting without end': `${'['.repeat(40)}${']'.repeat(40)}`,
}

for (const [name, text] of Object.entries(notCanonical)) {
  test(`canonical json: ${name} is refused`, () => {
    assert.throws(() => parseCanonical(Buffer.from(text)), { code: 'JSON_NOT_CANONICAL' })
  })
}

test('canonical json: bytes that are not UTF-8, or begin with a mark, are refused', () => {
  assert.throws(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22)), { code: 'JSON_INVALID' })
  assert.throws(() => parseCanonical(Buffer.from('\ufeff1')), { code: 'JSON_INVALID' })
})
