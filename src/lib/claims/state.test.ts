/** Laws of the state of a claim: what can never be shown as proven, whatever the evidence. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addEvidence, claimStatus, type ClaimRecord, type Evidence } from './state.ts'
import type { Outcome } from './statement.ts'
import { claims } from './table.ts'

const claim = claims.find(({ id }) => id === 'tls.enforced')!
const DIGEST = 'aa'.repeat(32)
const NOW = Date.UTC(2026, 10, 23)

function evidence(outcome: Outcome, endedMs: number, index = 0, digest = DIGEST): Evidence {
  return {
    measurement: {
      claim: claim.id,
      outcome,
      findings: [{ code: 'TLS_PLAIN_REDIRECTED', values: { status: 308 } }],
      startedMs: endedMs - 5,
      endedMs,
      runs: { count: 1, firstMs: endedMs },
      probeVersion: 1,
    },
    sentenceDigest: digest,
    index,
    leafHash: '00'.repeat(32),
    keyId: '11'.repeat(32),
  }
}

function after(...all: readonly Evidence[]): ClaimRecord | undefined {
  return all.reduce<ClaimRecord | undefined>(addEvidence, undefined)
}

function state(record: ClaimRecord | undefined, nowMs = NOW): string {
  return claimStatus(claim, DIGEST, record, undefined, nowMs).state
}

test('state: without evidence a claim is unproven, never green', () => {
  assert.equal(state(undefined), 'unproven')
})

test('state: fresh proof proves, until the bound and not a millisecond longer', () => {
  const record = after(evidence('pass', NOW - claim.boundMs))
  assert.equal(state(record), 'proven')
  assert.equal(state(record, NOW + 1), 'stale')
})

test('state: a failure fails at once, and neither age nor a failing probe excuses it', () => {
  const failed = evidence('fail', NOW)
  assert.equal(state(after(evidence('pass', NOW - 1), failed)), 'failing')
  assert.equal(state(after(failed), NOW + 100 * claim.boundMs), 'failing')
  assert.equal(state(after(failed, evidence('unmeasured', NOW + 1))), 'failing')
  assert.equal(state(after(failed), NOW - 1_000_000), 'failing', 'not even a clock set back')
  assert.equal(state(after(failed, evidence('pass', NOW + 1))), 'proven')
})

test('state: what could not be measured is stale after a proof, and unproven before any', () => {
  assert.equal(state(after(evidence('pass', NOW - 2), evidence('unmeasured', NOW))), 'stale')
  assert.equal(state(after(evidence('unmeasured', NOW))), 'unproven')
})

test('state: evidence about another sentence says nothing about this one', () => {
  assert.equal(state(after(evidence('pass', NOW, 0, 'bb'.repeat(32)))), 'unproven')
})

test('state: evidence from the future proves nothing; a minute between clocks is forgiven', () => {
  assert.equal(state(after(evidence('pass', NOW + 60_000))), 'proven')
  assert.equal(state(after(evidence('pass', NOW + 60_001))), 'unproven')
})

test('state: an exception shows what was measured, ends by itself, and proves nothing', () => {
  const exception = { claim: claim.id, reason: 'moving house', untilMs: NOW + 1 }
  const failing = after(evidence('fail', NOW))
  const shown = claimStatus(claim, DIGEST, failing, exception, NOW)
  assert.equal(shown.state, 'excepted')
  assert.equal(shown.measured, 'failing')
  assert.equal(claimStatus(claim, DIGEST, failing, exception, NOW + 1).state, 'failing')
  const proven = after(evidence('pass', NOW))
  assert.equal(claimStatus(claim, DIGEST, proven, exception, NOW).state, 'proven')
})

test('state: nothing proves a claim whose newest evidence is not a fresh pass', () => {
  const outcomes = ['pass', 'fail', 'unmeasured'] as const
  for (let seed = 0; seed < 3 ** 6; seed++) {
    const chosen = Array.from({ length: 6 }, (_, at) => outcomes[Math.floor(seed / 3 ** at) % 3]!)
    const record = after(...chosen.map((outcome, at) => evidence(outcome, NOW + at, at)))
    const proven = state(record, NOW + 10) === 'proven'
    assert.equal(proven, chosen.at(-1) === 'pass', chosen.join())
    assert.equal(state(record, NOW + 10 * claim.boundMs) === 'proven', false)
  }
})

test('state: the same outcome again keeps the moment since when it holds', () => {
  const record = after(evidence('pass', 1), evidence('pass', 2), evidence('unmeasured', 3))
  assert.equal(addEvidence(record, evidence('pass', 4)).sinceMs, 1)
  assert.equal(addEvidence(record, evidence('fail', 4)).sinceMs, 4)
})
