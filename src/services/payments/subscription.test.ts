/** When a subscription is due, and what follows from each payment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dueMs } from './subscription.ts'

test('subscription: a month without that day gives its last, and the next is right again', () => {
  const first = Date.UTC(2027, 0, 31, 9, 30)
  const days = [0, 1, 2, 3, 13, 25].map((nth) => new Date(dueMs(first, 1, nth)).toISOString())
  assert.deepEqual(days, [
    '2027-01-31T09:30:00.000Z',
    '2027-02-28T09:30:00.000Z',
    '2027-03-31T09:30:00.000Z',
    '2027-04-30T09:30:00.000Z',
    '2028-02-29T09:30:00.000Z',
    '2029-02-28T09:30:00.000Z',
  ])
  assert.equal(new Date(dueMs(first, 12, 1)).toISOString(), '2028-01-31T09:30:00.000Z')
})
