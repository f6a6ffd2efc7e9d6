/**
 * One logged-in session, without its sockets: bytes of either side in; events, and what may pass,
 * out.
 *
 * @module
 */
import type { AuditEvent } from '#audit/trail.ts'
import { DeniedError, ProtocolError } from '#lib/errors.ts'
import { BackendWalker, type BackendType } from '#protocol/postgres/backend.ts'
import { readParameter } from '#protocol/postgres/command-tag.ts'
import { FrameReader, type FrameName } from '#protocol/postgres/frame.ts'
import {
  LongText,
  readBind,
  readExecute,
  readParse,
  readQuery,
  readTarget,
  type RawText,
} from '#protocol/postgres/messages.ts'
import { StatementTracker, type Run } from '#protocol/postgres/statement-tracker.ts'
import { commitFailedEvent, Scribe, type Peer } from './events.ts'
import type { Passage } from './record.ts'
import type { Judge } from './rules.ts'
import { describeText, preparedNameIn, rememberedText, type SqlText } from './sql-text.ts'

/** Room for a statement's name beside its text, so that the text alone meets the cap. */
const NAME_ROOM = 1024

export type SessionOptions = {
  readonly peer: Peer
  /** application_name as the server reported it at login. */
  readonly application: string
  readonly textCap: number
  readonly repeatedTextCap: number
  /** Judges the statements of a role that has rules. */
  readonly judge?: Judge | undefined
}

export class Session {
  readonly #options: SessionOptions
  readonly #frames: FrameReader
  readonly #walker: BackendWalker
  readonly #tracker: StatementTracker<SqlText>
  readonly #scribe: Scribe
  #events: AuditEvent[] = []
  #longText: LongText | undefined
  #longKind: 'Query' | 'Parse' = 'Query'
  #terminated = false
  #denied: DeniedError | undefined
  #statements = 0
  #rowsSent = 0
  #bytesOut = 0

  constructor(options: SessionOptions) {
    this.#options = options
    this.#scribe = new Scribe(options.peer, options.application)
    const hold = options.textCap + NAME_ROOM
    this.#frames = new FrameReader(
      {
        frame: (name, head, bodySize) => this.#frame(name, head, bodySize),
        part: (bytes) => this.#longText?.push(bytes),
        end: () => this.#endLongText(),
      },
      hold,
    )
    this.#walker = new BackendWalker({
      data: (rows, bytes) => this.#data(rows, bytes),
      message: (type, head) => this.#message(type, head),
    })
    this.#tracker = new StatementTracker<SqlText>(
      {
        started: (run) => this.#started(run),
        finished: (run) => this.#finished(run),
        commitFailed: (sequence, sqlstate) =>
          this.#events.push(commitFailedEvent(options.peer, sequence, sqlstate)),
      },
      preparedNameIn,
    )
  }

  /**
   * Takes bytes of the client. What precedes a fault passes; then `violation` says why nothing
   * more ever will.
   *
   * @param nowMs Monotonic milliseconds.
   */
  fromClient(chunk: Uint8Array, nowMs: number): Passage {
    this.#tracker.nowMs = nowMs
    const bytes = this.#frames.push(chunk)
    return { events: this.#takeEvents(), bytes }
  }

  /** Why the client's stream is dead, if it is. */
  get violation(): ProtocolError | DeniedError | undefined {
    return this.#denied ?? this.#frames.violation
  }

  /**
   * Takes bytes of the server, all of which may pass once the events are recorded.
   *
   * @throws {ProtocolError} When the server's stream makes no sense; the session cannot go on.
   */
  fromServer(chunk: Uint8Array, nowMs: number): readonly AuditEvent[] {
    this.#tracker.nowMs = nowMs
    this.#walker.push(chunk)
    return this.#takeEvents()
  }

  /** Whether a message of our own may be put between the server's now. */
  get atBoundary(): boolean {
    return this.#walker.atBoundary
  }

  /** Whether the client said goodbye. */
  get terminated(): boolean {
    return this.#terminated
  }

  /** Whether no statement runs. */
  get idle(): boolean {
    return this.#tracker.idle
  }

  /** The session ended: the last events, with the sum of it. */
  close(nowMs: number, reason: string, durationMs: number): readonly AuditEvent[] {
    this.#tracker.nowMs = nowMs
    this.#tracker.cut()
    const { session, user, database, address } = this.#options.peer
    const detail = {
      session,
      user,
      database,
      address,
      reason,
      statements: this.#statements,
      rowsSent: this.#rowsSent,
      bytesOut: this.#bytesOut,
      durationMs: Math.round(durationMs),
    }
    return [...this.#takeEvents(), { code: 'DB_SESSION_CLOSED', detail }]
  }

  #frame(name: FrameName, head: Uint8Array, bodySize: number): void {
    switch (name) {
      case 'Query':
      case 'Parse':
        if (head.length === bodySize) {
          return this.#text(name, name === 'Query' ? readQuery(head) : readParse(head))
        }
        this.#longText = new LongText(name, head)
        this.#longKind = name
        return
      case 'Bind': {
        const { portal, statement, parameters } = readBind(head)
        return this.#tracker.bind(portal, statement, parameters)
      }
      case 'Describe':
        readTarget(head)
        return this.#tracker.describe()
      case 'Execute':
        return this.#tracker.execute(readExecute(head))
      case 'Close': {
        const target = readTarget(head)
        return this.#tracker.close(target.kind, target.name)
      }
      case 'Sync':
        return this.#tracker.sync()
      case 'CopyData':
        return this.#tracker.copyData(bodySize)
      case 'CopyDone':
      case 'CopyFail':
        return this.#tracker.copyEnd()
      case 'FunctionCall':
        this.#denied = new DeniedError(
          'DB_FUNCTION_CALL_DENIED',
          'the client sent a FunctionCall',
          'Function calls outside SQL are not open here; use SELECT.',
        )
        throw new ProtocolError('DB_FUNCTION_CALL_DENIED', 'the client sent a FunctionCall')
      case 'Terminate':
        this.#terminated = true
        return
      case 'Flush':
        return
    }
  }

  #text(name: 'Query' | 'Parse', raw: RawText): void {
    const text = describeText(raw, this.#options.textCap)
    this.#obey(raw)
    if (name === 'Query') return this.#tracker.query(text)
    this.#tracker.parse(raw.name, text, rememberedText(text, this.#options.repeatedTextCap))
  }

  /** @throws {ProtocolError} DB_STATEMENT_REFUSED: nothing of this session passes any more. */
  #obey(raw: RawText): void {
    const { judge } = this.#options
    if (!judge) return
    const verdict = judge(Buffer.from(raw.kept).toString('utf8'), raw.kept.length === raw.size)
    if (!verdict) return
    const { session, user, database, address } = this.#options.peer
    const { rule, mode } = verdict
    const detail = { session, user, database, address, rule, mode, sqlBytes: raw.size }
    this.#events.push({ code: 'DB_STATEMENT_REFUSED', detail })
    if (mode === 'observe') return
    const words = `The rules of ${user} do not allow this statement (${rule}).`
    this.#denied = new DeniedError('DB_STATEMENT_REFUSED', `a statement broke ${rule}`, words)
    throw new ProtocolError('DB_STATEMENT_REFUSED', `a statement broke the rule ${rule}`)
  }

  #endLongText(): void {
    const raw = this.#longText?.end()
    this.#longText = undefined
    if (raw) this.#text(this.#longKind, raw)
  }

  #data(rows: number, bytes: number): void {
    this.#tracker.data(rows, bytes)
    this.#rowsSent += rows
    this.#bytesOut += bytes
  }

  #message(type: BackendType, head: Uint8Array): void {
    if (type === 'S') {
      const parameter = readParameter(head)
      if (parameter?.name === 'application_name') this.#scribe.application = parameter.value
    }
    this.#tracker.message(type, head)
  }

  #started(run: Run<SqlText>): void {
    this.#statements++
    for (const event of this.#scribe.statement(run)) this.#events.push(event)
  }

  /** A Parse that went well has nothing more to say: its executions will speak. */
  #finished(run: Run<SqlText>): void {
    if (run.kind === 'parse' && run.outcome === 'done') return
    this.#events.push(this.#scribe.done(run, this.#tracker.nowMs))
  }

  #takeEvents(): readonly AuditEvent[] {
    if (this.#events.length === 0) return NONE
    const events = this.#events
    this.#events = []
    return events
  }
}

const NONE: readonly AuditEvent[] = []
