/**
 * What the backup says of itself that a person must hear: a region behind and in step again, a
 * database with damaged pages, a backup that does not come, log that is lost.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import { findingOf, number, text, type Peer } from './watched.ts'

const NOBODY: Peer = { role: '', database: '', address: '' }
/** The only book whose word counts here. */
const BOOK = 'backup'

export function backupFindings(event: RecordedEvent): readonly Finding[] {
  if (event.process !== BOOK) return []
  const found = (id: string, evidence: string): Finding => findingOf(id, event, NOBODY, evidence)
  switch (event.code) {
    case 'REGION_LAGGING':
    case 'REGION_CURRENT':
      return [regionFinding(event)]
    case 'BACKUP_DAMAGED':
      return [found('backup.damaged', `${number(event, 'pages')} pages, see ${text(event, 'id')}`)]
    case 'BACKUP_OVERDUE':
      return [{ ...found('backup.overdue', text(event, 'kind')), subject: text(event, 'kind') }]
    case 'WAL_GAP':
      return [found('backup.log-lost', `from ${text(event, 'after')} to ${text(event, 'until')}`)]
    case 'SYNCHRONOUS_WAITING':
      return [{ ...found('backup.commits-wait', ''), ends: 'backup.commits-flow' }]
    case 'SYNCHRONOUS_FLOWING':
      return [{ ...found('backup.commits-flow', ''), ends: 'backup.commits-wait' }]
    default:
      return []
  }
}

function regionFinding(event: RecordedEvent): Finding {
  const region = text(event, 'region')
  const lags = event.code === 'REGION_LAGGING'
  const [id, ends] = lags
    ? (['backup.region-lagging', 'backup.region-current'] as const)
    : (['backup.region-current', 'backup.region-lagging'] as const)
  const seconds = Math.round(number(event, 'lagMs') / 1000)
  const reason = text(event, 'reason')
  const why = reason === '' ? '' : `: ${reason}`
  const evidence = lags ? `${region}, ${seconds} s behind${why}` : region
  return { ...findingOf(id, event, NOBODY, evidence), subject: region, ends }
}
