/** What people read of each region. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { regionLine } from './region-lines.ts'

const region = {
  name: 'abroad',
  required: true,
  timeline: 1,
  durableLsn: '0/1',
  lagBytes: 0,
  maxRateMib: null,
  completeUntilMs: 1,
  lagMs: 340,
  fault: null,
}

test('a region says up to when it is complete, whether it must be, and why it is not', () => {
  assert.equal(regionLine(region), 'Region abroad holds every change up to 0.3 s ago.\n')
  const away = { ...region, required: false, lagMs: 7_200_000, fault: 'STORE_FAILED: it is away' }
  assert.equal(
    regionLine(away),
    'Region abroad (optional) holds every change up to 7200.0 s ago: STORE_FAILED: it is away.\n',
  )
  const limited = { ...region, required: false, maxRateMib: 20 }
  assert.match(regionLine(limited), /^Region abroad \(optional, at most 20 MiB\/s\) holds/)
  const unknown = { ...away, lagMs: null, fault: 'behind' }
  assert.match(regionLine(unknown), /is behind, nobody knows how far/)
  assert.match(regionLine({ ...unknown, fault: null }), /is being compared/)
})
