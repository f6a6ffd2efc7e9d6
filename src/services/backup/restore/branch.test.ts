/** Which backups and moments lie on the branch that lives. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupEntry } from '../repository/entries.ts'
import { isUncertain, livingBranch } from './branch.ts'

function backup(id: string, finishedMs: number, timeline: number, endLsn: bigint): BackupEntry {
  return { id, finishedMs, endTimeline: timeline, endLsn } as BackupEntry
}

function run(timeline: number, writtenMs: number) {
  const entry = { type: 'run', run: '', timeline, startLsn: 0n, previous: null } as const
  return { entry, digest: new Uint8Array(0), writtenMs }
}

test('branch: what was taken after the moment that was restored is not on it', () => {
  const bytes = Buffer.from(`1\t0/${(500).toString(16)}\tbefore 2026-01-01\n`).toString('base64')
  const histories = new Map([[2, { type: 'history', timeline: 2, bytes } as const]])
  const [a, b, c] = [
    backup('a', 100, 1, 400n),
    backup('abandoned', 200, 1, 600n),
    backup('c', 400, 2, 700n),
  ]
  const branch = livingBranch({ backups: [c, a, b], runs: [run(1, 0), run(2, 300)], histories })
  assert.deepEqual(branch.backups, [a, c])
  const at = (ms: number): boolean => isUncertain(branch.uncertain, ms)
  assert.deepEqual([at(100), at(101), at(300), at(301)], [false, true, true, false])
})

test('branch: on one timeline, or without its history, nothing is left out', () => {
  const all = [backup('a', 100, 1, 400n), backup('b', 200, 1, 600n)]
  const facts = { backups: all, histories: new Map() }
  const none = { backups: all, uncertain: [] }
  assert.deepEqual(livingBranch({ ...facts, runs: [run(1, 0)] }), none)
  assert.deepEqual(livingBranch({ ...facts, runs: [run(1, 0), run(2, 300)] }), none)
})
