/**
 * Which pages of a file are kept, however its bytes are cut.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupWriter, FileMap } from '../repository/repository.ts'
import { ChangedPagesFile, hasPages } from './changed-pages.ts'

const PAGE = 64
const SINCE = 0x1_0000_0100n

/** Pages that were changed at these positions. */
function fileOf(positions: readonly bigint[]): Uint8Array {
  const bytes = Buffer.alloc(positions.length * PAGE)
  for (const [page, lsn] of positions.entries()) {
    bytes.fill(page + 1, page * PAGE, (page + 1) * PAGE)
    bytes.writeUInt32LE(Number(lsn >> 32n), page * PAGE)
    bytes.writeUInt32LE(Number(lsn & 0xffff_ffffn), page * PAGE + 4)
  }
  return bytes
}

function keep(bytes: Uint8Array, fullSize: number, cut: number): { map: FileMap; kept: Buffer } {
  const kept: Buffer[] = []
  let map: FileMap | undefined
  const writer = {
    beginFile: () => undefined,
    write: (part: Uint8Array) => void kept.push(Buffer.from(part)),
    endFile: (late: FileMap) => {
      map = late
    },
  } as unknown as BackupWriter
  const start = { path: 'base/5/16384', size: bytes.length, mode: 0o600, modifiedMs: 0 }
  const file = new ChangedPagesFile(writer, start, { blockSize: PAGE, fullSize, sinceLsn: SINCE })
  for (let at = 0; at < bytes.length; at += cut) void file.data(bytes.subarray(at, at + cut))
  file.end()
  assert(map)
  return { map, kept: Buffer.concat(kept) }
}

test('changed pages: those since the full began, new ones, and those the full lacks', () => {
  const before = SINCE - 1n
  const bytes = fileOf([before, SINCE, SINCE + 9n, before, 0n, 0xff_ffffn, before, before])
  for (let cut = 1; cut <= bytes.length; cut++) {
    const { map, kept } = keep(bytes, 7 * PAGE, cut)
    assert.deepEqual(map, {
      size: 8 * PAGE,
      inherits: 7 * PAGE,
      ranges: [
        { at: PAGE, length: 2 * PAGE },
        { at: 4 * PAGE, length: PAGE },
        { at: 7 * PAGE, length: PAGE },
      ],
    })
    const expected = map.ranges.map(({ at, length }) => bytes.subarray(at, at + length))
    assert(kept.equals(Buffer.concat(expected)))
  }
})

test('changed pages: a file that shrank inherits no more than it is long', () => {
  const { map } = keep(fileOf([SINCE - 1n]), 5 * PAGE, PAGE)
  assert.deepEqual(map, { size: PAGE, inherits: PAGE, ranges: [] })
})

test('changed pages: only main forks of tables and indexes tell', () => {
  const told = ['base/5/16384', 'base/5/16384.3', 'global/1262', 'pg_tblspc/9/PG_15_2022/5/7']
  const silent = ['base/5/16384_fsm', 'base/5/16384_vm', 'base/5/16384_init', 'base/5/PG_VERSION']
  const others = ['pg_xact/0000', 'global/pg_control', 'base/5/pg_filenode.map', '16384']
  const start = { size: 2 * PAGE, mode: 0, modifiedMs: 0 }
  for (const path of told) assert(hasPages({ ...start, path }, PAGE), path)
  for (const path of [...silent, ...others]) assert(!hasPages({ ...start, path }, PAGE), path)
  assert(!hasPages({ ...start, size: PAGE + 1, path: 'base/5/16384' }, PAGE))
})
