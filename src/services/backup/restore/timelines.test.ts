/** Paths through the tree of timelines, and which backups lie on them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupEntry } from '../repository/entries.ts'
import { candidates, chainOf } from './choose.ts'
import { isOnPath, namedUnder, ownerOf, timelinePath } from './timelines.ts'

const history = new TextEncoder().encode(
  '1\t0/3000000\tno recovery target specified\n# a comment\n\n2\t0/5000060\tbefore 2026\n',
)
const path = timelinePath(4, history)

test('timelines: a history file is the path to its timeline', () => {
  assert.deepEqual(path, [
    { timeline: 1, startLsn: 0n, endLsn: 0x300_0000n },
    { timeline: 2, startLsn: 0x300_0000n, endLsn: 0x500_0060n },
    { timeline: 4, startLsn: 0x500_0060n, endLsn: undefined },
  ])
  assert.deepEqual(timelinePath(1, undefined).length, 1)
  assert.throws(() => timelinePath(2, undefined), { code: 'TIMELINE_UNKNOWN' })
})

test('timelines: a switch within a segment leaves the segment to the newer timeline', () => {
  assert.equal(ownerOf(path, 0x500_005fn).timeline, 2)
  assert.equal(ownerOf(path, 0x500_0060n).timeline, 4)
  assert.equal(namedUnder(path, 0x500_0000n), 2)
  assert.equal(namedUnder(path, 0x600_0000n), 4)
})

test('timelines: what a timeline wrote after the switch is not on the path', () => {
  assert(isOnPath(path, 2, 0x500_0060n))
  assert(!isOnPath(path, 2, 0x500_0061n))
  assert(!isOnPath(path, 3, 0x400_0000n))
})

function backup(id: string, timeline: number, endLsn: bigint, finishedMs: number): BackupEntry {
  return { id, endTimeline: timeline, endLsn, finishedMs, parent: null } as BackupEntry
}

const backups = [
  backup('a', 1, 0x200_0000n, 100),
  backup('b', 2, 0x400_0000n, 200),
  backup('lost branch', 2, 0x580_0000n, 250),
  backup('c', 4, 0x600_0000n, 300),
]

const chosen = (target: Parameters<typeof candidates>[2]): string[] =>
  candidates(backups, path, target).map(({ id }) => id)

test('choice: the newest backup before the target, on the path', () => {
  assert.deepEqual(chosen({ kind: 'latest' }), ['c', 'b', 'a'])
  assert.deepEqual(chosen({ kind: 'time', atMs: 299, text: '' }), ['b', 'a'])
  assert.deepEqual(chosen({ kind: 'lsn', lsn: 0x400_0000n }), ['b', 'a'])
  assert.deepEqual(chosen({ kind: 'lsn', lsn: 0x3ff_ffffn }), ['a'])
  assert.throws(() => chosen({ kind: 'time', atMs: 99, text: '' }), { code: 'RESTORE_NO_BACKUP' })
})

test('choice: a chain goes down to its full backup, or is refused', () => {
  const base = backup('full', 1, 1n, 1)
  const next = { ...backup('d1', 1, 2n, 2), parent: 'full' }
  assert.deepEqual(chainOf([base, next], next), [next, base])
  assert.throws(() => chainOf([next], next), { code: 'BACKUP_PARENT_MISSING' })
  const circle = { ...next, parent: 'd1' }
  assert.throws(() => chainOf([circle], circle), { code: 'BACKUP_PARENT_MISSING' })
})
