/** Synchronous mode, decided: when commits begin to wait, when they stop, and never silently. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideMode, namesUs, type ModeFacts } from './mode.ts'

const calm: ModeFacts = {
  nowMs: 1_000_000,
  wanted: true,
  left: undefined,
  applicationName: 'veilig_backup',
  names: '',
  commit: 'on',
  waitedMs: 100,
  leaveAfterMs: undefined,
}
const on = { ...calm, names: '"veilig_backup"' }
const act = (facts: ModeFacts): string => decideMode(facts).act
const hindrance = (facts: ModeFacts): string => {
  const decision = decideMode(facts)
  return 'hindrance' in decision ? decision.hindrance : ''
}

test('mode: commits begin to wait only when all is level, or they would hang at once', () => {
  assert.equal(act(calm), 'enter')
  assert.equal(act({ ...calm, waitedMs: 5000 }), 'none')
  assert.equal(act({ ...calm, waitedMs: undefined }), 'none')
  assert.equal(act({ ...calm, wanted: false }), 'none')
})

test('mode: without a deadline it is kept, however long commits wait', () => {
  assert.deepEqual(decideMode({ ...on, waitedMs: 86_400_000 }), { act: 'none' })
  const past = { ...on, waitedMs: 30_001, leaveAfterMs: 30_000 }
  assert.deepEqual(decideMode(past), { act: 'leave', by: 'deadline' })
  assert.equal(act({ ...past, waitedMs: 30_000 }), 'none')
})

test('mode: given up by the deadline it is taken up when all is well, by the operator not', () => {
  const left = { by: 'deadline', atMs: 990_000 } as const
  assert.equal(act({ ...calm, left }), 'none')
  assert.equal(act({ ...calm, left, nowMs: 1_020_000 }), 'enter')
  assert.equal(act({ ...calm, left: { by: 'operator', atMs: 0 } }), 'none')
  assert.equal(act({ ...on, left: { by: 'operator', atMs: 0 } }), 'leave')
})

test('mode: taken out of the configuration, it is left', () => {
  const removed = { ...on, wanted: false }
  assert.deepEqual(decideMode(removed), { act: 'leave', by: 'configuration' })
  assert.equal(act({ ...removed, names: 'other' }), 'none')
})

test('mode: other standbys are never taken out of the list', () => {
  assert.match(hindrance({ ...calm, names: 'other' }), /name us beside them yourself/)
  const both = { ...on, names: 'FIRST 2 (other, veilig_backup)' }
  assert.deepEqual(decideMode(both), { act: 'none' })
  const left = { by: 'operator', atMs: 0 } as const
  assert.match(hindrance({ ...both, left }), /take us out/)
  assert.match(hindrance({ ...both, waitedMs: 9999, leaveAfterMs: 5000 }), /take us out/)
})

test('mode: a server whose commits would not wait, or for ever, is told', () => {
  for (const commit of ['off', 'local', 'remote_apply']) {
    assert.match(hindrance({ ...calm, commit }), new RegExp(`is ${commit} on the server`))
    assert.match(hindrance({ ...on, commit }), new RegExp(`is ${commit} on the server`))
  }
  assert.equal(act({ ...calm, commit: 'remote_write' }), 'enter')
})

test('mode: we are found in every form that PostgreSQL allows', () => {
  const forms = ['veilig_backup', '"veilig_backup"', 'a, VEILIG_BACKUP', 'ANY 1 (a, veilig_backup)']
  for (const names of [...forms, '*', 'FIRST 2 (*)']) assert(namesUs(names, 'veilig_backup'), names)
  for (const names of ['', 'a', 'veilig_backup2', 'ANY 1 (a, b)']) {
    assert(!namesUs(names, 'veilig_backup'), names)
  }
})
