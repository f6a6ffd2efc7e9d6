/**
 * `veilig restore`: a data directory as it was, ready for a stock PostgreSQL to start.
 *
 * @module
 */
import { resolve } from 'node:path'
import { UsageError } from '#lib/errors.ts'
import type { RecoveryAction } from '#services/backup/restore/recovery-files.ts'
import {
  restore,
  type RestoreOptions,
  type RestoreProgress,
  type RestoreReport,
} from '#services/backup/restore/restore.ts'
import { parseTarget } from '#services/backup/restore/target.ts'
import type { Clock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { postgresAccount } from '#system/postgres/user.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { openForReading, readKeyFile } from '../repository.ts'
import { megabytes, progressText } from './backup-run.ts'

const ACTIONS: readonly RecoveryAction[] = ['promote', 'pause', 'shutdown']
const PROGRESS_MS = 200
const LINES_MS = 1000

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'bring back the database as it was',
  usage: '--to MOMENT (--into DIR | --table NAME --live URL | --database NAME --live URL)',
  more: [
    '  --to MOMENT       2026-11-24T10:15:00Z, latest, immediate (the end of the newest backup),',
    '                    xid:N (the end of a transaction), an LSN, or the name of a restore point',
    '  --into DIR        a folder that is new or empty; the whole cluster is put into it',
    '  --delta           DIR holds an older state of this cluster: write only what differs',
    '  --action WHAT     at that moment: promote (default), pause or shutdown',
    '  --table NAME      bring SCHEMA.NAME back as SCHEMA.NAME_restored beside the live table',
    '  --database NAME   bring NAME back as NAME_restored beside the live database',
    '  --live URL        where the live one is, as postgresql://USER@HOST/DATABASE; the',
    '                    password may come from PGPASSWORD',
    '  --tools DIR       where pg_dump and psql are',
    '  --timeline N      which branch, where the database went on from an older moment',
    '  --key FILE        the recovery key; without it the one in the data folder',
    '',
    'Nothing that runs is touched. For example:',
    '  veilig restore --to latest --into /srv/restored',
    '  veilig restore --to 2026-11-24T10:15:00Z --table app.bookings --live postgres://db/club',
  ],
  options: {
    to: { type: 'string' },
    into: { type: 'string' },
    delta: { type: 'boolean' },
    table: { type: 'string' },
    database: { type: 'string' },
    tools: { type: 'string' },
    live: { type: 'string' },
    key: { type: 'string' },
    timeline: { type: 'string' },
    action: { type: 'string' },
  },
  run: async (context, input) => {
    const { to, into, key, timeline, action = 'promote' } = input.values
    const place = typeof into === 'string' && into !== '' ? into : undefined
    const beside = besideWhat(input.values)
    if (typeof to !== 'string' || (place === undefined) === (beside === undefined)) {
      throw new UsageError('OPTION_INVALID', whatIsMissing(input.values))
    }
    const target = parseTarget(to)
    if (place !== undefined && resolve(place) === resolve(context.paths.cluster('protected'))) {
      const { useApproval } = await import('./approval.ts') // seldom wanted, and loads HTTP
      await useApproval(context, 'restore-over-production', resolve(place))
    }
    const identity = await readKeyFile(context.paths, key)
    const reader = await openForReading(context, context.config.backup.regions, identity)
    const json = input.values['json'] === true
    const progress = progressFor(json ? 'lines' : input.interactive ? 'terminal' : 'none', context)
    const options = {
      reader,
      target,
      timeline: timeline === undefined ? undefined : timelineFrom(timeline),
      account: postgresAccount(),
      disk: systemDisk,
      clock: context.clock,
      threadsMax: context.config.backup.restoreThreads,
      signal: input.signal,
      ...(progress ? { progress } : {}),
    }
    const asked = actionFrom(action)
    const text = !beside
      ? await directoryText({ ...options, into: place ?? '', action: asked }, input)
      : 'table' in beside
        ? await tableText(context, beside, options, input)
        : await databaseText(context, beside, options, input)
    process.stdout.write(text)
    return 0
  },
}

/** The one thing to add, for somebody who is in a hurry. */
export function whatIsMissing({ to, into, table, database, live }: CommandInput['values']): string {
  if (typeof to !== 'string') return 'say where to end: --to 2026-11-23T14:05:00Z, or --to latest'
  if (table !== undefined && database !== undefined) return 'bring back a --table or a --database'
  const beside = table === undefined ? '--database' : '--table'
  if ((table ?? database) === undefined) {
    return 'say where to write: --into /a/new/folder, or --table or --database with --live'
  }
  if (into !== undefined) return `${beside} has a folder of its own: leave --into out`
  if (live === undefined) {
    return `${beside} goes beside the live one: add --live postgresql://USER@HOST/DATABASE`
  }
  return 'say where to write'
}

type Beside = { readonly live: string } & (
  { readonly table: string } | { readonly name: string; readonly tools: string | undefined }
)

function besideWhat({ table, database, live, tools }: CommandInput['values']): Beside | undefined {
  if (typeof live !== 'string' || (table === undefined) === (database === undefined))
    return undefined
  if (typeof table === 'string') return { live, table }
  const folder = typeof tools === 'string' ? tools : undefined
  return { live, name: String(database), tools: folder }
}

async function databaseText(
  context: Context,
  beside: { readonly name: string; readonly live: string; readonly tools: string | undefined },
  options: Omit<RestoreOptions, 'into' | 'action'>,
  input: CommandInput,
): Promise<string> {
  const begunMs = context.clock.monotonicMs()
  let shownMs = -Infinity
  const onCopy = (doneBytes: number, totalBytes: number): void => {
    const nowMs = context.clock.monotonicMs()
    if (!input.interactive || nowMs - shownMs < PROGRESS_MS) return
    shownMs = nowMs
    const total = Math.max(doneBytes, totalBytes)
    process.stdout.write(`\r\x1b[2Kcopy ${progressText(doneBytes, total, nowMs - begunMs)}`)
  }
  const { restoreDatabase } = await import('../restore-database.ts') // much, and seldom wanted
  const report = await restoreDatabase(context, { ...beside, onCopy }, options)
  if (input.values['json'] === true) return `${JSON.stringify(report)}\n`
  const { database, tables, rows, stop, tookMs } = report
  const clear = input.interactive ? '\r\x1b[2K' : ''
  const took = `${(tookMs / 1000).toFixed(1)} s`
  const held = `${counted(tables, 'table')} and ${counted(rows, 'row')}`
  const done = `${database} holds ${held}, recovered ${reaching(stop)}, in ${took}`
  return `${clear}${done}. The live database is as it was.\n`
}

async function directoryText(options: RestoreOptions, input: CommandInput): Promise<string> {
  const report = await restore({ ...options, over: input.values['delta'] === true })
  return input.values['json'] === true ? `${JSON.stringify(report)}\n` : asText(report, input)
}

async function tableText(
  context: Context,
  beside: { readonly table: string; readonly live: string },
  options: Omit<RestoreOptions, 'into' | 'action'>,
  input: CommandInput,
): Promise<string> {
  let shownMs = -Infinity
  const onRows = (rows: number): void => {
    const nowMs = context.clock.monotonicMs()
    if (!input.interactive || nowMs - shownMs < PROGRESS_MS) return
    shownMs = nowMs
    process.stdout.write(`\r\x1b[2Krows   ${rows}`)
  }
  const { restoreTable } = await import('../restore-table.ts') // much, and seldom wanted
  const report = await restoreTable(context, { ...beside, onRows }, options)
  if (input.values['json'] === true) return `${JSON.stringify(report)}\n`
  const { table, rows, stop, tookMs } = report
  const clear = input.interactive ? '\r\x1b[2K' : ''
  const took = `${(tookMs / 1000).toFixed(1)} s`
  const done = `${table} holds ${counted(rows, 'row')}, recovered ${reaching(stop)}, in ${took}`
  return `${clear}${done}. The live table is as it was.\n`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** 'through 0/3000060' and 'up to 0/3000060' say it; all else is a place to come to. */
function reaching(stop: string): string {
  return /^(?:through|up to) /.test(stop) ? stop : `to ${stop}`
}

function timelineFrom(text: string | boolean): number {
  const timeline = Number(text)
  if (Number.isInteger(timeline) && timeline >= 1 && timeline <= 0xffff_ffff) return timeline
  throw new UsageError('OPTION_INVALID', '--timeline is a number from 1')
}

function actionFrom(text: string | boolean): RecoveryAction {
  const action = ACTIONS.find((known) => known === text)
  if (action) return action
  throw new UsageError('OPTION_INVALID', `--action is one of ${ACTIONS.join(', ')}`)
}

/** Nobody knows how long the disk takes for what it was given. */
function lineOf({ phase, doneBytes, totalBytes }: RestoreProgress, elapsedMs: number): string {
  if (phase === 'settling') return `${megabytes(totalBytes)} MB are being made safe on the disk`
  return `${phase.padEnd('files'.length)}${progressText(doneBytes, totalBytes, elapsedMs)}`
}

/** A line that is written over on a terminal; JSON lines on standard error, the report apart. */
function progressFor(
  how: 'terminal' | 'lines' | 'none',
  { clock }: { readonly clock: Clock },
): ((progress: RestoreProgress) => void) | undefined {
  if (how === 'none') return undefined
  let phase = ''
  let begunMs = clock.monotonicMs() // of the first phase; what is read before it is heard of counts
  let shownMs = -Infinity
  return (progress) => {
    const nowMs = clock.monotonicMs()
    if (progress.phase !== phase) {
      if (phase !== '') begunMs = nowMs
      phase = progress.phase
    } else if (nowMs - shownMs < (how === 'lines' ? LINES_MS : PROGRESS_MS)) return
    shownMs = nowMs
    const { doneBytes, totalBytes } = progress
    if (how === 'lines') {
      const pace = paceOf(doneBytes, totalBytes, nowMs - begunMs)
      process.stderr.write(`${JSON.stringify({ ...progress, ...pace })}\n`)
    } else process.stdout.write(`\r\x1b[2K${lineOf(progress, nowMs - begunMs)}`)
  }
}

/** Null while nothing can be said yet. */
function paceOf(
  doneBytes: number,
  totalBytes: number,
  elapsedMs: number,
): { bytesPerSecond: number | null; leftMs: number | null } {
  if (doneBytes === 0 || elapsedMs <= 0) return { bytesPerSecond: null, leftMs: null }
  const perMs = doneBytes / elapsedMs
  const left = Math.max(0, totalBytes - doneBytes)
  return { bytesPerSecond: Math.round(perMs * 1000), leftMs: Math.round(left / perMs) }
}

function asText(report: RestoreReport, input: CommandInput): string {
  const seconds = report.tookMs / 1000
  const speed = report.bytes / 1024 / 1024 / seconds
  const log = counted(report.logSegments, 'segment')
  const lines = [
    `Restored ${report.files} files and ${log} of log into ${report.into}`,
    `in ${seconds.toFixed(1)} s (${speed.toFixed(0)} MB/s), from backup ${report.backupId}.`,
    ...(report.writtenBytes < report.bytes && input.values['delta'] === true
      ? [`${megabytes(report.writtenBytes)} of ${megabytes(report.bytes)} MB had to be written.`]
      : []),
    `PostgreSQL will recover ${reaching(report.stop)}.`,
    ...Object.entries(report.tablespaces).map(([oid, at]) => `Tablespace ${oid} lies in ${at}.`),
    ...(report.note === undefined ? [] : [`Note: ${report.note}.`]),
    'Start PostgreSQL of the same major version on it, and it recovers by itself:',
    `  pg_ctl -D ${report.into} start`,
  ]
  return `${input.interactive ? '\r\x1b[2K' : ''}${lines.join('\n')}\n`
}
