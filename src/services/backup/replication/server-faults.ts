/**
 * What PostgreSQL's refusals mean to us, and what a person can do about each.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { ServerReport } from '#protocol/postgres/replication/messages.ts'

type Rule = {
  readonly sqlstate: string
  /** Needed where one SQLSTATE has several causes; tried on the untranslated message. */
  readonly pattern?: RegExp
  readonly code: string
  readonly advice: string
}

/** First match wins. PostgreSQL documentation, "Error Codes". */
const rules: readonly Rule[] = [
  {
    sqlstate: '28P01',
    code: 'DATABASE_PASSWORD_REFUSED',
    advice: 'set the password of the backup role again; the one we hold is not the one it has',
  },
  {
    sqlstate: '28000',
    code: 'DATABASE_NOT_ADMITTED',
    advice:
      'add a line to pg_hba.conf for this role and the database keyword "replication" with ' +
      'scram-sha-256, then reload; and check that the role exists and may log in',
  },
  {
    sqlstate: '42501',
    code: 'DATABASE_NOT_REPLICATION',
    advice:
      'ALTER ROLE … REPLICATION; a managed service that gives nobody this right (Amazon RDS, ' +
      'Cloud SQL, Azure Database) cannot be backed up this way',
  },
  {
    sqlstate: '08P01',
    pattern: /replication/i,
    code: 'DATABASE_NOT_DIRECT',
    advice:
      'something between us and PostgreSQL (a pooler?) knows no replication; connect directly',
  },
  {
    sqlstate: '53300',
    code: 'DATABASE_SENDERS_EXHAUSTED',
    advice: 'raise max_wal_senders (and set wal_level = replica if it is minimal), then restart it',
  },
  {
    sqlstate: '53400',
    code: 'DATABASE_SLOTS_EXHAUSTED',
    advice: 'raise max_replication_slots and restart PostgreSQL, or drop a slot nobody uses',
  },
  {
    sqlstate: '58P01',
    code: 'WAL_REMOVED',
    advice: 'PostgreSQL has recycled the WAL that comes next; the gap is recorded, a full follows',
  },
  {
    sqlstate: '55006',
    code: 'WAL_SLOT_BUSY',
    advice: 'another receiver streams from this slot; stop it, or give each a slot of its own',
  },
  {
    sqlstate: '42704',
    code: 'WAL_SLOT_LOST',
    advice: 'somebody dropped the replication slot; it is made again',
  },
  {
    sqlstate: '55000',
    pattern: /summar|manifest/i,
    code: 'BACKUP_DIFFERENCE_REFUSED',
    advice:
      'the server cannot say what changed since the last full backup, so a full one is taken; ' +
      'see that summarize_wal is on and wal_summary_keep_time is days',
  },
  {
    sqlstate: '55000',
    pattern: /wal_level|WAL level/i,
    code: 'DATABASE_WAL_LEVEL',
    advice: 'set wal_level = replica and restart PostgreSQL',
  },
  {
    sqlstate: '55000',
    pattern: /slot/i,
    code: 'WAL_SLOT_LOST',
    advice: 'the slot fell behind max_slot_wal_keep_size; it is made again and a full follows',
  },
  {
    sqlstate: '57P03',
    code: 'DATABASE_NOT_READY',
    advice: 'PostgreSQL is starting, stopping or recovering; we try again by ourselves',
  },
  {
    sqlstate: '57P01',
    code: 'DATABASE_STOPPED',
    advice: 'PostgreSQL was stopped or ended the connection; we try again by ourselves',
  },
]

const other = { code: 'DATABASE_FAILED', advice: 'PostgreSQL says no more; see its log' }

/** An error of the server as ours: its own words, and what to do. `cause` keeps the SQLSTATE. */
export function faultFrom(report: ServerReport): FaultError {
  const rule =
    rules.find(
      ({ sqlstate, pattern }) =>
        sqlstate === report.sqlstate && (pattern?.test(report.message) ?? true),
    ) ?? other
  const detail = report.detail === '' ? '' : ` (${report.detail})`
  const said = `PostgreSQL said ${report.sqlstate} "${report.message}"${detail}`
  return new FaultError(rule.code, `${said}: ${rule.advice}`, { cause: report })
}

/** The SQLSTATE behind a fault made here, or undefined. */
export function sqlstateOf(error: unknown): string | undefined {
  if (!(error instanceof FaultError)) return undefined
  return (error.cause as ServerReport | undefined)?.sqlstate
}
