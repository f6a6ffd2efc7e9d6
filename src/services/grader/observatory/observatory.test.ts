/**
 * The Observatory's rules, held against its own program: for 1,500 made-up visits the ten results
 * were computed by the npm package, and are equal to ours.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { madeUpVisits } from '#kit/header-sets.ts'
import { gradeBySecurityHeaders } from '../security-headers.ts'
import type { Fields, Visit } from '../visit.ts'
import { gradeByObservatory } from './score.ts'
import { observatoryTests } from './tests.ts'

const lines = readFileSync(new URL('testdata/mdn-results.txt', import.meta.url), 'utf8').split('\n')
const names = (lines[2] ?? '').slice(2).split(' ')
const expected = lines.slice(3).filter((line) => line !== '')

test('observatory: all ten results equal those of MDN’s package on 1,500 made-up visits', () => {
  assert.equal(expected.length, 1_500)
  for (const [at, visit] of [...madeUpVisits(expected.length)].entries()) {
    const theirs = (expected[at]?.match(/../g) ?? []).map((place) => names[parseInt(place, 36)])
    assert.deepEqual([...observatoryTests(visit).values()], theirs, `visit ${at}`)
  }
})

const full: Fields = {
  'content-type': 'text/html',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=()',
  'cross-origin-resource-policy': 'same-origin',
}

function visitOf(fields: Fields, cookies: readonly string[] = []): Visit {
  const url = new URL('https://example.com/')
  return {
    hostName: 'example.com',
    page: { url, status: 200, fields, cookies, body: '<p>' },
    trusted: true,
    plainRoute: [new URL('http://example.com/'), url],
    cors: undefined,
  }
}

/** Worked out by hand from the table of modifiers. */
const scores: readonly (readonly [string, Fields, readonly string[], number, string])[] = [
  ['the full set', full, [], 130, 'A+'],
  ['HSTS of a day', { ...full, 'strict-transport-security': 'max-age=86400' }, [], 120, 'A+'],
  ['nothing', {}, [], 30, 'D'],
  ['HSTS twice', { ...full, 'strict-transport-security': 'max-age=1, max-age=2' }, [], 80, 'B+'],
  ['a session cookie for scripts', full, ['session=1; Secure; SameSite=Lax'], 70, 'B'],
]

for (const [name, fields, cookies, score, grade] of scores) {
  test(`observatory: ${name} scores ${score}, ${grade}`, () => {
    const found = gradeByObservatory(visitOf(fields, cookies))
    assert.deepEqual([found.score, found.grade], [score, grade])
  })
}

test('securityheaders: the letter follows the number missing, and a weakness caps it at A', () => {
  const grade = (fields: Fields): string => gradeBySecurityHeaders(visitOf(fields)).grade
  const without = (...missing: readonly string[]): Fields =>
    Object.fromEntries(Object.entries(full).filter(([name]) => !missing.includes(name)))
  assert.equal(grade(full), 'A+')
  assert.equal(grade(without('permissions-policy')), 'A')
  assert.equal(grade(without('permissions-policy', 'referrer-policy')), 'B')
  assert.equal(grade({}), 'F')
  const csp = (text: string): string => grade({ ...full, 'content-security-policy': text })
  assert.equal(csp("script-src 'self' 'unsafe-inline'"), 'A')
  assert.equal(csp("script-src 'unsafe-inline' 'nonce-abc'"), 'A+')
  assert.equal(csp("default-src 'self'; style-src 'unsafe-inline'"), 'A+')
  assert.equal(grade({ ...full, 'referrer-policy': 'whatever' }), 'A')
})
