/** The register of outside services: what an API proved stands above what somebody wrote. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countedOf, type OutsideLine } from './outside.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const NOW = Date.UTC(2026, 10, 24)
const written: OutsideLine = {
  id: '1',
  name: 'Code',
  purpose: 'source',
  owner: 'lotte@club.example',
  secondFactor: 'yes',
  personalData: 'none',
  credentialChangedOn: '2026-11-14',
  credentialMs: NOW - 10 * DAY_MS,
  reviewedMs: NOW,
  reviewedBy: 'lotte@club.example',
  provenSecond: null,
  provenCredentialMs: null,
  provenMs: null,
  proofProblem: null,
}

test('outside: a word counts as a word, and a proof of an hour ago above it', () => {
  const word = countedOf(written, NOW)
  assert.deepEqual([word.secondFactor, word.measured], ['yes', false])
  const proof = { provenSecond: 'no', provenMs: NOW - HOUR_MS } as const
  const proven = countedOf({ ...written, ...proof }, NOW)
  assert.deepEqual([proven.secondFactor, proven.measured], ['no', true])
  const old = countedOf({ ...written, ...proof, provenMs: NOW - 25 * HOUR_MS }, NOW)
  assert.deepEqual([old.secondFactor, old.measured], ['yes', false], 'of yesterday it is no proof')
})

test('outside: the older of a password and a token counts', () => {
  const token = { provenMs: NOW, provenCredentialMs: NOW - 70 * DAY_MS }
  assert.equal(countedOf({ ...written, ...token }, NOW).credentialMs, NOW - 70 * DAY_MS)
  const young = { ...token, provenCredentialMs: NOW }
  assert.equal(countedOf({ ...written, ...young }, NOW).credentialMs, NOW - 10 * DAY_MS)
})
