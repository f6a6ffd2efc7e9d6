/** The gate fails closed: no record, no passage, neither in types nor at run time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultError } from '#lib/errors.ts'
import { record, withoutEvents, type Passage, type Recorded } from './record.ts'

const passage: Passage = { events: [{ code: 'DB_STATEMENT', detail: {} }], bytes: [Buffer.of(1)] }
const { events } = passage
const failure = new FaultError('AUDIT_WRITE_FAILED', 'disk full')

test('record: when the audit trail fails there is nothing to forward', async () => {
  const full = { append: () => Promise.reject(failure) }
  await assert.rejects(async () => record(full, events, [passage]), failure)
  const broken = {
    append: () => {
      throw failure
    },
  }
  assert.throws(() => record(broken, events, [passage]), failure)
})

test('record: what the trail holds at once may pass at once', () => {
  const recorded = record({ append: () => undefined }, events, [passage])
  assert(!(recorded instanceof Promise))
  assert.equal(recorded[0]?.bytes, passage.bytes)
})

test('record: what the trail holds later passes later', async () => {
  let written = false
  const slow = { append: () => Promise.resolve().then(() => void (written = true)) }
  const recorded = record(slow, events, [passage])
  assert(recorded instanceof Promise)
  await recorded
  assert(written)
})

test('record: only a passage without events passes without a record', () => {
  assert.equal(withoutEvents(passage), undefined)
  assert.equal(withoutEvents({ ...passage, events: [] })?.bytes, passage.bytes)
})

test('record: unrecorded bytes do not type-check', () => {
  // @ts-expect-error The proof is made in record.ts alone.
  const forged: Recorded = { bytes: passage.bytes }
  assert.equal(forged.bytes, passage.bytes)
})
