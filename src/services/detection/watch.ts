/**
 * Reads along with the SQL gateway's book, event by event; says what each sets off. No I/O.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import type { DetectionConfig } from './config.ts'
import { detectorOf } from './detectors.ts'
import { StatementJudge } from './statements.ts'
import { Window } from './windows.ts'

type Peer = { readonly role: string; readonly database: string; readonly address: string }

/** What an account was seen to do. */
type Habits = {
  sessions: number
  readonly addresses: Set<string>
  readonly tools: Set<string>
  /** The most rows within a minute, read and changed. */
  read: number
  changed: number
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const SESSIONS_MAX = 10_000
const ROLES_MAX = 1_000
const SET_MAX = 1_000
/** Sessions after which an account has habits. */
const SESSIONS_KNOWN = 20
/** Of a longer text the book's first record holds a part only, which proves nothing. */
const TEXT_BYTES_MAX = 128 * 1024
/** Of what the prober does beside its numbered attacks. */
const NO_NUMBER = 'unnumbered'
const DRILL = /veilig-drill-[0-9a-f]{32}/

export class Watch {
  readonly #config: DetectionConfig
  readonly #judge = new StatementJudge()
  readonly #peers = new Map<string, Peer>()
  readonly #habits = new Map<string, Habits>()
  readonly #failures = new Window(MINUTE_MS)
  readonly #patient = new Window(HOUR_MS)
  readonly #read = new Window(MINUTE_MS)
  readonly #changed = new Window(MINUTE_MS)

  constructor(config: DetectionConfig) {
    this.#config = config
  }

  /** What an event sets off; most set off nothing. */
  see(event: RecordedEvent): readonly Finding[] {
    return this.#findings(event).map((found) =>
      this.#isDrill(found.role) ? { drill: NO_NUMBER, ...found } : found,
    )
  }

  #findings(event: RecordedEvent): readonly Finding[] {
    switch (event.code) {
      case 'DB_STATEMENT':
        return this.#statement(event)
      case 'DB_STATEMENT_DONE':
        return this.#done(event)
      case 'DB_SESSION_OPENED':
        return this.#opened(event)
      case 'DB_LOGIN_FAILED':
        return this.#loginFailed(event)
      case 'DB_STATEMENT_REFUSED':
        return [finding('access.refused', event, peerOf(event), text(event, 'rule'))]
      case 'DB_SESSION_CLOSED':
        this.#peers.delete(text(event, 'session'))
        return []
      default:
        return []
    }
  }

  #statement(event: RecordedEvent): readonly Finding[] {
    const kind = text(event, 'kind')
    const sql = text(event, 'sql')
    if ((kind !== 'query' && kind !== 'parse') || sql === '') return []
    if (event.detail['truncated'] === true || number(event, 'sqlBytes') > TEXT_BYTES_MAX) return []
    const peer = peerOf(event)
    const ids = this.#judge.judge(sql, peer.role).filter((id) => this.#matters(id, peer.role))
    if (ids.length === 0) this.#judge.learn(sql, peer.role)
    const drill = this.#isDrill(peer.role) ? DRILL.exec(sql)?.[0] : undefined
    const numbered = drill === undefined ? {} : { drill }
    return ids.map((id) => ({ ...finding(id, event, peer, ''), ...numbered }))
  }

  /** Who runs the database for a living changes it; only what no work needs is told. */
  #matters(id: string, role: string): boolean {
    if (!id.startsWith('escalation.') || !this.#config.administrators.includes(role)) return true
    return detectorOf(id).severity === 'critical'
  }

  #done(event: RecordedEvent): readonly Finding[] {
    const peer = this.#peers.get(text(event, 'session'))
    if (!peer) return []
    const found: Finding[] = []
    const habits = this.#habitsOf(peer.role)
    const read = number(event, 'rowsSent')
    if (read > 0) {
      const sum = this.#read.add(peer.role, event.timeMs, read)
      if (this.#isMass(sum, habits.read)) {
        const evidence = `${sum} rows within a minute, at most ${habits.read} before`
        found.push(finding('data.mass-read', event, peer, evidence))
      }
      habits.read = Math.max(habits.read, sum)
    }
    const [, count] = /^(?:DELETE|UPDATE|MERGE) (\d+)$/.exec(text(event, 'tag')) ?? []
    if (count !== undefined && count !== '0') {
      const sum = this.#changed.add(peer.role, event.timeMs, Number(count))
      if (this.#isMass(sum, habits.changed)) {
        const evidence = `${sum} rows within a minute, at most ${habits.changed} before`
        found.push(finding('data.mass-change', event, peer, evidence))
      }
      habits.changed = Math.max(habits.changed, sum)
    }
    return found
  }

  #isMass(sum: number, before: number): boolean {
    const { rowsFloor, factor } = this.#config.mass
    return sum > rowsFloor && sum > before * factor
  }

  #opened(event: RecordedEvent): readonly Finding[] {
    const peer = peerOf(event)
    this.#peers.set(text(event, 'session'), peer)
    if (this.#peers.size > SESSIONS_MAX) this.#peers.delete(this.#peers.keys().next().value ?? '')
    const found: Finding[] = []
    const failed = Math.max(
      this.#patient.sum(`role ${peer.role}`, event.timeMs),
      this.#patient.sum(`address ${peer.address}`, event.timeMs),
    )
    if (failed >= this.#config.bruteForce.perMinute && !this.#isDrill(peer.role)) {
      const evidence = `${failed} wrong passwords before`
      found.push(finding('login.success-after-failures', event, peer, evidence))
      this.#patient.forget(`role ${peer.role}`)
      this.#patient.forget(`address ${peer.address}`)
    }
    if (event.detail['replication'] === true)
      found.push(finding('data.replication-started', event, peer, 'a replication connection'))
    const habits = this.#habitsOf(peer.role)
    const tool = text(event, 'application')
    if (habits.sessions++ >= SESSIONS_KNOWN) {
      if (!habits.addresses.has(peer.address))
        found.push(finding('access.new-address', event, peer, ''))
      if (!habits.tools.has(tool)) found.push(finding('access.new-tool', event, peer, tool))
    }
    if (habits.addresses.size < SET_MAX) habits.addresses.add(peer.address)
    if (habits.tools.size < SET_MAX) habits.tools.add(tool)
    return found
  }

  /** Counted by the account and by the address: many addresses, many accounts, both are seen. */
  #loginFailed(event: RecordedEvent): readonly Finding[] {
    const peer = peerOf(event)
    if (this.#isDrill(peer.role)) return []
    const { perMinute, perHour } = this.#config.bruteForce
    const names = [`role ${peer.role}`, `address ${peer.address}`]
    const fast = Math.max(...names.map((name) => this.#failures.add(name, event.timeMs)))
    const slow = Math.max(...names.map((name) => this.#patient.add(name, event.timeMs)))
    if (fast < perMinute && slow < perHour) return []
    const evidence = fast >= perMinute ? `${fast} within a minute` : `${slow} within an hour`
    return [finding('login.brute-force', event, peer, `${evidence}`)]
  }

  #isDrill(role: string): boolean {
    return this.#config.drillRoles.includes(role)
  }

  #habitsOf(role: string): Habits {
    const known = this.#habits.get(role)
    if (known) return known
    const habits: Habits = {
      sessions: 0,
      addresses: new Set(),
      tools: new Set(),
      read: 0,
      changed: 0,
    }
    if (this.#habits.size < ROLES_MAX) this.#habits.set(role, habits)
    return habits
  }
}

function finding(detector: string, event: RecordedEvent, peer: Peer, evidence: string): Finding {
  const session = text(event, 'session')
  return { detector, ...peer, session, evidence, atMs: event.timeMs }
}

function peerOf(event: RecordedEvent): Peer {
  return {
    role: text(event, 'user'),
    database: text(event, 'database'),
    address: text(event, 'address'),
  }
}

function text({ detail }: RecordedEvent, field: string): string {
  const value = detail[field]
  return typeof value === 'string' ? value : ''
}

function number({ detail }: RecordedEvent, field: string): number {
  const value = detail[field]
  return typeof value === 'number' ? value : 0
}
