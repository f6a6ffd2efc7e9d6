/** What the application hears about the client, and what it never hears. */
import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import { forwardedLines, isForwardedClaim, parseForwardedFor, plainAddress } from './forwarded.ts'

const isAddress = (text: string): boolean => isIP(text) > 0

test('forwarded: the lines name the client once, in both customs', () => {
  const lines = forwardedLines({
    address: '2001:db8::7',
    chain: [],
    host: 'club.example:8443',
    protocol: 'https',
  })
  assert.deepEqual(lines.split('\r\n'), [
    'x-forwarded-for: 2001:db8::7',
    'x-forwarded-host: club.example:8443',
    'x-forwarded-proto: https',
    'forwarded: for="[2001:db8::7]";host="club.example:8443";proto=https',
    '',
  ])
})

test('forwarded: a chain of declared proxies is kept in order', () => {
  const chain = ['203.0.113.9', '10.0.0.1']
  const lines = forwardedLines({ address: '203.0.113.9', chain, host: 'a', protocol: 'https' })
  assert.match(lines, /^x-forwarded-for: 203\.0\.113\.9, 10\.0\.0\.1\r\n/)
  assert.match(lines, /forwarded: for=203\.0\.113\.9;host=a;proto=https, for=10\.0\.0\.1\r\n$/)
})

test('forwarded: claims are known in every spelling', () => {
  for (const name of [
    'forwarded',
    'x-forwarded-for',
    'x_forwarded_for',
    'x-forwarded_proto',
    'x-forwarded-anything-new',
    'x-real-ip',
    'x-original-url',
    'x_rewrite_url',
    'true-client-ip',
    'proxy',
  ]) {
    assert(isForwardedClaim(name), name)
  }
  for (const name of ['accept', 'cookie', 'x-requested-with', 'x-forward', 'proxy-thing']) {
    assert(!isForwardedClaim(name), name)
  }
})

test('forwarded: one wrong hop spoils the chain; brackets and zones are taken off', () => {
  assert.deepEqual(parseForwardedFor(['1.2.3.4, [::1]', '10.0.0.1'], isAddress), [
    '1.2.3.4',
    '::1',
    '10.0.0.1',
  ])
  assert.equal(parseForwardedFor(['1.2.3.4, evil'], isAddress), undefined)
  assert.equal(parseForwardedFor([Array(33).fill('1.2.3.4').join(',')], isAddress), undefined)
  assert.equal(plainAddress('::ffff:127.0.0.1'), '127.0.0.1')
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
})
