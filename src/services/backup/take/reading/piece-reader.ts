/**
 * Reads pieces of the server's files through SQL, many with one question, and asks the next while
 * the answer to the one before still flows.
 *
 * COPY … (FORMAT binary) gives bytes as they are, one piece in one message.
 *
 * Source: PostgreSQL documentation, COPY, "Binary Format"; pg_read_binary_file.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import type { BackendFrame } from '#protocol/postgres/replication/backend-frame.ts'
import { decodeReport, quoteLiteral } from '#protocol/postgres/replication/messages.ts'
import { unexpected, type ReplicationConnection } from '../../replication/connection.ts'
import { faultFrom } from '../../replication/server-faults.ts'

export type Piece = { readonly path: string; readonly at: number; readonly length: number }

/** Longer ranges are read in pieces of this size; a message holds up to 1 MiB. */
const PIECE_MAX_BYTES = 256 * 1024
const QUESTION_MAX_BYTES = 4 * 1024 * 1024
const QUESTION_MAX_PIECES = 1000
const QUESTIONS_UNDER_WAY = 2

/** `PGCOPY\n\xff\r\n\0`, flags, and the length of an extension: before the first row. */
const COPY_HEADER = 19
const ROW_HEADER = 2 + 4 + 8 + 4
const COLUMNS = 2
const END = -1
const ABSENT = -1

/** What is long is cut. */
export function* cutPieces(path: string, at: number, length: number): Generator<Piece> {
  const end = at + length
  for (let from = at; from < end; from += PIECE_MAX_BYTES) {
    yield { path, at: from, length: Math.min(PIECE_MAX_BYTES, end - from) }
  }
}

export class PieceReader {
  readonly #connection: ReplicationConnection
  readonly #pieces: Iterator<Piece>
  /** How many pieces each question under way asked for. */
  readonly #asked: number[] = []
  /** Of the question whose answer flows: whether it has begun, and how many pieces came. */
  #begun = false
  #came = 0
  #exhausted = false

  /** @param pieces What to read, in the order in which it is then taken. */
  constructor(connection: ReplicationConnection, pieces: Iterable<Piece>) {
    this.#connection = connection
    this.#pieces = pieces[Symbol.iterator]()
  }

  /**
   * The bytes of the next piece: fewer where the file ends earlier, undefined where there is none.
   * They last until the next call.
   *
   * @throws {FaultError} As the server refuses. @throws {ProtocolError} When it answers otherwise.
   */
  async next(): Promise<Uint8Array | undefined> {
    this.#ask()
    for (;;) {
      const frame = await this.#connection.take()
      if (frame.name === 'ErrorResponse') throw faultFrom(decodeReport(frame.body))
      if (frame.name === 'CopyData') {
        const row = this.#row(frame)
        if (row !== 'end') return row
      } else if (frame.name === 'ReadyForQuery') this.#answered()
      else if (!['CopyOutResponse', 'CopyDone', 'CommandComplete'].includes(frame.name)) {
        throw unexpected(frame, 'COPY')
      }
    }
  }

  /** Lets pass the end of the last answer. */
  async finish(): Promise<void> {
    while (this.#asked.length > 0) {
      const frame = await this.#connection.take()
      if (frame.name === 'ErrorResponse') throw faultFrom(decodeReport(frame.body))
      if (frame.name === 'ReadyForQuery') this.#answered()
    }
  }

  #ask(): void {
    while (!this.#exhausted && this.#asked.length < QUESTIONS_UNDER_WAY) {
      const pieces = this.#nextPieces()
      if (pieces.length === 0) return
      this.#asked.push(pieces.length)
      this.#connection.send(question(pieces))
    }
  }

  #nextPieces(): readonly Piece[] {
    const pieces: Piece[] = []
    let bytes = 0
    while (bytes < QUESTION_MAX_BYTES && pieces.length < QUESTION_MAX_PIECES) {
      const next = this.#pieces.next()
      if (next.done === true) {
        this.#exhausted = true
        break
      }
      pieces.push(next.value)
      bytes += next.value.length
    }
    return pieces
  }

  #row({ body }: BackendFrame): Uint8Array | undefined | 'end' {
    const begin = this.#begun ? 0 : COPY_HEADER
    this.#begun = true
    const view = new DataView(body.buffer, body.byteOffset, body.length)
    const columns = body.length >= begin + 2 ? view.getInt16(begin) : 0
    if (columns === END) return 'end'
    const length = body.length >= begin + ROW_HEADER ? view.getInt32(begin + ROW_HEADER - 4) : 0
    const number = columns === COLUMNS ? Number(view.getBigInt64(begin + 6)) : 0
    if (number !== ++this.#came || body.length !== begin + ROW_HEADER + Math.max(0, length)) {
      throw new ProtocolError('PG_VALUE_INVALID', 'a piece of a file came out of order')
    }
    return length === ABSENT ? undefined : body.subarray(begin + ROW_HEADER)
  }

  #answered(): void {
    if (this.#came !== this.#asked.shift()) {
      throw new ProtocolError('PG_VALUE_INVALID', 'the server left out pieces of files')
    }
    this.#begun = false
    this.#came = 0
    this.#ask()
  }
}

function question(pieces: readonly Piece[]): string {
  const paths = pieces.map(({ path }) => `"${path.replaceAll(/["\\]/g, String.raw`\$&`)}"`)
  const starts = pieces.map(({ at }) => at)
  const lengths = pieces.map(({ length }) => length)
  const lists = `${quoteLiteral(`{${paths.join()}}`)}::text[], '{${starts.join()}}'::bigint[],
    '{${lengths.join()}}'::bigint[]`
  return `copy (select n, pg_read_binary_file(path, start, size, true)
    from unnest(${lists}) with ordinality as piece (path, start, size, n))
    to stdout (format binary)`
}
