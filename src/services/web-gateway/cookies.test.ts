/** A corpus of Set-Cookie lines: each leaves hardened, or is dropped for a reason. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVectors } from '#kit/vectors.ts'
import { wireText } from '#kit/wire-text.ts'
import { cookieValue, CookiePolicy } from './cookies.ts'

const policy = new CookiePolicy({ mode: 'enforce', readByScripts: ['theme'] })

for (const vector of readVectors(new URL('testdata/cookies.vectors', import.meta.url))) {
  test(`cookie: ${vector.case}`, () => {
    const seen = policy.harden(latin1(vector['line'] ?? ''), vector['host'] ?? 'localhost')
    const { sent, dropped } = vector
    assert.deepEqual(seen, dropped === undefined ? { line: latin1(sent ?? '') } : { dropped })
  })

  test(`cookie: ${vector.case}, hardened twice is hardened once`, () => {
    if (vector['sent'] === undefined) return
    const host = vector['host'] ?? 'localhost'
    assert.deepEqual(policy.harden(latin1(vector['sent']), host), { line: latin1(vector['sent']) })
  })
}

test('cookie: while learning, only what keeps somebody signed in is taken from scripts', () => {
  const learning = new CookiePolicy({ mode: 'learn', readByScripts: [] })
  const isHidden = (name: string): boolean => {
    const hardened = learning.harden(`${name}=1; Path=/`, 'localhost')
    return 'line' in hardened && hardened.line.includes('HttpOnly')
  }
  for (const name of ['sessionid', 'connect.sid', 'PHPSESSID', '__Host-session', 'remember_me']) {
    assert(isHidden(name), name)
  }
  for (const name of ['theme', 'cart', 'csrftoken', 'XSRF-TOKEN']) assert(!isHidden(name), name)
})

test('cookie: a value is found by its whole name, in whichever field it stands', () => {
  const fields = [
    'host',
    'sid=no',
    'cookie',
    'xsid=1; sid2=2; SID=3',
    'cookie',
    'a=b;sid=x=y ; sid=z',
  ]
  assert.equal(cookieValue(fields, 'sid'), 'x=y')
  assert.equal(cookieValue(fields, 'sid2'), '2')
  assert.equal(cookieValue(fields, 'si'), undefined)
  assert.equal(cookieValue(['cookie', 'sid'], 'sid'), undefined)
})

function latin1(line: string): string {
  return wireText(line).toString('latin1')
}
