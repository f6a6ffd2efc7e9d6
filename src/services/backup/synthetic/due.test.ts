/** When a synthetic full backup is due, and of which backup. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CatalogueChain } from '../repository/chain.ts'
import type { BackupEntry } from '../repository/entries.ts'
import { parseRoot } from '../repository/root.ts'
import type { CatalogueState } from '../repository/state.ts'
import { keysOf } from '#kit/repository.ts'
import { dueSynthesis, type SynthesisSchedule } from './due.ts'

const HOUR_MS = 3_600_000
const empty = new CatalogueChain(parseRoot(keysOf('due').root)).state

test('due: by the clock once the newest full one is old enough and a difference is newer', () => {
  const full = backup('a', 0, null)
  const first = backup('b', 1, full.id)
  const second = backup('c', 3, full.id)
  const at = (hours: number, more: BackupEntry[], everyHours?: number): string | undefined =>
    due([full, ...more], { nowMs: hours * HOUR_MS, everyMs: hoursOf(everyHours) })
  assert.equal(at(3.5, [first, second], 3), second.id)
  assert.equal(at(2.5, [first], 3), undefined, 'not old enough')
  assert.equal(at(3.5, [], 3), undefined, 'nothing is newer')
  assert.equal(at(3.5, [first, second]), undefined, 'not by the clock')
  const synthetic = { from: second.id, madeMs: 4 * HOUR_MS, inPlaceOf: [full.id, second.id] }
  const made = { ...second, id: idOf('d'), kind: 'full', parent: null, synthetic } as const
  assert.equal(at(5.5, [first, second, made], 3), undefined, 'it counts as a full one')
  const third = backup('e', 6, made.id)
  assert.equal(at(6.5, [first, second, made, third], 3), third.id)
})

test('due: what retention needs comes first, unless it is not to be exact', () => {
  const [full, first] = [backup('a', 0, null), backup('b', 1, idOf('a'))]
  const newest = backup('c', 24.5, full.id)
  const when = { nowMs: 25 * HOUR_MS, everyMs: 3 * HOUR_MS }
  assert.equal(due([full, first, newest], when), first.id)
  assert.equal(due([full, first, newest], { ...when, exact: false }), newest.id)
})

function due(backups: BackupEntry[], when: Partial<SynthesisSchedule>): string | undefined {
  const entry = { type: 'run', run: '', timeline: 1, startLsn: 0n, previous: null } as const
  const runs = [{ entry, digest: new Uint8Array(0), writtenMs: 0 }]
  const state: CatalogueState = { ...empty, holds: new Map(), histories: new Map(), backups, runs }
  const schedule = { nowMs: 0, retainMs: 24 * HOUR_MS, everyMs: undefined, exact: true }
  return dueSynthesis(state, { ...schedule, ...when })
}

function hoursOf(hours: number | undefined): number | undefined {
  return hours === undefined ? undefined : hours * HOUR_MS
}

function idOf(letter: string): string {
  return `20260101t000000z-${letter.repeat(16)}`
}

function backup(letter: string, hours: number, parent: string | null): BackupEntry {
  const startedMs = hours * HOUR_MS
  return {
    type: 'backup',
    id: idOf(letter),
    kind: parent === null ? 'full' : 'differential',
    parent,
    label: '',
    timeline: 1,
    startLsn: BigInt(startedMs),
    endTimeline: 1,
    endLsn: BigInt(startedMs + 1),
    startedMs,
    finishedMs: startedMs + 1,
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
