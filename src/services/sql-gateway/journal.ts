/**
 * The gateway's way to the audit trail: one append for everything a turn of the event loop brought.
 *
 * What the clients of a turn want to pass waits, with its events, for the end of that turn; then
 * all events are appended at once, with one write call, and only then does anything of that turn
 * go on to the server, and then the servers' answers to the clients. What is known after a
 * statement (rows, SQLSTATE) gates nothing: it joins the next append, which the next statement
 * makes, or one of its own some milliseconds later. The order of events is always the order they
 * were given in, and so is that of passages.
 *
 * @module
 */
import type { AuditEvent, AuditTrail } from '#audit/trail.ts'
import { batchesOf } from './batches.ts'
import { record, type Passage, type Recorded } from './record.ts'

/** Events and bytes kept for the end of the turn; with more the append is made at once. */
const WAITING_MAX = 1_000
const WAITING_BYTES_MAX = 4 * 1024 * 1024
/** Patience of what gates nothing: half of all write calls are spared by it. */
const LATER_MS = 5

/** Who waits for a record. */
export interface Gate {
  /** The record is there: the bytes may go. */
  forward(recorded: Recorded): void
  /** What the server sent may go to the client. */
  answer(): void
  /** The record takes longer than this turn: read no more until the bytes may go. */
  hold(): void
}

export class Journal {
  readonly #trail: AuditTrail
  readonly #broken: (error: unknown) => void
  #events: AuditEvent[] = []
  #passages: Passage[] = []
  #gates: Gate[] = []
  #answering: Gate[] = []
  #bytes = 0
  #scheduled = false
  #patient = false
  readonly #endOfTurn = (): void => {
    this.#scheduled = false
    this.flush()
    const answering = this.#answering
    this.#answering = []
    for (const gate of answering) gate.answer()
  }
  readonly #endOfPatience = (): void => {
    this.#patient = false
    this.flush()
  }

  /** @param broken Told of every failure, after whoever caused the append has heard of it. */
  constructor(trail: AuditTrail, broken: (error: unknown) => void) {
    this.#trail = trail
    this.#broken = broken
  }

  /**
   * As AuditTrail.append, for any number of events, after all that waits.
   *
   * @throws {FaultError} AUDIT_WRITE_FAILED.
   */
  append(events: readonly AuditEvent[]): Promise<void> | undefined {
    if (events.length === 0) return undefined
    for (const event of events) this.#events.push(event)
    return this.#write()
  }

  /** Appends events within some milliseconds. A failure is told to `broken` alone. */
  later(events: readonly AuditEvent[]): void {
    if (events.length === 0) return
    for (const event of events) this.#events.push(event)
    if (this.#isFull()) return this.flush()
    if (this.#patient) return
    this.#patient = true
    setTimeout(this.#endOfPatience, LATER_MS) // one for many, so never taken back
  }

  /**
   * Lets a passage through once its events are recorded, at the end of this turn. Whoever waits
   * when the trail fails hears of it by `broken`; its bytes never go.
   */
  pass(passage: Passage, gate: Gate): void {
    for (const event of passage.events) this.#events.push(event)
    for (const bytes of passage.bytes) this.#bytes += bytes.length
    this.#passages.push(passage)
    this.#gates.push(gate)
    if (this.#isFull()) return this.flush()
    this.#schedule()
  }

  /**
   * Lets what the server sent go on to the client at the end of this turn, after what goes to the
   * servers. Whoever is written to wakes up, and takes the processor from us: so all is read first.
   */
  answer(gate: Gate): void {
    this.#answering.push(gate)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#endOfTurn)
  }

  /** Appends what waits, and lets go what waited for it. */
  flush(): void {
    try {
      void this.#write()
    } catch {
      // Told to `broken`, which ends everything.
    }
  }

  #isFull(): boolean {
    return this.#events.length >= WAITING_MAX || this.#bytes >= WAITING_BYTES_MAX
  }

  #write(): Promise<void> | undefined {
    const gates = this.#gates
    if (this.#events.length === 0 && gates.length === 0) return undefined
    const events = this.#events
    const passages = this.#passages
    this.#events = []
    this.#passages = []
    this.#gates = []
    this.#bytes = 0
    try {
      const recorded = record({ append: (all) => this.#append(all) }, events, passages)
      if (!(recorded instanceof Promise)) return letGo(gates, recorded)
      for (const gate of gates) gate.hold()
      const done = recorded.then((each) => letGo(gates, each))
      done.catch(this.#broken)
      return done
    } catch (error) {
      queueMicrotask(() => this.#broken(error))
      throw error
    }
  }

  /** The trail takes 16 MiB at once; what is more, is recorded when its last part is. */
  #append(events: readonly AuditEvent[]): Promise<void> | undefined {
    let appended: Promise<void> | undefined
    for (const batch of batchesOf(events)) {
      const kept = this.#trail.append(batch)
      appended =
        appended && kept ? Promise.all([appended, kept]).then(() => {}) : (kept ?? appended)
    }
    return appended
  }
}

function letGo(gates: readonly Gate[], recorded: readonly Recorded[]): undefined {
  for (const [index, each] of recorded.entries()) gates[index]?.forward(each)
}
