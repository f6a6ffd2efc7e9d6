/**
 * Reads command tags and error fields: how a statement ended, in the server's own words.
 *
 * Source: PostgreSQL documentation, "Message Formats" (CommandComplete, ErrorResponse) and "Error
 * and Notice Message Fields".
 *
 * @module
 */

/** The tag of a CommandComplete body, without its terminator. */
export function readTag(body: Uint8Array): string {
  const end = body[body.length - 1] === 0 ? body.length - 1 : body.length
  let tag = ''
  for (let at = 0; at < end; at++) tag += String.fromCharCode(body[at] ?? 0)
  return tag
}

/** Rows a tag counts: returned, changed or copied; 0 for commands that count none. */
export function rowsOf(tag: string): number {
  let rows = 0
  let scale = 1
  for (let at = tag.length - 1; at >= 0; at--) {
    const code = tag.charCodeAt(at)
    if (code === 0x20) return scale > 1 ? rows : 0
    if (code < 0x30 || code > 0x39) return 0
    rows += (code - 0x30) * scale
    scale *= 10
  }
  return 0
}

export type ServerError = {
  /** Not localised: ERROR, FATAL or PANIC. */
  readonly severity: string
  /** SQLSTATE, five characters. */
  readonly sqlstate: string
}

/** Severity and SQLSTATE of an ErrorResponse body, which may be cut short behind them. */
export function readError(body: Uint8Array): ServerError {
  let severity = ''
  let sqlstate = ''
  let at = 0
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at)
    if (end === -1) break
    if (body[at] === 0x56) severity = latin1(body, at + 1, end) // V
    if (body[at] === 0x43) sqlstate = latin1(body, at + 1, end) // C
    at = end + 1
  }
  return { severity, sqlstate }
}

/** Name and value of a ParameterStatus body; undefined when it was cut short. */
export function readParameter(body: Uint8Array): { name: string; value: string } | undefined {
  const nameEnd = body.indexOf(0)
  const valueEnd = body.indexOf(0, nameEnd + 1)
  if (nameEnd === -1 || valueEnd === -1) return undefined
  const value = Buffer.from(body.subarray(nameEnd + 1, valueEnd)).toString('utf8')
  return { name: latin1(body, 0, nameEnd), value }
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.subarray(start, end)).toString('latin1')
}
