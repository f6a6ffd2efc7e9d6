/** The clocks of a breach: what starts them, what ends them, what cannot stop them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dutiesOf, lawAt, overdue, type BreachStep } from './duties.ts'

const HOUR_MS = 3_600_000
const awareMs = Date.parse('2026-11-20T22:00:00Z')
const recorded: BreachStep = {
  kind: 'recorded',
  role: 'processor',
  awareMs,
  tenants: ['noord', 'zuid'],
  customerHours: 24,
}

test('breach: a processor owes each customer a notice, a controller the authority', () => {
  assert.deepEqual(dutiesOf([recorded]), [
    { recipient: 'tenant:noord', dueMs: awareMs + 24 * HOUR_MS },
    { recipient: 'tenant:zuid', dueMs: awareMs + 24 * HOUR_MS },
  ])
  const controller = dutiesOf([{ ...recorded, role: 'controller', tenants: [] }])
  assert.deepEqual(controller, [{ recipient: 'authority', dueMs: awareMs + 72 * HOUR_MS }])
  assert.equal(lawAt(awareMs).authorityHours, 72)
})

test('breach: only a notice ends a duty; a closing does not, and another notice neither', () => {
  const steps: BreachStep[] = [
    recorded,
    { kind: 'notified', recipient: 'tenant:zuid', atMs: awareMs + HOUR_MS },
    { kind: 'closed', atMs: awareMs + 2 * HOUR_MS },
  ]
  const late = overdue(dutiesOf(steps), awareMs + 25 * HOUR_MS)
  assert.deepEqual(
    late.map(({ recipient }) => recipient),
    ['tenant:noord'],
  )
  assert.deepEqual(overdue(dutiesOf(steps), awareMs + 24 * HOUR_MS), [])
})

test('breach: a correction adds duties and brings clocks forward, and never takes or gives', () => {
  const later = { ...recorded, kind: 'corrected', awareMs: awareMs + 9 * HOUR_MS } as const
  const softened = dutiesOf([recorded, { ...later, tenants: ['oost'], customerHours: 72 }])
  assert.deepEqual(
    softened.map(({ recipient }) => recipient),
    ['tenant:noord', 'tenant:oost', 'tenant:zuid'],
  )
  assert(softened.every(({ dueMs }) => dueMs === awareMs + 24 * HOUR_MS))
  const sooner = dutiesOf([recorded, { ...later, awareMs: awareMs - HOUR_MS }])
  assert.equal(sooner[0]?.dueMs, awareMs + 23 * HOUR_MS)
})
