/**
 * One statement of a session, and who is told how it goes: what statement-tracker.ts follows.
 *
 * @module
 */

/** `resume` runs a portal again that had stopped at its row limit. */
export type RunKind = 'query' | 'parse' | 'execute' | 'resume'

/** `suspended`: stopped at a row limit; `skipped`: never executed; `cut`: the session ended. */
export type Outcome =
  | 'running'
  | 'done'
  | 'error'
  | 'suspended'
  | 'skipped'
  | 'cut'
  /** By the owner: the server was given something in its place that fails. */
  | 'refused'

/** One statement sent to the server, and how it went. */
export type Run<Text> = {
  readonly kind: RunKind
  /** Counts a session's statements from 1, in the order sent, which is the order executed. */
  readonly sequence: number
  /** Undefined for a statement the gateway never saw parsed: a cursor or PREPARE made in SQL. */
  readonly text: Text | undefined
  readonly statement: string
  readonly portal: string
  /** The sequence of the Parse that brought the text; 0 when this message did. */
  readonly parsedAt: number
  readonly parameters: number
  readonly startedMs: number
  outcome: Outcome
  /** SQLSTATE, or ''. */
  sqlstate: string
  /** Command tags, the first few, joined by '; '. */
  tag: string
  commands: number
  /** Rows the tags count. */
  rows: number
  /** DataRow and CopyData messages received, and their bytes. */
  rowsSent: number
  bytesOut: number
  /** Bytes of CopyData the client sent. */
  bytesIn: number
  /** What the owner made of the columns of these rows (RunSink.columns); '' when nothing. */
  columns: string
  /** Of the rows sent, those with such columns. */
  columnRows: number
}

export interface RunSink<Text> {
  /** What is to be known of a result's columns, from its RowDescription; '' for nothing. */
  columns?(description: Uint8Array, text: Text | undefined): string
  /** The same of a result that was never described. */
  undescribed?(text: Text): string
  /** Called while the message is noticed, before it is released. */
  started(run: Run<Text>): void
  /** The server reports an error of this run; it may yet be skipped to the end of a query. */
  failed(run: Run<Text>): void
  finished(run: Run<Text>): void
  /** The implicit commit at a Sync failed, after its statements had seemed done. */
  commitFailed(sequence: number, sqlstate: string): void
}
