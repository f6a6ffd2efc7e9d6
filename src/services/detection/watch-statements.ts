/**
 * What the text of a statement sets off, by itself and with those before it.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { Finding } from './alert.ts'
import type { DetectionConfig } from './config.ts'
import { detectorOf } from './detectors.ts'
import { StatementJudge, type JudgeState } from './statements.ts'
import type { DataWatch } from './watch-data.ts'
import type { ProbingWatch } from './watch-probing.ts'
import { findingOf, type Peer } from './watched.ts'

const DRILL = /veilig-drill-[0-9a-f]{32}/

export class StatementWatch {
  readonly #config: DetectionConfig
  readonly #judge = new StatementJudge()
  readonly #data: DataWatch
  readonly #probing: ProbingWatch

  constructor(config: DetectionConfig, data: DataWatch, probing: ProbingWatch) {
    this.#config = config
    this.#data = data
    this.#probing = probing
  }

  state(): JudgeState {
    return this.#judge.state()
  }

  restore(state: JudgeState): void {
    this.#judge.restore(state)
  }

  /** Takes a statement as ordinary for its role, unseen. */
  learn(sql: string, role: string): void {
    this.#judge.learn(sql, role)
  }

  /** Judges a statement, and learns it unless it set off something. */
  see(event: RecordedEvent, peer: Peer, sql: string): readonly Finding[] {
    const ids = this.#judge.judge(sql, peer.role).filter((id) => this.#matters(id, peer.role))
    const isNew = ids.length === 0 && this.#judge.hear(sql, peer.role)
    const suspected = ids.some((id) => id.startsWith('sqli.'))
    return [
      ...ids.map((id) => this.#found(id, event, peer, sql)),
      ...this.#data.asked(event, peer, sql),
      ...this.#probing.asked(event, peer, sql, suspected),
      ...(isNew ? this.#probing.isNew(event, peer) : []),
    ]
  }

  /**
   * Ways to more in a statement that ran within a DO block or a function: nobody sent it, so
   * nothing is learned of it.
   */
  inside({ role, database, address }: Peer, sql: string, atMs: number): readonly Finding[] {
    const evidence = "inside a function or block, by the server's log"
    return this.#judge
      .judge(sql, role)
      .filter((id) => id.startsWith('escalation.') && this.#matters(id, role))
      .map((detector) => ({ detector, role, database, address, session: '', evidence, atMs }))
  }

  #found(id: string, event: RecordedEvent, peer: Peer, sql: string): Finding {
    const { process, sequence } = event
    const signs = id.startsWith('sqli.') ? this.#judge.evidence(sql) : ''
    const where = process === '' ? '' : `record ${sequence} of ${process}`
    const evidence = [signs, where].filter((part) => part !== '').join('; ')
    const found = findingOf(id, event, peer, evidence)
    const isDrill = this.#config.drillRoles.includes(peer.role)
    const drill = isDrill ? DRILL.exec(sql)?.[0] : undefined
    return drill === undefined ? found : { ...found, drill }
  }

  /** Who runs the database for a living changes it; only what no work needs is told. */
  #matters(id: string, role: string): boolean {
    if (!id.startsWith('escalation.') || !this.#config.administrators.includes(role)) return true
    return detectorOf(id).severity === 'critical'
  }
}
