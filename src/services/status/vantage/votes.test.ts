/** What a vantage may say: only what it signed, once, with a clock that can be believed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ed25519PrivateKey, noteSigner, noteVerifier } from '#crypto/signed-note.ts'
import { encodeReport, openReport, type Report } from './report.ts'
import { Votes } from './votes.ts'

const signerOf = (name: string, byte: number): ReturnType<typeof noteSigner> =>
  noteSigner(name, ed25519PrivateKey(new Uint8Array(32).fill(byte)))
const east = signerOf('east', 1)
const west = signerOf('west', 2)
const verifiers = [noteVerifier(east.verifierKey), noteVerifier(west.verifierKey)]
const NOW = 1_800_000_000_000

function report(more: Partial<Report> = {}, seen: 'up' | 'down' = 'up'): Report {
  const look = { number: 1, seen, tookMs: 5, agoMs: 0 }
  const looks = [{ component: 'one', seen, look }]
  return { vantage: 'east', sequence: 1, sentMs: NOW, looks, ...more }
}

const refused = { code: 'VANTAGE_REFUSED' }

test('report: it comes back as it was signed, and not when one byte differs', () => {
  const text = encodeReport(report(), east)
  assert.deepEqual(openReport(text, verifiers), report())
  for (const changed of [
    text.replace('"up"', '"down"'),
    text.replace('"sequence":1', '"sequence":2'),
    encodeReport(report(), west),
    encodeReport(report(), signerOf('east', 3)),
    encodeReport({ ...report(), vantage: 'north' }, signerOf('north', 4)),
    '',
    'x'.repeat(70_000),
    text.replace('veilig vantage report v1', 'veilig vantage report v2'),
  ])
    assert.throws(() => openReport(changed, verifiers), refused, changed.slice(0, 80))
})

test('votes: an old report, and one of a clock that is far off, is refused', () => {
  const votes = new Votes(['east', 'west'], ['one'], 25_000)
  votes.take(report({ sequence: 5 }), NOW)
  for (const sequence of [5, 4]) assert.throws(() => votes.take(report({ sequence }), NOW), refused)
  for (const sentMs of [NOW - 61_000, NOW + 61_000])
    assert.throws(() => votes.take(report({ sequence: 9, sentMs }), NOW), refused)
  assert.throws(() => votes.take(report({ vantage: 'north', sequence: 9 }), NOW), refused)
  assert.deepEqual(votes.now()[0], { name: 'east', heardMs: NOW })
})

test('votes: one against two is outvoted, a silent one abstains, two leave nobody', () => {
  const votes = new Votes(['east', 'west'], ['one'], 25_000)
  const own = { up: true, tookMs: 3 }
  const ownDown = { up: false, tookMs: 3, reason: 'REFUSED' }
  assert.equal(votes.judge('one', own, NOW), undefined, 'nobody else was heard yet')
  votes.take(report({ vantage: 'east' }, 'down'), NOW)
  votes.take(report({ vantage: 'west' }), NOW)
  assert.equal(votes.judge('one', own, NOW)?.up, true)
  assert.equal(votes.judge('one', ownDown, NOW)?.up, false)
  assert.equal(votes.judge('one', undefined, NOW), undefined, 'one against one')
  votes.take(report({ vantage: 'west', sequence: 2 }), NOW + 20_000)
  assert.equal(votes.judge('one', own, NOW + 26_000)?.up, true)
  assert.equal(votes.judge('one', own, NOW + 50_000), undefined)
  assert.equal(new Votes([], ['one'], 1).judge('one', ownDown, NOW), ownDown, 'alone')
})
