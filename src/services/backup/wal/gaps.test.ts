/** Every position on the way to every timeline is kept, or a gap that is listed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupRecord, WalRange } from '../repository/repository.ts'
import { findGaps, hasOpenGap } from './gaps.ts'

const range = (timeline: number, startLsn: bigint, endLsn: bigint): WalRange => ({
  timeline,
  startLsn,
  endLsn,
})
const history = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const branched = new Map([[2, history('1\t0/150\tfailover\n')]])

test('gaps: a log without a hole has none, and what came before the first backup is none', () => {
  assert.deepEqual(findGaps([range(1, 0x100n, 0x200n)], new Map()), [])
  assert.deepEqual(findGaps([], new Map()), [])
})

test('gaps: between two ranges of a timeline', () => {
  const kept = [range(1, 0x100n, 0x140n), range(1, 0x180n, 0x200n)]
  assert.deepEqual(findGaps(kept, new Map()), [range(1, 0x140n, 0x180n)])
})

test('gaps: the end of a timeline that the next one builds on', () => {
  const kept = [range(1, 0x100n, 0x140n), range(2, 0x160n, 0x200n)]
  assert.deepEqual(findGaps(kept, branched), [range(1, 0x140n, 0x150n), range(2, 0x150n, 0x160n)])
})

test('gaps: neither what an abandoned branch had beyond, nor what a first segment repeats', () => {
  const beyond = [range(1, 0x100n, 0x190n), range(2, 0x150n, 0x200n)]
  assert.deepEqual(findGaps(beyond, branched), [])
  const repeated = [range(1, 0x100n, 0x140n), range(2, 0x140n, 0x200n)]
  assert.deepEqual(findGaps(repeated, branched), [])
})

test('gaps: open until a full backup begins after it, on the newest timeline only', () => {
  const wal = [range(1, 0x100n, 0x140n), range(1, 0x180n, 0x200n)]
  const open = (startLsn: bigint, kind: 'full' | 'differential'): boolean =>
    hasOpenGap({ backups: [{ kind, startLsn } as BackupRecord], histories: new Map(), wal })
  assert.equal(open(0x110n, 'full'), true)
  assert.equal(open(0x190n, 'full'), false)
  assert.equal(open(0x190n, 'differential'), false, 'without a full one it is due anyway')
  const newer = { histories: new Map([[2, history('1\t0/130\tx\n')]]), wal }
  const full = { kind: 'full', startLsn: 0x110n } as BackupRecord
  const followed = { ...newer, wal: [...wal, range(2, 0x130n, 0x190n)], backups: [full] }
  assert.equal(hasOpenGap(followed), false, 'the gap is on a branch that nobody follows')
})
