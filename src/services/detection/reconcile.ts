/**
 * The record against the server's own word: sessions that the gateway never opened, statements
 * that it never passed. Who reaches the database by another door is told by that alone.
 *
 * Both sides are asked at moments of their own, so nothing is concluded from one look: a session is
 * foreign when two looks in a row show it and the record does not; a count is too high when it is
 * higher above the record than it ever was.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import { keepNewest } from '#lib/keep-newest.ts'
import { provesWork, type LogLine } from '#protocol/postgres/server-log.ts'
import type { ServerSession } from '#protocol/postgres/server-session.ts'
import type { Finding } from './alert.ts'
import { number, text } from './watched.ts'

/** What the server says at one moment. */
export type ServerLook = {
  readonly sessions: readonly ServerSession[]
  /** Role → statements executed so far; undefined where pg_stat_statements is not to be had. */
  readonly calls: ReadonlyMap<string, number> | undefined
}

export type ReconcileState = {
  /** Session, its role and backend, and when it was opened. */
  readonly sessions: readonly (readonly [string, Opened])[]
}

type Opened = { readonly role: string; readonly pid: number; readonly atMs: number }

/** What is known of one role's counts. */
type Count = {
  /** The largest difference so far between what the server counts and what is on record. */
  above: number
  /** The difference at the last look: what ran at that moment may not have been on record yet. */
  last: number
  /** What the server said last: less means that it forgot. */
  calls: number
}

const SESSIONS_MAX = 20_000
const ROLES_MAX = 1_000
/** A login takes so long at most, and clocks differ a little. */
const LOGIN_MS = 3_600_000
const SKEW_MS = 5_000
const SET_ROLE = /\bset\s+(?:local\s+|session\s+)*(?:role|authorization)\s+(?:to\s+)?"?([\w$-]+)/gi

export class Reconciliation {
  /** `role`, or `role/application`, of those that need not pass the gateway. */
  readonly #direct: ReadonlySet<string>
  /** Those of them by role alone: counts do not tell applications apart. */
  readonly #directRoles: ReadonlySet<string>
  readonly #sessions = new Map<string, Opened>()
  readonly #byPid = new Map<number, Opened>()
  /** Role → commands on record since this began to listen. */
  readonly #recorded = new Map<string, number>()
  readonly #counts = new Map<string, Count>()
  /** Roles that others take by SET ROLE: their counts are not their sessions'. */
  readonly #taken = new Set<string>()
  /** The same, just before the look. */
  #recordedBefore: ReadonlyMap<string, number> = new Map()
  /** Foreign sessions of the look before, and those told. */
  #foreign = new Set<string>()
  readonly #told = new Set<string>()
  /** Sessions that the server's log told of. */
  readonly #toldByLog = new Map<string, true>()

  constructor(direct: readonly string[]) {
    this.#direct = new Set(direct)
    this.#directRoles = new Set(direct.map((entry) => entry.split('/', 1)[0] ?? ''))
  }

  state(): ReconcileState {
    return { sessions: [...this.#sessions] }
  }

  restore({ sessions }: ReconcileState): void {
    for (const [session, opened] of sessions) this.#open(session, opened)
  }

  /** Takes note of what the gateway recorded. */
  see(event: RecordedEvent): void {
    if (event.code === 'DB_SESSION_OPENED') {
      const pid = number(event, 'backendPid')
      const opened = { role: text(event, 'user'), pid, atMs: event.timeMs }
      return this.#open(text(event, 'session'), opened)
    }
    if (event.code === 'DB_STATEMENT_DONE') return this.#done(event)
    if (event.code === 'DB_STATEMENT')
      for (const [, role = ''] of text(event, 'sql').matchAll(SET_ROLE))
        if (this.#taken.size < ROLES_MAX) this.#taken.add(role)
  }

  /** A look begins; the books must have been read to their end. */
  begin(): void {
    this.#recordedBefore = new Map(this.#recorded)
  }

  /** Compares; the books must have been read beyond the moment of the look. */
  look({ sessions, calls }: ServerLook, nowMs: number): readonly Finding[] {
    return [...this.#sessionsOf(sessions, nowMs), ...this.#callsOf(sessions, calls, nowMs)]
  }

  /**
   * Lines of the server's own log; the books must have been read beyond the moment they were
   * written. A session that did something and was never opened by the gateway is told once, however
   * short it was.
   */
  logged(lines: readonly LogLine[], nowMs: number): readonly Finding[] {
    const found: Finding[] = []
    for (const line of lines) {
      const { role, database, address, pid, startMs, application } = line
      const key = `${pid} ${startMs}`
      if (!provesWork(line) || this.#isDirect(line) || this.#isOurs(line)) continue
      if (this.#toldByLog.has(key)) continue
      keepNewest(this.#toldByLog, key, true, SESSIONS_MAX)
      const evidence = `server process ${pid}, '${application.slice(0, 60)}', by the server's log`
      found.push(bypass({ role, database, address, evidence, nowMs }))
    }
    return found
  }

  #open(session: string, opened: Opened): void {
    this.#sessions.set(session, opened)
    if (opened.pid !== 0) this.#byPid.set(opened.pid, opened)
    if (this.#sessions.size <= SESSIONS_MAX) return
    const [oldest, gone] = this.#sessions.entries().next().value ?? ['', undefined]
    this.#sessions.delete(oldest)
    if (gone && this.#byPid.get(gone.pid) === gone) this.#byPid.delete(gone.pid)
  }

  /** Whatever may have been executed counts: a mistake must not look like a stranger. */
  #done(event: RecordedEvent): void {
    const role = this.#sessions.get(text(event, 'session'))?.role
    if (role === undefined) return
    const outcome = text(event, 'outcome')
    if (outcome === 'skipped' || outcome === 'refused') return
    const more = outcome === 'done' ? 0 : 1
    const known = this.#recorded.get(role) ?? 0
    if (known === 0 && this.#recorded.size >= ROLES_MAX) return
    this.#recorded.set(role, known + number(event, 'commands') + more)
  }

  #sessionsOf(sessions: readonly ServerSession[], nowMs: number): readonly Finding[] {
    const now = new Map<string, ServerSession>()
    for (const session of sessions)
      if (!this.#isDirect(session) && !this.#isOurs(session))
        now.set(`${session.pid} ${session.startMs}`, session)
    const found: Finding[] = []
    for (const [key, session] of now) {
      if (!this.#foreign.has(key) || this.#told.has(key)) continue
      this.#told.add(key)
      const { role, database, address, pid, application } = session
      const evidence = `server process ${pid}, '${application.slice(0, 60)}'`
      found.push(bypass({ role, database, address, evidence, nowMs }))
    }
    for (const key of this.#told) if (!now.has(key)) this.#told.delete(key)
    this.#foreign = new Set(now.keys())
    return found
  }

  #callsOf(
    sessions: readonly ServerSession[],
    calls: ServerLook['calls'],
    nowMs: number,
  ): readonly Finding[] {
    const found: Finding[] = []
    for (const [role, sum] of calls ?? []) {
      if (this.#taken.has(role) || this.#directRoles.has(role)) continue
      const known = this.#counts.get(role)
      if (!known || sum < known.calls) {
        // What was recorded before may be counted later: of each session that is open, once.
        const open = sessions.filter((session) => session.role === role).length
        const above = sum - (this.#recordedBefore.get(role) ?? 0) + open
        const count = { above, last: above, calls: sum }
        if (known || this.#counts.size < ROLES_MAX) this.#counts.set(role, count)
        continue
      }
      const above = sum - (this.#recorded.get(role) ?? 0)
      const lasting = Math.min(above, known.last)
      if (lasting > known.above) {
        const evidence = `at least ${lasting - known.above} more on the server than on record`
        found.push(bypass({ role, database: '', address: '', evidence, nowMs }))
      }
      known.above = Math.max(known.above, lasting)
      known.last = above
      known.calls = sum
    }
    return found
  }

  #isDirect({ role, application }: Pick<ServerSession, 'role' | 'application'>): boolean {
    return this.#direct.has(role) || this.#direct.has(`${role}/${application}`)
  }

  #isOurs({ pid, role, startMs }: Pick<ServerSession, 'pid' | 'role' | 'startMs'>): boolean {
    const opened = this.#byPid.get(pid)
    if (opened?.role !== role) return false
    const afterMs = opened.atMs - startMs
    return afterMs > -SKEW_MS && afterMs < LOGIN_MS
  }
}

type Seen = Pick<Finding, 'role' | 'database' | 'address' | 'evidence'> & {
  readonly nowMs: number
}

function bypass({ nowMs, ...seen }: Seen): Finding {
  return { detector: 'ring.bypass', session: '', ...seen, atMs: nowMs }
}
