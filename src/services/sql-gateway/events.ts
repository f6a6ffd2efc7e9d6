/**
 * The records of a session: one table of their shapes. The codes are explained in docs/events.md.
 *
 * @module
 */
import type { AuditEvent } from '#audit/trail.ts'
import type { Run } from '#protocol/postgres/statement-tracker.ts'
import type { SqlText } from './sql-text.ts'

/** Who is at the other end. */
export type Peer = {
  /** Identifies the session in all its records. */
  readonly session: string
  readonly user: string
  readonly database: string
  readonly address: string
}

/** Characters of SQL in one event; the trail takes events up to 1 MiB, JSON escapes included. */
const TEXT_PART_MAX = 128 * 1024

/** The record of a statement: one event, and for a long text one more for each further part. */
export function statementEvents(
  peer: Peer,
  application: string,
  run: Run<SqlText>,
): readonly AuditEvent[] {
  const sql = run.text?.sql ?? ''
  if (sql.length <= TEXT_PART_MAX) return [statementEvent(peer, application, run, sql)]
  const [first = '', ...parts] = partsOf(sql)
  const further = parts.map((part, at): AuditEvent => {
    const detail = { session: peer.session, sequence: run.sequence, part: at + 1, sql: part }
    return { code: 'DB_STATEMENT_TEXT', detail }
  })
  return [statementEvent(peer, application, run, first), ...further]
}

function partsOf(text: string): string[] {
  const parts: string[] = []
  for (let at = 0; at < text.length;) {
    let end = at + TEXT_PART_MAX
    if (isHighSurrogate(text.charCodeAt(end - 1))) end-- // never half a character
    parts.push(text.slice(at, end))
    at = end
  }
  return parts
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

function statementEvent(
  peer: Peer,
  application: string,
  run: Run<SqlText>,
  sql: string,
): AuditEvent {
  const { text } = run
  return {
    code: 'DB_STATEMENT',
    detail: {
      session: peer.session,
      sequence: run.sequence,
      kind: run.kind,
      user: peer.user,
      database: peer.database,
      address: peer.address,
      application,
      statement: shownName(run.statement),
      portal: shownName(run.portal),
      parsedAt: run.parsedAt,
      parameters: run.parameters,
      sql,
      sqlBytes: text?.sqlBytes ?? 0,
      sha256: text?.sha256 ?? '',
      truncated: text?.truncated ?? false,
      redacted: text?.redacted ?? false,
    },
  }
}

export function statementDoneEvent(peer: Peer, run: Run<SqlText>, nowMs: number): AuditEvent {
  return {
    code: 'DB_STATEMENT_DONE',
    detail: {
      session: peer.session,
      sequence: run.sequence,
      outcome: run.outcome,
      sqlstate: run.sqlstate,
      tag: run.tag,
      commands: run.commands,
      rows: run.rows,
      rowsSent: run.rowsSent,
      bytesOut: run.bytesOut,
      bytesIn: run.bytesIn,
      durationMs: Math.round((nowMs - run.startedMs) * 1000) / 1000,
    },
  }
}

export function commitFailedEvent(peer: Peer, sequence: number, sqlstate: string): AuditEvent {
  return { code: 'DB_COMMIT_FAILED', detail: { session: peer.session, sequence, sqlstate } }
}

/** Names are carried byte for byte; most are UTF-8, and people read those. */
function shownName(name: string): string {
  return name === '' ? name : Buffer.from(name, 'latin1').toString('utf8')
}
