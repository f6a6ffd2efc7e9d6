/** What people read of each region. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultLine, regionLine } from './region-lines.ts'

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

test('a log that does not come is told with its reason, one that comes is not', () => {
  const log = { phase: 'streaming', timeline: 1, receivedLsn: null, serverEndLsn: null } as const
  assert.equal(faultLine({ log: { ...log, fault: null } }), '')
  const fault = 'WAL_SERVER_STRANGER: another server'
  assert.match(faultLine({ log: { ...log, fault } }), /^THE LOG IS NOT RECEIVED: WAL_SERVER/)
})
