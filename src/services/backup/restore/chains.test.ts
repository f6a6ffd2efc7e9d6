/** Who builds on whom, when what somebody built on is gone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupEntry } from '../repository/entries.ts'
import { byEnd, Chains } from './choose.ts'

const full = backup('a', 10n, null)
const first = backup('b', 20n, full.id)
const second = backup('c', 30n, full.id)
const third = backup('d', 40n, full.id)

test('chains: a synthetic backup stands in for a parent that is gone, in its time', () => {
  const ofSecond = synthetic('e', second, [full.id, second.id])
  const left = new Chains([first, second, third, ofSecond])
  assert.deepEqual(left.of(third), [third, ofSecond])
  assert.deepEqual(left.of(second), [second, ofSecond])
  // What changed between the first and the second is in neither's list for it.
  assert.throws(() => left.of(first), { code: 'BACKUP_PARENT_MISSING' })
  const ofFirst = synthetic('f', first, [full.id, first.id])
  assert.deepEqual(new Chains([third, ofFirst, ofSecond]).of(third), [third, ofSecond])
  assert.deepEqual(new Chains([third, ofSecond, ofFirst]).of(third), [third, ofSecond])
})

test('chains: none of another timeline stands in', () => {
  const other = { ...synthetic('e', second, [full.id]), timeline: 2, endTimeline: 2 }
  assert.throws(() => new Chains([third, other]).of(third), { code: 'BACKUP_PARENT_MISSING' })
})

test('chains: while the parent is there it is built on, unless a stand-in is preferred', () => {
  const made = synthetic('e', second, [full.id, second.id])
  const chains = new Chains([full, second, third, made])
  assert.deepEqual(chains.of(third), [third, full])
  assert.deepEqual(chains.of(third, true), [third, made])
  assert.deepEqual([made, second, full].toSorted(byEnd), [full, second, made])
})

function synthetic(letter: string, from: BackupEntry, inPlaceOf: string[]): BackupEntry {
  const origin = { from: from.id, madeMs: 99, inPlaceOf }
  const { id } = backup(letter, 0n, null)
  return { ...from, id, kind: 'full', parent: null, synthetic: origin }
}

function backup(letter: string, startLsn: bigint, parent: string | null): BackupEntry {
  return {
    type: 'backup',
    id: `20260101t000000z-${letter.repeat(16)}`,
    kind: parent === null ? 'full' : 'differential',
    parent,
    label: '',
    timeline: 1,
    startLsn,
    endTimeline: 1,
    endLsn: startLsn + 5n,
    startedMs: Number(startLsn),
    finishedMs: Number(startLsn) + 5,
    fileCount: 0,
    plainBytes: 0,
    storedBytes: 0,
    damagedPageCount: 0,
    facts: {},
    key: '',
    manifest: { size: 0, sha256: '' },
    packs: [],
  }
}
