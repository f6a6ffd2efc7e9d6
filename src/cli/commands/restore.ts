/**
 * `veilig restore`: a data directory as it was, ready for a stock PostgreSQL to start.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import type { RecoveryAction } from '#services/backup/restore/recovery-files.ts'
import {
  restore,
  type RestoreProgress,
  type RestoreReport,
} from '#services/backup/restore/restore.ts'
import { parseTarget } from '#services/backup/restore/target.ts'
import { systemDisk } from '#system/disk.ts'
import { postgresAccount } from '#system/postgres/user.ts'
import type { Command, CommandInput } from '../command.ts'
import { openForReading, readKeyFile } from '../repository.ts'
import { progressText } from './backup-run.ts'

const ACTIONS: readonly RecoveryAction[] = ['promote', 'pause', 'shutdown']
const PROGRESS_MS = 200

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'bring back the database as it was',
  usage: '--to TIME|LSN|NAME|latest --into DIR [--key FILE] [--timeline N] [--action promote]',
  options: {
    to: { type: 'string' },
    into: { type: 'string' },
    key: { type: 'string' },
    timeline: { type: 'string' },
    action: { type: 'string' },
  },
  run: async (context, input) => {
    const { to, into, key, timeline, action = 'promote' } = input.values
    if (typeof to !== 'string' || typeof into !== 'string' || into === '') {
      throw new UsageError(
        'OPTION_INVALID',
        'say where to end with --to and where to write with --into',
      )
    }
    const target = parseTarget(to)
    const identity = await readKeyFile(context.paths, key)
    const reader = await openForReading(context, context.config.backup.regions, identity)
    const progress = input.interactive ? progressLine(context.clock) : undefined
    const report = await restore({
      reader,
      target,
      into,
      timeline: timeline === undefined ? undefined : timelineFrom(timeline),
      action: actionFrom(action),
      account: postgresAccount(),
      disk: systemDisk,
      clock: context.clock,
      signal: input.signal,
      ...(progress ? { progress } : {}),
    })
    const text =
      input.values['json'] === true ? `${JSON.stringify(report)}\n` : asText(report, input)
    process.stdout.write(text)
    return 0
  },
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

const PHASES: Readonly<Record<RestoreProgress['phase'], string>> = {
  log: 'log  ',
  files: 'files',
  settling: 'to disk',
}

function progressLine(clock: { monotonicMs(): number }): (progress: RestoreProgress) => void {
  let phase = ''
  let begunMs = 0
  let shownMs = -Infinity
  return (progress) => {
    const nowMs = clock.monotonicMs()
    if (progress.phase !== phase) [phase, begunMs] = [progress.phase, nowMs]
    else if (nowMs - shownMs < PROGRESS_MS) return
    shownMs = nowMs
    const { doneBytes, totalBytes } = progress
    const text = progressText(doneBytes, totalBytes, nowMs - begunMs)
    process.stdout.write(`\r\x1b[2K${PHASES[progress.phase]}${text}`)
  }
}

function asText(report: RestoreReport, { interactive }: CommandInput): string {
  const seconds = report.tookMs / 1000
  const speed = report.bytes / 1024 / 1024 / seconds
  const lines = [
    `Restored ${report.files} files and ${report.logSegments} segments of log into ${report.into}`,
    `in ${seconds.toFixed(1)} s (${speed.toFixed(0)} MB/s), from backup ${report.backupId}.`,
    `PostgreSQL will recover to: ${report.stop}.`,
    ...Object.entries(report.tablespaces).map(([oid, at]) => `Tablespace ${oid} lies in ${at}.`),
    ...(report.note === undefined ? [] : [`Note: ${report.note}.`]),
    'Start PostgreSQL of the same major version on it; it recovers by itself.',
  ]
  return `${interactive ? '\r\x1b[2K' : ''}${lines.join('\n')}\n`
}
