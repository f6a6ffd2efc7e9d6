/**
 * Puts the text of a long statement together: its first record holds the beginning, the records
 * right behind it the rest (docs/events.md, DB_STATEMENT_TEXT). No I/O.
 *
 * @module
 */
import type { RecordedEvent } from '#audit/read.ts'
import { number, text } from './watched.ts'

/** A statement whose text is whole. */
export type Whole = { readonly event: RecordedEvent; readonly sql: string }

/** Characters of a first record whose text may go on in others; a character is never halved. */
const PART_CHARS_MIN = 128 * 1024 - 1
/** What a parser of ours takes; the gateway keeps no more anyway. */
const PARTS_MAX = 16

type Begun = { readonly event: RecordedEvent; readonly parts: string[]; bytes: number }

export class LongTexts {
  /** Book → the statement whose text is coming; each process writes one at a time. */
  readonly #begun = new Map<string, Begun>()

  /** Whether a first record holds but the beginning of its text. */
  isLong(event: RecordedEvent): boolean {
    return (
      text(event, 'sql').length >= PART_CHARS_MIN &&
      Buffer.byteLength(text(event, 'sql')) < number(event, 'sqlBytes')
    )
  }

  /** @returns The statement that this record ends, because it is its last or of something else. */
  see(event: RecordedEvent): Whole | undefined {
    const begun = this.#begun.get(event.process)
    if (begun && isPartOf(begun, event)) {
      const part = text(event, 'sql')
      if (begun.parts.length < PARTS_MAX) begun.parts.push(part)
      begun.bytes += Buffer.byteLength(part)
      return begun.bytes < number(begun.event, 'sqlBytes') ? undefined : this.#end(begun)
    }
    const whole = begun && this.#end(begun) // a password was taken out of it: it is shorter
    if (event.code === 'DB_STATEMENT' && this.isLong(event)) this.#begin(event)
    return whole
  }

  #begin(event: RecordedEvent): void {
    const sql = text(event, 'sql')
    this.#begun.set(event.process, { event, parts: [sql], bytes: Buffer.byteLength(sql) })
  }

  #end({ event, parts }: Begun): Whole {
    this.#begun.delete(event.process)
    return { event, sql: parts.join('') }
  }
}

function isPartOf({ event, parts }: Begun, further: RecordedEvent): boolean {
  return (
    further.code === 'DB_STATEMENT_TEXT' &&
    text(further, 'session') === text(event, 'session') &&
    number(further, 'sequence') === number(event, 'sequence') &&
    number(further, 'part') === parts.length
  )
}
