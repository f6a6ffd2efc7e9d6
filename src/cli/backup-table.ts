/**
 * The backups as a table that fits the terminal. Pure.
 *
 * What a narrow terminal has no room for is left out, the least wanted first; where not even the
 * rest fits, the id stands on a line of its own. A file or a pipe gets every column.
 *
 * @module
 */
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import type { BackupRecord } from '#services/backup/repository/repository.ts'
import type { Drilled } from './receipts.ts'

export type TableLook = {
  /** Characters in a line; undefined where there is no terminal. */
  readonly width: number | undefined
  readonly colours: boolean
}

type Column = {
  readonly head: string
  readonly cell: (backup: BackupRecord) => string
  readonly right?: true
}

const GREEN = 32
const GREY = 90
const RED = 31
const NOT_YET = 'not yet'

/** Left out in this order. */
const SPARE = ['LABEL', 'LOG FROM', 'DATA', 'BUILDS ON'] as const

/** @returns Lines with an end each; the newest backup last, where one looks first. */
export function backupTable(
  backups: readonly BackupRecord[],
  drilled: Drilled,
  { width, colours }: TableLook,
): string {
  const all = columnsOf(drilled)
  const shown = [all, ...SPARE.map((_, last) => without(all, SPARE.slice(0, last + 1)))]
  const fits = (columns: readonly Column[]): boolean =>
    widthOf(columns, backups) <= (width ?? Infinity)
  const fitting = shown.find(fits)
  const columns = fitting ?? without(all, [...SPARE, 'ID'])
  const paint = (ink: number, text: string): string =>
    colours ? `\u001b[${ink}m${text}\u001b[0m` : text
  const widths = columns.map((column) => columnWidth(column, backups))
  const line = (textOf: (column: Column) => string): string =>
    columns
      .map((column, at) => {
        const text = textOf(column)
        const wide = widths[at] ?? 0
        const filled = column.right ? text.padStart(wide) : text.padEnd(wide)
        if (column.head !== 'DRILLED, UTC' || text === column.head) return filled
        return paint(text === NOT_YET ? GREY : GREEN, filled)
      })
      .join('  ')
      .trimEnd()
  const lines = [
    paint(
      GREY,
      line(({ head }) => head),
    ),
  ]
  for (const backup of backups) {
    lines.push(line(({ cell }) => cell(backup)))
    if (fitting === undefined) lines.push(`  ${paint(GREY, backup.id)}`)
    const { damagedPageCount: pages } = backup
    if (pages > 0) lines.push(paint(RED, `  ${pages} PAGE${pages === 1 ? '' : 'S'} DAMAGED`))
  }
  return `${lines.join('\n')}\n`
}

function columnsOf(drilled: Drilled): readonly Column[] {
  return [
    { head: 'FINISHED, UTC', cell: ({ finishedMs }) => timeOf(finishedMs) },
    { head: 'KIND', cell: ({ synthetic, kind }) => (synthetic ? 'synthetic full' : kind) },
    { head: 'DATA', cell: ({ plainBytes }) => sizeOf(plainBytes), right: true },
    { head: 'STORED', cell: ({ storedBytes }) => sizeOf(storedBytes), right: true },
    { head: 'LOG FROM', cell: ({ startLsn }) => formatLsn(startLsn) },
    { head: 'DRILLED, UTC', cell: ({ id }) => timeOf(drilled.get(id)) },
    { head: 'ID', cell: ({ id }) => id },
    { head: 'BUILDS ON', cell: ({ parentId }) => parentId ?? '-' },
    { head: 'LABEL', cell: ({ label }) => label },
  ]
}

function without(columns: readonly Column[], heads: readonly string[]): readonly Column[] {
  return columns.filter(({ head }) => !heads.includes(head))
}

function columnWidth({ head, cell }: Column, backups: readonly BackupRecord[]): number {
  return backups.reduce((most, backup) => Math.max(most, cell(backup).length), head.length)
}

function widthOf(columns: readonly Column[], backups: readonly BackupRecord[]): number {
  const between = 2 * (columns.length - 1)
  return columns.reduce((sum, column) => sum + columnWidth(column, backups), between)
}

/** `2026-11-24 04:11:26`. */
export function timeOf(ms: number | undefined): string {
  return ms === undefined ? NOT_YET : new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

/** `41.7 MB`, and from ten gibibytes on `12.3 GB`. */
export function sizeOf(bytes: number): string {
  const megabytes = bytes / 1024 / 1024
  return megabytes < 10_240 ? `${megabytes.toFixed(1)} MB` : `${(megabytes / 1024).toFixed(1)} GB`
}
