/** What the status service says of its budget reaches people, and only from its own book. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordedEvent } from '#audit/read.ts'
import { statusFindings } from './watch-status.ts'

function event(code: string, process = 'status'): RecordedEvent {
  const detail = { component: 'application', rule: 'fast', pace: 20.4, leftSeconds: 1800 }
  return { process, sequence: 1, timeMs: 0, code, detail }
}

test('status: a burn is an alert that says what is left, and its end is one that closes it', () => {
  const [burns] = statusFindings(event('STATUS_BUDGET_BURNS'))
  assert.equal(burns?.detector, 'status.budget-burns')
  assert.equal(burns.subject, 'application')
  assert.equal(burns.evidence, 'application, 20.4 times the pace, 30 minutes left')
  const [holds] = statusFindings(event('STATUS_BUDGET_HOLDS'))
  assert.deepEqual([holds?.detector, holds?.ends], ['status.budget-holds', 'status.budget-burns'])
})

test('status: what stands in another book, or says something else, is no alert', () => {
  assert.deepEqual(statusFindings(event('STATUS_BUDGET_BURNS', 'web-gateway')), [])
  assert.deepEqual(statusFindings(event('STATUS_TURNED')), [])
})
