/**
 * Reads along with the books, event by event; says what each sets off. No I/O.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import { keepNewest } from '#lib/keep-newest.ts'
import type { Finding } from './alert.ts'
import type { DetectionConfig } from './config.ts'
import type { ListedNetworks } from './listed.ts'
import { LongTexts } from './long-texts.ts'
import type { JudgeState } from './statements.ts'
import { backupFindings } from './watch-backup.ts'
import { statusFindings } from './watch-status.ts'
import { DataWatch, type DataState } from './watch-data.ts'
import { LoginWatch, type LoginsState } from './watch-logins.ts'
import { MailWatch, type MailState } from './watch-mail.ts'
import { ProbingWatch } from './watch-probing.ts'
import { cardFinding, RingWatch, strangeCertificateFinding } from './watch-ring.ts'
import { StatementWatch } from './watch-statements.ts'
import { visitorFinding } from './watch-visitors.ts'
import { findingOf, peerOf, text, UNNUMBERED_DRILL, type Peer } from './watched.ts'

/** All that was learned, as it outlives the process. */
export type WatchState = {
  readonly judge: JudgeState
  readonly logins: LoginsState
  readonly data: DataState
  readonly probing: ReturnType<ProbingWatch['state']>
  readonly peers: readonly (readonly [string, Peer])[]
  /** Missing in what was kept before it was. */
  readonly mail?: MailState | undefined
}

const SESSIONS_MAX = 10_000

export class Watch {
  readonly #config: DetectionConfig
  readonly #statements: StatementWatch
  readonly #logins: LoginWatch
  readonly #data: DataWatch
  readonly #probing = new ProbingWatch()
  readonly #mail = new MailWatch()
  readonly #texts = new LongTexts()
  readonly #rings = new Map<string, RingWatch>()
  readonly #peers = new Map<string, Peer>()

  constructor(config: DetectionConfig) {
    this.#config = config
    this.#logins = new LoginWatch(config)
    this.#data = new DataWatch(config)
    this.#statements = new StatementWatch(config, this.#data, this.#probing)
  }

  state(): WatchState {
    return {
      judge: this.#statements.state(),
      logins: this.#logins.state(),
      data: this.#data.state(),
      probing: this.#probing.state(),
      peers: [...this.#peers],
      mail: this.#mail.state(),
    }
  }

  restore(state: WatchState): void {
    this.#statements.restore(state.judge)
    this.#logins.restore(state.logins)
    this.#data.restore(state.data)
    this.#probing.restore(state.probing)
    if (state.mail) this.#mail.restore(state.mail)
    for (const [session, peer] of state.peers) this.#peers.set(session, peer)
  }

  /** Lists of networks as they are now. */
  listed(networks: ListedNetworks): void {
    this.#logins.listed = networks
  }

  /** What an event sets off; most set off nothing. */
  see(event: RecordedEvent): readonly Finding[] {
    const { off } = this.#config
    const whole = this.#texts.see(event)
    const found = [
      ...(whole ? this.#statement(whole.event, whole.sql) : []),
      ...this.#ringOf(event.process).see(event),
      ...this.#findings(event),
    ]
    if (found.length === 0) return found
    return found
      .filter(({ detector }) => !off.includes(detector))
      .map((found) => (this.#isDrill(found.role) ? { drill: UNNUMBERED_DRILL, ...found } : found))
  }

  /** A statement that ran inside another, as the server's log tells: ways to more it takes. */
  inside(peer: Peer, sql: string, atMs: number): readonly Finding[] {
    return this.#statements
      .inside(peer, sql, atMs)
      .filter(({ detector }) => !this.#config.off.includes(detector))
  }

  #findings(event: RecordedEvent): readonly Finding[] {
    switch (event.code) {
      case 'DB_STATEMENT':
        return this.#texts.isLong(event) ? [] : this.#statement(event, text(event, 'sql'))
      case 'DB_STATEMENT_DONE':
        return this.#done(event)
      case 'DB_SESSION_OPENED':
        return this.#opened(event)
      case 'DB_LOGIN_FAILED':
        return this.#logins.failed(event)
      case 'DB_SESSION_REFUSED':
      case 'DB_PROTOCOL_VIOLATION':
        return this.#logins.refused(event)
      case 'DB_STATEMENT_REFUSED':
        return [findingOf('access.refused', event, peerOf(event), text(event, 'rule'))]
      case 'DB_SESSION_CLOSED':
        this.#peers.delete(text(event, 'session'))
        return []
      case 'LOGIN_AFTER_FAILURES':
        return visitorFinding(event)
      case 'CERTIFICATE_STRANGE':
        return strangeCertificateFinding(event)
      case 'CARD_NUMBER_SEEN':
        return cardFinding(event)
      default:
        return [...backupFindings(event), ...statusFindings(event), ...this.#mail.see(event)]
    }
  }

  #opened(event: RecordedEvent): readonly Finding[] {
    keepNewest(this.#peers, text(event, 'session'), peerOf(event), SESSIONS_MAX)
    return this.#logins.opened(event)
  }

  /** @param sql The whole text; of one that was not kept whole nothing can be said. */
  #statement(event: RecordedEvent, sql: string): readonly Finding[] {
    const kind = text(event, 'kind')
    if ((kind !== 'query' && kind !== 'parse') || sql === '') return []
    if (event.detail['truncated'] === true) return []
    return this.#statements.see(event, peerOf(event), sql)
  }

  #done(event: RecordedEvent): readonly Finding[] {
    const peer = this.#peers.get(text(event, 'session'))
    if (!peer) return []
    return [...this.#data.done(event, peer), ...this.#probing.done(event, peer)]
  }

  #isDrill(role: string): boolean {
    return this.#config.drillRoles.includes(role)
  }

  #ringOf(process: string): RingWatch {
    const known = this.#rings.get(process)
    if (known) return known
    const made = new RingWatch()
    this.#rings.set(process, made)
    return made
  }
}
