/**
 * `veilig backup list`: the backups and the log that can be restored.
 *
 * Needs no key: the catalogue is signed, not secret.
 *
 * @module
 */
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import type { HeldFrom } from '#services/backup/repository/entries.ts'
import { readCatalogue } from '#services/backup/repository/catalogue.ts'
import type { Catalogue, WalRange } from '#services/backup/repository/repository.ts'
import type { BackupStatus } from '#services/backup/status.ts'
import { findGaps } from '#services/backup/wal/gaps.ts'
import { backupTable, sizeOf, timeOf } from '../backup-table.ts'
import type { Command } from '../command.ts'
import { lastDrills, type Drilled } from '../receipts.ts'
import { backupNow, faultLine, regionLine } from '../region-lines.ts'
import { openForReading } from '../repository.ts'

export const backupListCommand: Command = {
  name: 'backup list',
  summary: 'show the backups and the log that can be restored',
  usage: '',
  options: {},
  run: async (context, { values, interactive }) => {
    const reader = await openForReading(context, context.config.backup.regions)
    const catalogue = await readCatalogue(reader)
    const drilled = await lastDrills(context.paths)
    const holds = [...reader.chain.state.holds.values()]
    const json = values['json'] === true
    const now = await backupNow(context.paths)
    const living = now === undefined ? '' : faultLine(now) + now.regions.map(regionLine).join('')
    process.stdout.write(
      json
        ? asJson(catalogue, drilled, holds, now)
        : `${asText(catalogue, drilled, holds, interactive)}${living}`,
    )
    return 0
  },
}

function asJson(
  { repositoryId, cluster, backups, wal, histories }: Catalogue,
  drilled: Drilled,
  holds: readonly HeldFrom[],
  now: BackupStatus | undefined,
): string {
  const plain = (_: string, value: unknown): unknown =>
    typeof value === 'bigint' ? String(value) : value
  const shown = {
    repositoryId,
    systemIdentifier: cluster?.systemIdentifier,
    backups: backups.map((backup) => ({
      ...backup,
      drilledMs: drilled.get(backup.id) ?? null,
      startLsn: formatLsn(backup.startLsn),
      endLsn: formatLsn(backup.endLsn),
    })),
    wal: wal.map(rangeOf),
    gaps: findGaps(wal, histories).map(rangeOf),
    logFault: now?.log.fault ?? null,
    regions: now?.regions ?? null,
    holds: holds.map(({ id, fromMs, writtenMs, reason }) => ({ id, fromMs, writtenMs, reason })),
  }
  return `${JSON.stringify(shown, plain)}\n`
}

function rangeOf({ timeline, startLsn, endLsn }: WalRange): Record<string, unknown> {
  return { timeline, startLsn: formatLsn(startLsn), endLsn: formatLsn(endLsn) }
}

function asText(
  { backups, wal, histories }: Catalogue,
  drilled: Drilled,
  holds: readonly HeldFrom[],
  colours: boolean,
): string {
  if (backups.length === 0) return 'No backup is finished yet.\n'
  const width = colours ? process.stdout.columns : undefined
  const gaps = findGaps(wal, histories).map(gapLine)
  const lost = colours ? gaps.map((line) => `\u001b[31m${line.trimEnd()}\u001b[0m\n`) : gaps
  const log = [...wal.map(logLine), ...lost].join('')
  const table = backupTable(backups, drilled, { width, colours })
  return `${table}\n${log}${holds.map(holdLine).join('')}`
}

function logLine({ timeline, startLsn, endLsn }: WalRange): string {
  const size = sizeOf(Number(endLsn - startLsn))
  const range = `${formatLsn(startLsn)} to ${formatLsn(endLsn)}`
  return `Log of timeline ${timeline}: ${range}, without a hole (${size}).\n`
}

function gapLine({ timeline, startLsn, endLsn }: WalRange): string {
  const range = `${formatLsn(startLsn)} to ${formatLsn(endLsn)}`
  return `GAP on timeline ${timeline}: ${range} was never received and cannot be restored.\n`
}

function holdLine({ id, fromMs, reason }: HeldFrom): string {
  return `Held from ${timeOf(fromMs)} UTC on, hold ${id}: ${reason}.\n`
}
