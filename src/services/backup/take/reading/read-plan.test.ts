/** What of a file is read, and what of a server is listed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ChangedBlocks } from '../../summary/changed-blocks.ts'
import { listingOf, type ListRow } from './file-list.ts'
import { planFile, type PlannedFile } from './read-plan.ts'

const PAGE = 100
const SEGMENT_BLOCKS = 10
const inFull = new Map([
  ['base/5/1', 6 * PAGE],
  ['base/5/1.1', 4 * PAGE],
  ['base/5/1_fsm', 3 * PAGE],
  ['global/1262', 2 * PAGE],
  ['pg_tblspc/9/PG_15_1/5/7', 2 * PAGE],
  ['pg_xact/0000', 2 * PAGE],
])

function plan(path: string, pages: number, changes: (on: ChangedBlocks) => void): PlannedFile {
  const set = new ChangedBlocks(1024 * 1024)
  changes(set)
  const file = { path, size: pages * PAGE, modifiedMs: 0 }
  const facts = { changes: set, inFull, blockSize: PAGE, segmentBlocks: SEGMENT_BLOCKS }
  return planFile(file, facts)
}

function shape({ inherits, ranges }: PlannedFile): string {
  const read = ranges.map(({ at, length }) => `${at / PAGE}+${length / PAGE}`)
  return `${inherits / PAGE} ${read.join()}`
}

const none = (): void => undefined

test('read plan: blocks that changed, what grew, and nothing of what did not change', () => {
  assert.equal(shape(plan('base/5/1', 6, none)), '6 ')
  const two = (on: ChangedBlocks): void => [1, 2, 4].forEach((at) => on.block(1663, 5, 1, at))
  assert.equal(shape(plan('base/5/1', 6, two)), '6 1+2,4+1')
  assert.equal(shape(plan('base/5/1', 8, two)), '6 1+2,4+1,6+2')
  assert.equal(shape(plan('base/5/1', 3, two)), '3 1+2')
})

test('read plan: a further file of a table begins where the one before ends', () => {
  const changed = (on: ChangedBlocks): void => [3, 12].forEach((at) => on.block(1663, 5, 1, at))
  assert.equal(shape(plan('base/5/1.1', 4, changed)), '4 2+1')
  assert.equal(plan('base/5/1.1', 4, changed).firstBlock, SEGMENT_BLOCKS)
})

test('read plan: nothing behind a cut is as it was, in whatever file it lies', () => {
  const cut = (block: number) => (on: ChangedBlocks) => on.cut(1663, 5, 1, block)
  assert.equal(shape(plan('base/5/1', 6, cut(4))), '4 4+2')
  assert.equal(shape(plan('base/5/1.1', 4, cut(4))), '0 0+4')
  assert.equal(shape(plan('base/5/1.1', 4, cut(13))), '3 3+1')
  assert.equal(shape(plan('base/5/1', 6, (on) => on.database(1663, 5))), '0 0+6')
})

test('read plan: a tablespace and what all databases share are known by their numbers', () => {
  const changed = (on: ChangedBlocks): void => {
    on.block(1664, 0, 1262, 1)
    on.block(9, 5, 7, 0)
  }
  assert.equal(shape(plan('global/1262', 2, changed)), '2 1+1')
  assert.equal(shape(plan('pg_tblspc/9/PG_15_1/5/7', 2, changed)), '2 0+1')
})

test('read plan: new files, other forks and all that is no table are read whole', () => {
  for (const path of ['base/5/2', 'base/5/1_fsm', 'pg_xact/0000', 'base/5/PG_VERSION']) {
    assert.equal(shape(plan(path, 3, none)), '0 0+3', path)
  }
  assert.equal(plan('pg_xact/0000', 3, none).firstBlock, undefined)
  assert.equal(plan('base/5/1_fsm', 3, none).firstBlock, 0)
})

const folder = (path: string): ListRow => [path, 't', '4096', '1', String(path.split('/').length)]
const file = (path: string): ListRow => [path, 'f', '8192', '1', '1']

test('file list: what a backup holds, and no table that comes back empty', () => {
  const rows = ['base', 'base/5', 'pg_wal', 'pg_tblspc', 'pg_tblspc/9', 'pg_tblspc/9/PG_15_1']
  rows.push('pg_tblspc/9/PG_14_1', 'base/pgsql_tmp')
  const kept = ['base/5/1', 'base/5/2_init', 'global/1', 'pg_tblspc/9/PG_15_1/5/2', 'PG_VERSION']
  const left = ['base/5/2', 'base/5/2_fsm', 'base/5/2.1', 'base/5/t3_16400']
  left.push('base/5/pg_internal.init', 'base/pgsql_tmp/pgsql_tmp1.0', '.s.PGSQL.5432')
  left.push('postmaster.pid', 'backup_label', 'global/pg_control', 'pg_tblspc/9/PG_14_1/5/1')
  const listing = listingOf([...rows.map(folder), ...[...left, ...kept].map(file)], 'PG_15_1')
  assert.deepEqual(listing.files.map(({ path }) => path).sort(), kept.sort())
  const folders = ['base', 'base/5', 'pg_tblspc', 'pg_tblspc/9/PG_15_1', 'pg_wal']
  assert.deepEqual(listing.folders.toSorted(), [...folders, 'pg_wal/archive_status'])
})

test('file list: folders that are linked in circles, or a tablespace within, are refused', () => {
  const code = { code: 'BACKUP_READING_IMPOSSIBLE' }
  assert.throws(() => listingOf([folder('a/a/a/a/a/a/a/a/a')], 'PG_15_1'), code)
  assert.throws(() => listingOf([folder('space/PG_15_1')], 'PG_15_1'), code)
})
