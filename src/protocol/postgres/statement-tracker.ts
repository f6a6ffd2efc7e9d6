/**
 * Follows one session's statements: what the client asked, what the server answered to which.
 *
 * A client may send any number of messages before it reads one answer, so answers are matched with
 * a queue of expected replies, never with "the last query". After an error the server skips to the
 * next Sync; statements skipped so were never executed, and what their Parse, Bind and Close would
 * have done to the maps of prepared statements and portals is undone.
 *
 * `Text` is whatever the owner knows of a statement's SQL; it is only carried.
 *
 * Source: PostgreSQL documentation, "Message Flow" (extended query, pipelining, COPY), and
 * postgres.c, PostgresMain (PostgreSQL 18).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import type { BackendType } from './backend.ts'
import { readError, readTag, rowsOf } from './command-tag.ts'
import { Catalogue, type Entry } from './statement-catalogue.ts'
import type { Outcome, Run, RunKind, RunSink } from './statement-run.ts'

type Expected<Text> = {
  readonly reply:
    'query' | 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'sync' | 'copy-end'
  readonly order: number
  readonly run: Run<Text> | undefined
  /** How to undo what this message did to a map, when the server skips it. */
  readonly undo: Undo<Text> | undefined
  /** What is described or executed. */
  readonly entry: Entry<Text> | undefined
  /** Of the result that is being sent. */
  columns: string | undefined
}

type Undo<Text> = {
  readonly catalogue: Catalogue<Text>
  readonly name: string
  readonly before: Entry<Text> | undefined
}

/** Expected replies outstanding; a client further ahead than this has lost its mind. */
const PENDING_MAX = 200_000
const TAGS_KEPT = 8
const STATEMENTS_MAX = 5_000
const PORTALS_MAX = 5_000

export class StatementTracker<Text> {
  /** Monotonic milliseconds; the owner sets it before each chunk. */
  nowMs = 0
  readonly #sink: RunSink<Text>
  readonly #nameIn: (text: Text) => string | undefined
  readonly #statements = new Catalogue<Text>(STATEMENTS_MAX)
  readonly #portals = new Catalogue<Text>(PORTALS_MAX)
  #pending: Expected<Text>[] = []
  #first = 0
  #order = 0
  #sequence = 0
  /** The server ignores all until the next Sync, which the client has not sent yet. */
  #skipping = false
  /** The run whose COPY FROM STDIN is open on the server, as far as we know. */
  #copyIn: Run<Text> | undefined
  /** Syncs taken for ignored because they fell into a COPY; the server may answer one after all. */
  #spareSyncs = 0
  #lastSequence = 0

  /** @param nameIn The one name a PREPARE or DEALLOCATE text is about, when that is certain. */
  constructor(sink: RunSink<Text>, nameIn: (text: Text) => string | undefined) {
    this.#sink = sink
    this.#nameIn = nameIn
  }

  query(text: Text): Run<Text> {
    const run = this.#start('query', text, '', '', 0, 0)
    this.#expect('query', run, undefined)
    return run
  }

  /** @param kept What to remember of the text for the runs that will only name it. */
  parse(name: string, text: Text, kept: Text): Run<Text> {
    const run = this.#start('parse', text, name, '', 0, 0)
    const before = this.#statements.get(name)
    if (!this.#expect('parse', run, { catalogue: this.#statements, name, before })) return run
    const entry = { text: kept, parsedAt: run.sequence, parameters: 0, order: this.#order }
    this.#statements.set(name, entry)
    return run
  }

  bind(portal: string, statement: string, parameters: number): void {
    const before = this.#portals.get(portal)
    if (!this.#expect('bind', undefined, { catalogue: this.#portals, name: portal, before })) return
    const source = this.#statements.get(statement)
    this.#portals.set(portal, {
      text: source?.text,
      parsedAt: source?.parsedAt ?? 0,
      parameters,
      statement,
      source,
      order: this.#order,
    })
  }

  describe(kind: 'statement' | 'portal', name: string): void {
    const entry = (kind === 'statement' ? this.#statements : this.#portals).get(name)
    this.#expect('describe', undefined, undefined, entry)
  }

  execute(portal: string): void {
    const bound = this.#portals.get(portal)
    const kind = bound?.suspended ? 'resume' : 'execute'
    const statement = bound?.statement ?? ''
    const run = this.#start(
      kind,
      bound?.text,
      statement,
      portal,
      bound?.parsedAt ?? 0,
      bound?.parameters ?? 0,
    )
    this.#expect('execute', run, undefined, bound)
  }

  close(kind: 'statement' | 'portal', name: string): void {
    const catalogue = kind === 'statement' ? this.#statements : this.#portals
    const before = catalogue.get(name)
    if (this.#expect('close', undefined, { catalogue, name, before })) catalogue.delete(name)
  }

  sync(): void {
    if (this.#copyIn) {
      this.#spareSyncs++ // the server ignores Sync during COPY FROM STDIN
      return
    }
    this.#skipping = false
    this.#expect('sync', undefined, undefined)
  }

  /** A CopyData of the client. Late ones, after the server gave up the COPY, count for nobody. */
  copyData(bytes: number): void {
    const run = this.#copyIn ?? this.#pending.at(-1)?.run
    if (run) run.bytesIn += bytes
  }

  /** CopyDone or CopyFail. */
  copyEnd(): void {
    if (this.#copyIn) this.#copyIn = undefined
    else if (this.#first < this.#pending.length) this.#expect('copy-end', undefined, undefined)
  }

  /** DataRow or CopyData of the server; gives the run it belongs to. */
  data(rows: number, bytes: number): Run<Text> {
    const head = this.#head()
    const run = head?.run
    if (!run) throw unexpected('data')
    run.rowsSent += rows
    run.bytesOut += bytes
    const columns = (head.columns ??= this.#columnsOf(head))
    if (columns !== '') {
      run.columnRows += rows
      if (run.columns !== columns) run.columns = joined(run.columns, columns)
    }
    return run
  }

  /**
   * Any other message of the server.
   *
   * @throws {ProtocolError} PG_REPLY_UNEXPECTED: client and server are no longer understood, so
   *   nothing could be attributed truthfully any more.
   */
  message(type: BackendType, head: Uint8Array): void {
    switch (type) {
      case 'A':
      case 'N':
      case 'S':
        return // may come at any time and answer nothing
      case '1':
        return this.#pop('parse', 'done')
      case '2':
        return this.#pop('bind', 'done')
      case '3':
        return this.#pop('close', 'done')
      case 'T':
      case 'n':
        return this.#described(type === 'T' ? head : undefined)
      case 'C':
        return this.#command(readTag(head))
      case 'I':
        return this.#head()?.reply === 'query' ? undefined : this.#pop('execute', 'done')
      case 's':
        return this.#suspend()
      case 'G':
        return this.#openCopyIn()
      case 'E':
        return this.#error(head)
      case 'Z':
        return this.#ready(head[0] === 0x49) // I: idle, not in a transaction
      case 'D':
      case 'H':
      case 'W':
      case 'c':
      case 'd':
      case 't':
        return // the reply they belong to is not over yet
      case 'V':
        throw unexpected('FunctionCallResponse')
    }
  }

  /** Whether the server owes the client nothing. */
  get idle(): boolean {
    return this.#first === this.#pending.length
  }

  /** The session ended: whatever runs is told so. */
  cut(): void {
    for (const expected of this.#drain(this.#pending.length)) this.#finish(expected.run, 'cut')
  }

  #start(
    kind: RunKind,
    text: Text | undefined,
    statement: string,
    portal: string,
    parsedAt: number,
    parameters: number,
  ): Run<Text> {
    const run: Run<Text> = {
      kind,
      sequence: ++this.#sequence,
      text,
      statement,
      portal,
      parsedAt,
      parameters,
      startedMs: this.nowMs,
      outcome: 'running',
      sqlstate: '',
      tag: '',
      commands: 0,
      rows: 0,
      rowsSent: 0,
      bytesOut: 0,
      bytesIn: 0,
      columns: '',
      columnRows: 0,
    }
    this.#sink.started(run)
    return run
  }

  /** Queues an expected reply; false when the server will skip the message. */
  #expect(
    reply: Expected<Text>['reply'],
    run: Run<Text> | undefined,
    undo: Undo<Text> | undefined,
    entry?: Entry<Text>,
  ): boolean {
    if (this.#skipping) {
      this.#finish(run, 'skipped')
      return false
    }
    if (this.#pending.length - this.#first >= PENDING_MAX) {
      throw new ProtocolError('PG_PIPELINE_TOO_DEEP', `more than ${PENDING_MAX} replies expected`)
    }
    const order = ++this.#order
    this.#pending.push({ reply, order, run, undo, entry, columns: undefined })
    return true
  }

  #head(): Expected<Text> | undefined {
    while (this.#pending[this.#first]?.reply === 'copy-end') this.#shift()
    return this.#pending[this.#first]
  }

  #shift(): void {
    this.#first++
    if (this.#first === this.#pending.length) {
      this.#pending.length = 0
      this.#first = 0
    } else if (this.#first === 1024) {
      this.#pending = this.#pending.slice(this.#first)
      this.#first = 0
    }
  }

  #columnsOf({ entry, run }: Expected<Text>): string {
    const described = entry?.columns ?? entry?.source?.columns
    if (described !== undefined || run?.text === undefined) return described ?? ''
    const columns = this.#sink.undescribed?.(run.text) ?? ''
    const prepared = entry?.source ?? entry
    if (prepared) prepared.columns = columns
    return columns
  }

  #described(description: Uint8Array | undefined): void {
    const head = this.#head()
    const text = head?.run?.text ?? head?.entry?.text
    const columns = description ? (this.#sink.columns?.(description, text) ?? '') : ''
    if (head?.reply === 'query') head.columns = columns
    if (head?.reply !== 'describe') return
    if (head.entry) head.entry.columns = columns
    this.#shift()
  }

  #pop(reply: Expected<Text>['reply'], outcome: Outcome): void {
    const head = this.#head()
    if (head?.reply !== reply) throw unexpected(`the reply to ${reply}`)
    this.#shift()
    this.#finish(head.run, outcome)
  }

  #command(tag: string): void {
    const head = this.#head()
    const run = head?.run
    if (!run || run.kind === 'parse') throw unexpected(`CommandComplete ${tag}`)
    run.commands++
    run.rows += rowsOf(tag)
    if (run.commands <= TAGS_KEPT) run.tag = run.tag === '' ? tag : `${run.tag}; ${tag}`
    if (this.#copyIn === run || tag.startsWith('COPY')) this.#closeCopyIn()
    if (head.reply === 'query') head.columns = undefined // what follows in it is another result
    this.#noticeNames(tag, run, head.order)
    if (head.reply === 'execute') this.#pop('execute', 'done')
  }

  /** SQL has its own ways to make and remove prepared statements; the tag says it really did. */
  #noticeNames(tag: string, run: Run<Text>, order: number): void {
    if (tag === 'DEALLOCATE ALL' || tag === 'DISCARD ALL') this.#statements.clearBefore(order)
    if (tag !== 'PREPARE' && tag !== 'DEALLOCATE') return
    const name = run.text === undefined ? undefined : this.#nameIn(run.text)
    if (name === undefined || (this.#statements.get(name)?.order ?? 0) > order) return
    if (tag === 'DEALLOCATE') return this.#statements.delete(name)
    this.#statements.set(name, { text: run.text, parsedAt: run.sequence, parameters: 0, order })
  }

  #suspend(): void {
    const head = this.#head()
    const bound = this.#portals.get(head?.run?.portal ?? '')
    if (bound && head && bound.order < head.order) bound.suspended = true
    this.#pop('execute', 'suspended')
  }

  /** COPY FROM STDIN is open: the server ignores every Sync sent before the client ends it. */
  #openCopyIn(): void {
    const run = this.#head()?.run
    if (!run) throw unexpected('CopyInResponse')
    const end = this.#pending.findIndex((e, at) => at > this.#first && e.reply === 'copy-end')
    const limit = end === -1 ? this.#pending.length : end
    const kept = this.#pending.filter((e, at) => {
      const ignored = at > this.#first && at < limit && e.reply === 'sync'
      if (ignored) this.#spareSyncs++
      return !ignored && at !== end
    })
    this.#pending = kept
    if (end === -1) this.#copyIn = run
  }

  #closeCopyIn(): void {
    this.#copyIn = undefined
    this.#spareSyncs = 0
  }

  #error(body: Uint8Array): void {
    const { severity, sqlstate } = readError(body)
    const copying = this.#copyIn !== undefined
    this.#copyIn = undefined
    const head = this.#head()
    if (!head) return // the server is leaving, or complains to nobody in particular
    if (head.run) this.#sink.failed(head.run)
    if (severity === 'FATAL' || severity === 'PANIC') {
      this.#shift()
      return this.#fail(head.run, sqlstate)
    }
    if (head.reply === 'query') {
      if (head.run) head.run.sqlstate = sqlstate
      if (copying && sqlstate === '08P01') this.#dropEaten()
      return
    }
    if (head.reply === 'sync') return this.#sink.commitFailed(this.#lastSequence, sqlstate)
    this.#shift()
    this.#fail(head.run, sqlstate)
    this.#skipToSync(head.run ? '' : sqlstate)
    this.#revert(head.undo)
  }

  /** A message that came instead of CopyData ended the COPY, and was eaten by it. */
  #dropEaten(): void {
    const next = this.#pending[this.#first + 1]
    if (!next || next.reply === 'copy-end' || next.reply === 'sync') return
    this.#pending.splice(this.#first + 1, 1)
    this.#finish(next.run, 'skipped')
    this.#revert(next.undo)
  }

  /** @param sqlstate Of a failed Bind or Describe: the Execute it was for failed with it. */
  #skipToSync(sqlstate: string): void {
    const sync = this.#pending.findIndex((e, at) => at >= this.#first && e.reply === 'sync')
    const skipped = this.#drain(sync === -1 ? this.#pending.length : sync)
    this.#skipping = sync === -1
    let reason = sqlstate
    for (const expected of skipped) {
      if (reason !== '' && expected.reply === 'execute') {
        this.#fail(expected.run, reason)
        reason = ''
      } else this.#finish(expected.run, 'skipped')
    }
    for (const expected of skipped.toReversed()) this.#revert(expected.undo)
  }

  #drain(until: number): Expected<Text>[] {
    const drained = this.#pending.slice(this.#first, until)
    this.#pending = this.#pending.slice(until)
    this.#first = 0
    return drained
  }

  #revert(undo: Undo<Text> | undefined): void {
    if (undo) undo.catalogue.restore(undo.name, undo.before)
  }

  #ready(idle: boolean): void {
    const head = this.#head()
    if (head?.reply === 'query' || head?.reply === 'sync') {
      this.#shift()
      if (head.run) this.#finish(head.run, head.run.sqlstate === '' ? 'done' : 'error')
      if (idle) this.#portals.clearBefore(head.order)
      return
    }
    if (this.#spareSyncs === 0) throw unexpected('ReadyForQuery')
    this.#spareSyncs--
    this.#skipping = false
  }

  #fail(run: Run<Text> | undefined, sqlstate: string): void {
    if (!run) return
    run.sqlstate = sqlstate
    this.#finish(run, 'error')
  }

  #finish(run: Run<Text> | undefined, outcome: Outcome): void {
    if (!run) return
    run.outcome = outcome
    this.#lastSequence = run.sequence
    this.#sink.finished(run)
  }
}

/** The words of both, each once: a Query of several statements has several results. */
function joined(words: string, more: string): string {
  return [...new Set(`${words} ${more}`.trimStart().split(' '))].toSorted().join(' ')
}

function unexpected(what: string): ProtocolError {
  return new ProtocolError('PG_REPLY_UNEXPECTED', `the server sent ${what} to nobody`)
}
