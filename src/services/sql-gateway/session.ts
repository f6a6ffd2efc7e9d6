/**
 * One logged-in session, without its sockets: bytes of either side in; events, and what may pass,
 * out.
 *
 * @module
 */
import type { AuditEvent } from '#audit/trail.ts'
import { DeniedError, ProtocolError } from '#lib/errors.ts'
import { AnswerEditor } from '#protocol/postgres/answer-editor.ts'
import { BackendWalker, type BackendType } from '#protocol/postgres/backend.ts'
import { readParameter } from '#protocol/postgres/command-tag.ts'
import { encodeError, encodeRefused } from '#protocol/postgres/encode.ts'
import { FrameReader, type SingleFrame } from '#protocol/postgres/frame.ts'
import {
  LongText,
  readBind,
  readExecute,
  readParse,
  readQuery,
  readTarget,
  type RawText,
} from '#protocol/postgres/messages.ts'
import type { Run } from '#protocol/postgres/statement-run.ts'
import { StatementTracker } from '#protocol/postgres/statement-tracker.ts'
import type { BoundValues } from './bound-values.ts'
import { ClientReading } from './client-reading.ts'
import type { RowLimit } from './config.ts'
import type { ColumnReader } from './columns.ts'
import { commitFailedEvent, Scribe, type Peer } from './events.ts'
import type { Judge } from './judge.ts'
import type { Passage } from './record.ts'
import type { Verdict } from './rules.ts'
import { describeText, preparedNameIn, rememberedText, type SqlText } from './sql-text.ts'

/** Room for a statement's name beside its text, so that the text alone meets the cap. */
const NAME_ROOM = 1024

export type SessionOptions = {
  readonly peer: Peer
  /** application_name as the server reported it at login. */
  readonly application: string
  /** How the server reads this client's texts, as it said at login. */
  readonly reading?: ClientReading
  readonly textCap: number
  readonly repeatedTextCap: number
  /** Judges the statements of a role that has rules. */
  readonly judge?: Judge | undefined
  readonly rows?: RowLimit | undefined
  /** The personal columns among those of a result: columns.ts. */
  readonly columns?: ColumnReader | undefined
  /** Keeps the values of statements, sealed; without it they are not recorded. */
  readonly values?: BoundValues | undefined
}

/** What the server said: its events, and the bytes the client gets. */
export type Answer = {
  readonly events: readonly AuditEvent[]
  readonly bytes: readonly Uint8Array[]
}

export class Session {
  readonly #options: SessionOptions
  readonly #frames: FrameReader
  readonly #walker: BackendWalker
  readonly #tracker: StatementTracker<SqlText>
  readonly #scribe: Scribe
  readonly #editor: AnswerEditor
  readonly #reading: ClientReading
  /** Statements refused whose error has not come: sequence → what the client hears. */
  readonly #refusals = new Map<number, Uint8Array>()
  /** What goes in place of the server's error just seen. */
  #replacement: Uint8Array | undefined
  #events: AuditEvent[] = []
  /** Pending while a statement waits for its verdict, and everything behind it. */
  #judging: Promise<void> | undefined
  /** The verdict that the statement waited for. */
  #judged: { readonly verdict: Verdict | undefined } | undefined
  #longText: LongText | undefined
  #longKind: 'Query' | 'Parse' = 'Query'
  #terminated = false
  /** Whether the client's side stopped between two messages, once the server's was cut. */
  #cutAtBoundary: boolean | undefined
  #denied: DeniedError | undefined
  #statements = 0
  #parsed = 0
  #rowsSent = 0
  #bytesOut = 0

  constructor(options: SessionOptions) {
    this.#options = options
    this.#scribe = new Scribe(options.peer, options.application)
    this.#reading = options.reading ?? new ClientReading()
    const hold = options.textCap + NAME_ROOM
    this.#frames = new FrameReader(
      {
        frame: (name, head, bodySize) => this.#frame(name, head, bodySize),
        copyData: (bytes) => this.#tracker.copyData(bytes),
        part: (bytes) => this.#longText?.push(bytes),
        end: () => this.#endLongText(),
      },
      hold,
    )
    this.#walker = new BackendWalker({
      data: (rows, bytes) => this.#data(rows, bytes),
      message: (type, head) => this.#message(type, head),
    })
    const { columns } = options
    this.#tracker = new StatementTracker<SqlText>(
      {
        started: (run) => this.#started(run),
        columns: (description, text) => columns?.described(description, text?.sql ?? '') ?? '',
        undescribed: ({ sql }) => columns?.undescribed(sql) ?? '',
        failed: (run) => {
          this.#replacement = this.#refusals.get(run.sequence)
        },
        finished: (run) => this.#finished(run),
        commitFailed: (sequence, sqlstate) =>
          this.#events.push(commitFailedEvent(options.peer, sequence, sqlstate)),
      },
      preparedNameIn,
    )
    this.#editor = new AnswerEditor(this.#walker, () => {
      const replacement = this.#replacement
      this.#replacement = undefined
      return replacement
    })
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

  /** Resolves once a statement that waits is judged, and `goOn` is due; undefined if none does. */
  get judging(): Promise<void> | undefined {
    return this.#judging
  }

  /** Goes on with the statement that waited, and what came behind it; as `fromClient`. */
  goOn(nowMs: number): Passage {
    this.#tracker.nowMs = nowMs
    this.#judging = undefined
    const bytes = this.#frames.goOn()
    return { events: this.#takeEvents(), bytes }
  }

  /** Why the client's stream is dead, if it is. */
  get violation(): ProtocolError | DeniedError | undefined {
    return this.#denied ?? this.#frames.violation
  }

  /**
   * Takes bytes of the server; what the client gets may pass at once.
   *
   * @throws {ProtocolError} When the server's stream makes no sense; the session cannot go on.
   * @throws {DeniedError} DB_ROWS_LIMIT.
   */
  fromServer(chunk: Uint8Array, nowMs: number): Answer {
    this.#tracker.nowMs = nowMs
    const atBoundary = this.#walker.atBoundary
    try {
      return this.#answer(chunk)
    } catch (error) {
      this.#cutAtBoundary = atBoundary && this.#editor.empty // of this chunk the client has nothing
      throw error
    }
  }

  #answer(chunk: Uint8Array): Answer {
    if (this.#refusals.size > 0 || !this.#editor.empty) {
      const bytes = this.#editor.push(chunk)
      return { events: this.#takeEvents(), bytes }
    }
    this.#walker.push(chunk)
    return { events: this.#takeEvents(), bytes: [chunk] }
  }

  /** Whether a message of our own may be put between the server's now. */
  get atBoundary(): boolean {
    return this.#cutAtBoundary ?? this.#walker.atBoundary
  }

  /** Whether the client said goodbye. */
  get terminated(): boolean {
    return this.#terminated
  }

  /** Whether no statement runs. */
  get idle(): boolean {
    return this.#tracker.idle
  }

  /** Statements executed so far, as far as the client has asked. */
  get executed(): number {
    return this.#statements - this.#parsed
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

  /** @returns What goes to the server in place of a statement that is refused. */
  #frame(name: SingleFrame, head: Uint8Array, bodySize: number): Uint8Array | 'wait' | undefined {
    if (name !== 'Query' && name !== 'Parse') {
      this.#notice(name, head, bodySize)
      return undefined
    }
    if (head.length === bodySize) {
      return this.#text(name, name === 'Query' ? readQuery(head) : readParse(head))
    }
    const longText = new LongText(name, head)
    const beginning = longText.beginning(bodySize) // whoever has rules is not read to the end
    const { judge } = this.#options
    if (judge?.unjudged.mode === 'enforce') return this.#text(name, beginning)
    this.#longText = longText
    this.#longKind = name
    return undefined
  }

  #notice(name: Exclude<SingleFrame, 'Query' | 'Parse'>, head: Uint8Array, bodySize: number): void {
    switch (name) {
      case 'Bind': {
        const { portal, statement, parameters } = readBind(head)
        this.#options.values?.bound(portal, head, bodySize)
        return this.#tracker.bind(portal, statement, parameters)
      }
      case 'Describe': {
        const target = readTarget(head)
        return this.#tracker.describe(target.kind, target.name)
      }
      case 'Execute':
        return this.#tracker.execute(readExecute(head))
      case 'Close': {
        const target = readTarget(head)
        return this.#tracker.close(target.kind, target.name)
      }
      case 'Sync':
        return this.#tracker.sync()
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

  #text(name: 'Query' | 'Parse', raw: RawText): Uint8Array | 'wait' | undefined {
    const verdict = this.#verdictOn(raw)
    if (verdict === 'wait') return verdict
    const text = describeText(raw, this.#options.textCap)
    const run = name === 'Query' ? this.#tracker.query(text) : this.#parse(raw.name, text)
    if (!verdict) return undefined
    this.#events.push(this.#refused(verdict, run.sequence, raw.size))
    if (verdict.mode === 'observe') return undefined
    const { user } = this.#options.peer
    if (run.outcome === 'running') this.#refusals.set(run.sequence, refusal(user, verdict))
    return encodeRefused(name, raw.name)
  }

  #parse(name: string, text: SqlText): Run<SqlText> {
    const remembered = rememberedText(text, this.#options.repeatedTextCap)
    this.#options.values?.parsed(text, remembered)
    return this.#tracker.parse(name, text, remembered)
  }

  #refused({ rule, mode }: Verdict, sequence: number, sqlBytes: number): AuditEvent {
    const { session, user, database, address } = this.#options.peer
    const detail = { session, sequence, user, database, address, rule, mode, sqlBytes }
    return { code: 'DB_STATEMENT_REFUSED', detail }
  }

  #verdictOn(raw: RawText): Verdict | 'wait' | undefined {
    const { judge } = this.#options
    if (!judge) return undefined
    const judged = this.#judged
    this.#judged = undefined
    const { buffer, byteOffset, length } = raw.kept
    const text = Buffer.from(buffer, byteOffset, length)
    // Asked anew after a wait, in which the server may have told how it reads.
    if (length !== raw.size || !this.#reading.isCertain(text)) return judge.unjudged
    if (judged) return judged.verdict
    const verdict = judge.of(text.toString('utf8'))
    if (!(verdict instanceof Promise)) return verdict
    this.#judging = verdict.then((known) => {
      this.#judged = { verdict: known }
    })
    return 'wait'
  }

  #endLongText(): void {
    const raw = this.#longText?.end()
    this.#longText = undefined
    if (raw) this.#text(this.#longKind, raw)
  }

  /** @throws {DeniedError} DB_ROWS_LIMIT: nothing of this chunk passes, nor anything after it. */
  #data(rows: number, bytes: number): void {
    const run = this.#tracker.data(rows, bytes)
    const { max, mode } = this.#options.rows ?? { max: Infinity, mode: 'off' }
    if (run.rowsSent > max && run.rowsSent - rows <= max && mode !== 'off') {
      this.#events.push(this.#refused({ rule: 'rows', mode }, run.sequence, 0))
      if (mode === 'enforce') throw tooManyRows(max)
    }
    this.#rowsSent += rows
    this.#bytesOut += bytes
  }

  #message(type: BackendType, head: Uint8Array): void {
    if (type === 'S') {
      const parameter = readParameter(head)
      if (parameter?.name === 'application_name') this.#scribe.application = parameter.value
      if (parameter) this.#reading.reported(parameter.name, parameter.value)
    }
    this.#tracker.message(type, head)
    if (type === 'Z' && this.#tracker.idle) this.#reading.settled()
  }

  #started(run: Run<SqlText>): void {
    this.#statements++
    if (run.kind === 'parse') this.#parsed++
    for (const event of this.#scribe.statement(run)) this.#events.push(event)
    const { values, judge } = this.#options
    if (judge && run.kind !== 'parse') this.#reading.started(run.text?.sql)
    if (values) for (const event of values.executed(run)) this.#events.push(event)
  }

  /** A Parse that went well has nothing more to say: its executions will speak. */
  #finished(run: Run<SqlText>): void {
    if (this.#refusals.delete(run.sequence) && run.outcome === 'error') {
      run.outcome = 'refused'
      run.sqlstate = REFUSED_SQLSTATE
    }
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
function tooManyRows(max: number): DeniedError {
  const message = `a statement returned more than ${max} rows`
  const said = `This statement returns more than the ${max} rows your role may read at once.`
  return new DeniedError('DB_ROWS_LIMIT', message, said)
}

const REFUSED_SQLSTATE = '42501'

/** What the client hears: the statement failed, and nothing else. */
function refusal(user: string, { rule }: Verdict): Uint8Array {
  const message = `The rules of ${user} do not allow this statement (${rule}).`
  return encodeError(REFUSED_SQLSTATE, message, 'The operator sets them in sqlGateway.roles.')
}
