/**
 * The detectors over recorded statements: what they would have said of last week.
 *
 * As in the ring, a statement is judged by what its role was heard to say before it, and is learned
 * unless it set off something. What needs results, logins or the other books is not judged.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import type { DetectionConfig } from './config.ts'
import { DataWatch } from './watch-data.ts'
import { ProbingWatch } from './watch-probing.ts'
import { StatementWatch } from './watch-statements.ts'
import { HOUR_MS } from './watched.ts'

/** A recorded statement. */
export type Said = {
  readonly sql: string
  readonly role: string
  /** Milliseconds since the Unix epoch, when it is known. */
  readonly atMs?: number | undefined
}

/** A detector that a statement set off, and what speaks of it. */
export type Told = { readonly detector: string; readonly evidence: string }

export class Replay {
  readonly #config: DetectionConfig
  readonly #statements: StatementWatch
  #sequence = 0
  #lastMs = 0

  constructor(config: DetectionConfig) {
    this.#config = config
    this.#statements = new StatementWatch(config, new DataWatch(config), new ProbingWatch())
  }

  /** Takes a statement as ordinary for its role. */
  learn({ sql, role }: Said): void {
    this.#statements.learn(sql, role)
  }

  /** Judges a statement; each detector is named once. */
  judge({ sql, role, atMs }: Said): readonly Told[] {
    // Without its time nothing is said of how many came within a while: they are hours apart.
    this.#lastMs = atMs ?? this.#lastMs + HOUR_MS
    const place = { process: '', sequence: ++this.#sequence, timeMs: this.#lastMs }
    const event: RecordedEvent = { ...place, code: 'DB_STATEMENT', detail: {} }
    const told = new Map<string, Told>()
    for (const { detector, evidence } of this.#statements.see(event, peerOf(role), sql))
      if (!this.#config.off.includes(detector) && !told.has(detector))
        told.set(detector, { detector, evidence })
    return [...told.values()]
  }
}

function peerOf(role: string): { role: string; database: string; address: string } {
  return { role, database: '', address: '' }
}
