/** The table of backups at every width of a terminal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupRecord } from '#services/backup/repository/repository.ts'
import { backupTable } from './backup-table.ts'

const MIB = 1024 * 1024
const finishedMs = Date.UTC(2026, 10, 24, 4, 11, 26)
const full = {
  id: '20261124t041125z-5ad9ec5569d1aa32',
  kind: 'full',
  synthetic: { from: 'other', madeMs: finishedMs, inPlaceOf: [] },
  parentId: undefined,
  finishedMs,
  startLsn: 0x300_0028n,
  plainBytes: 11 * 1024 * MIB,
  storedBytes: 5.2 * MIB,
  damagedPageCount: 0,
  label: 'scheduled',
} as unknown as BackupRecord
const part: BackupRecord = {
  ...full,
  id: '20261124t050126z-77ad01cc90b2e3f4',
  kind: 'differential',
  synthetic: undefined,
  parentId: full.id,
  damagedPageCount: 3,
}
const drilled = new Map([[full.id, finishedMs + 27_000]])
const lines = (width: number | undefined, colours = false): string[] =>
  backupTable([full, part], drilled, { width, colours }).split('\n')

test('list: without a terminal every column is there, numbers end where their heads end', () => {
  const [head = '', first = '', second = ''] = lines(undefined)
  assert.match(head, /^FINISHED, UTC +KIND +DATA +STORED +LOG FROM +DRILLED, UTC +ID +BUILDS ON/)
  assert.match(first, /^2026-11-24 04:11:26 {2}synthetic full +11\.0 GB +5\.2 MB +0\/3000028 /)
  assert.equal(head.indexOf('STORED') + 'STORED'.length, first.indexOf('5.2 MB') + '5.2 MB'.length)
  const endOf = (line: string, text: string): number => line.indexOf(text) + text.length
  const short = backupTable([full, { ...part, storedBytes: 1023.4 * MIB }], drilled, {
    width: undefined,
    colours: false,
  }).split('\n')
  assert.equal(endOf(short[1] ?? '', '5.2 MB'), endOf(short[2] ?? '', '1023.4 MB'))
  assert.match(second, /differential .* not yet .*-77ad01cc90b2e3f4 {2}20261124t041125z-/)
})

test('list: no line is wider than the terminal, and the id is never lost', () => {
  for (let width = 64; width <= 200; width++) {
    const shown = lines(width)
    for (const line of shown) assert(line.length <= width, `${width}: ${line}`)
    for (const { id } of [full, part]) assert(shown.join('\n').includes(id), `${width}: ${id}`)
    assert(shown.join('\n').includes('not yet'), `${width}: drills`)
  }
  assert(!lines(110).join('').includes('LABEL') && lines(200).join('').includes('LABEL'))
})

test('list: damaged pages have a line of their own, in red where there are colours', () => {
  assert.equal(lines(80).at(-2), '  3 PAGES DAMAGED')
  const one = backupTable([{ ...part, damagedPageCount: 1 }], drilled, {
    width: 80,
    colours: false,
  })
  assert.match(one, /\n {2}1 PAGE DAMAGED\n$/)
  assert.equal(lines(80, true).at(-2), '\u001b[31m  3 PAGES DAMAGED\u001b[0m')
})
