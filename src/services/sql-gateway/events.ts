/**
 * The records of a session: one place for their shapes. The codes are explained in docs/events.md.
 *
 * A statement costs two records, so their JSON is put together from parts that are known already:
 * what concerns the session is quoted once, and so is the text of a prepared statement. It is the
 * very JSON the trail itself would make of the detail; a test holds this file to it.
 *
 * @module
 */
import type { AuditDetail, AuditEvent } from '#audit/trail.ts'
import type { Run } from '#protocol/postgres/statement-run.ts'
import type { Login } from './login.ts'
import { NOTHING_SAID, quote, withSql, type SqlText } from './sql-text.ts'

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

/** An event that exists as JSON; its detail is for the few who look into it. */
class WrittenEvent implements AuditEvent {
  readonly code: string
  readonly json: string

  constructor(code: string, json: string) {
    this.code = code
    this.json = json
  }

  get detail(): AuditDetail {
    return (JSON.parse(this.json) as AuditEvent).detail
  }
}

/** Makes the records of one session's statements. */
export class Scribe {
  readonly #peer: Peer
  readonly #address: string
  readonly #session: string
  readonly #database: string
  readonly #user: string
  #application = ''

  /** @param application The application_name at login. */
  constructor(peer: Peer, application: string) {
    this.#peer = peer
    this.#address = `{"code":"DB_STATEMENT","detail":{"address":${quote(peer.address)}`
    this.#session = `,"session":${quote(peer.session)}`
    this.#database = `,"database":${quote(peer.database)},"kind":"`
    this.#user = `,"user":${quote(peer.user)}}}`
    this.application = application
  }

  set application(name: string) {
    this.#application = `${this.#address},"application":${quote(name)}`
  }

  /** The record of a statement: one event, and for a long text one more for each further part. */
  statement(run: Run<SqlText>): readonly AuditEvent[] {
    const { text } = run
    if (!text || text.sql.length <= TEXT_PART_MAX) return [this.#statement(run, text)]
    const [sql = '', ...parts] = partsOf(text.sql)
    const further = parts.map((part, at): AuditEvent => {
      const detail = {
        session: this.#peer.session,
        sequence: run.sequence,
        part: at + 1,
        sql: part,
      }
      return { code: 'DB_STATEMENT_TEXT', detail }
    })
    return [this.#statement(run, withSql(text, sql)), ...further]
  }

  // Members in the order RFC 8785 sorts them.
  #statement(run: Run<SqlText>, text: SqlText | undefined): AuditEvent {
    const said = text ?? NOTHING_SAID
    return new WrittenEvent(
      'DB_STATEMENT',
      `${this.#application},"callSite":${quote(said.callSite)}${this.#database}${run.kind}"` +
        `,"parameters":${run.parameters},"parsedAt":${run.parsedAt}` +
        `,"portal":${shownName(run.portal)},"redacted":${said.redacted}` +
        `,"sequence":${run.sequence}${this.#session}${said.json}` +
        `,"statement":${shownName(run.statement)},"truncated":${said.truncated}${this.#user}`,
    )
  }

  done(run: Run<SqlText>, nowMs: number): AuditEvent {
    const columns = run.columns === '' ? '' : `,"personal":${quote(run.columns)}`
    const personalRows = run.columns === '' ? '' : `,"personalRows":${run.columnRows}`
    const durationMs = Math.round((nowMs - run.startedMs) * 1000) / 1000
    return new WrittenEvent(
      'DB_STATEMENT_DONE',
      `{"code":"DB_STATEMENT_DONE","detail":{"bytesIn":${run.bytesIn},"bytesOut":${run.bytesOut}` +
        `,"commands":${run.commands},"durationMs":${durationMs},"outcome":"${run.outcome}"` +
        columns +
        personalRows +
        `,"rows":${run.rows},"rowsSent":${run.rowsSent},"sequence":${run.sequence}` +
        `${this.#session},"sqlstate":${quote(run.sqlstate)},"tag":${quote(run.tag)}}}`,
    )
  }
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

/** How a session came to be, beyond who it is. */
export type Opening = {
  readonly replication: boolean
  /** Common name of the client's certificate, or ''. */
  readonly certificate: string
  readonly protocol: string
  readonly tls: string
}

export function openedEvent(peer: Peer, login: Login, opening: Opening): AuditEvent {
  const { application, method, backendKey } = login
  const backendPid = backendKey?.pid ?? 0
  const detail = { ...peer, application, backendPid, method, ...opening }
  return { code: 'DB_SESSION_OPENED', detail }
}

export function commitFailedEvent(peer: Peer, sequence: number, sqlstate: string): AuditEvent {
  return { code: 'DB_COMMIT_FAILED', detail: { session: peer.session, sequence, sqlstate } }
}

/** Names are carried byte for byte; most are UTF-8, and people read those. */
function shownName(name: string): string {
  if (name === '') return '""'
  return JSON.stringify(/^[ -~]*$/.test(name) ? name : Buffer.from(name, 'latin1').toString('utf8'))
}
