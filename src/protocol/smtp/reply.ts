/**
 * SMTP replies: bytes in, whole replies out. No sockets, no clock.
 *
 * A server may say anything: what is no reply is a violation, and a reply without end is one too.
 *
 * Source: RFC 5321 §4.2.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

/** One reply. `text` is the words of all its lines, joined by blanks, printable ASCII only. */
export type SmtpReply = {
  readonly code: number
  readonly lines: readonly string[]
  readonly text: string
}

/** RFC 5321 §4.5.3.1.5 says 512; a few servers write more. */
const LINE_MAX_BYTES = 4096
const LINES_MAX = 128

/** Cuts a server's bytes into replies. They never depend on how the bytes were chunked. */
export class ReplyReader {
  #rest = ''
  #lines: string[] = []

  /** Bytes that came and belong to no whole reply yet. */
  get pending(): number {
    return this.#rest.length + this.#lines.length
  }

  /**
   * @returns The replies that these bytes complete, in order.
   * @throws {ProtocolError} SMTP_REPLY_INVALID.
   */
  push(chunk: Uint8Array): SmtpReply[] {
    this.#rest += Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1')
    const replies: SmtpReply[] = []
    for (;;) {
      const end = this.#rest.indexOf('\n')
      if (end < 0) break
      const line = this.#rest.slice(0, end).replace(/\r$/, '')
      this.#rest = this.#rest.slice(end + 1)
      const whole = this.#line(line)
      if (whole) replies.push(whole)
    }
    if (this.#rest.length > LINE_MAX_BYTES) throw invalid('a line without end')
    return replies
  }

  #line(line: string): SmtpReply | undefined {
    const [, digits, mark, words = ''] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? []
    if (digits === undefined || line.length > LINE_MAX_BYTES) throw invalid('a line is no reply')
    this.#lines.push(words)
    if (this.#lines.length > LINES_MAX) throw invalid('a reply without end')
    if (mark === '-') return undefined
    const lines = this.#lines
    this.#lines = []
    const text = `${digits} ${lines.join(' ')}`
      .replaceAll(/[^\x20-\x7e]+/g, ' ')
      .replaceAll(/ +/g, ' ')
      .trim()
    return { code: Number(digits), lines, text }
  }
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('SMTP_REPLY_INVALID', `the server answered ${what}`)
}
