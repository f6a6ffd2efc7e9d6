/**
 * The values of a Bind: where they stand in the message, and what people read of them.
 *
 * Source: PostgreSQL documentation, "Message Formats", Bind.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

/**
 * The part of a whole Bind body from its format codes to its last value.
 *
 * @throws {ProtocolError} PG_MESSAGE_INVALID.
 */
export function bindValues(body: Uint8Array): Uint8Array {
  const start = body.indexOf(0, body.indexOf(0) + 1) + 1
  return body.subarray(start, endOfValues(viewOf(body), start))
}

/**
 * The values in what `bindValues` gave: text as it is, binary as `\x…`, NULL as null.
 *
 * @throws {ProtocolError} PG_MESSAGE_INVALID.
 */
export function readBindValues(part: Uint8Array): (string | null)[] {
  const view = viewOf(part)
  const formats = count(view, 0)
  let at = 2 + 2 * formats
  const values: (string | null)[] = []
  const parameters = count(view, at)
  at += 2
  for (let index = 0; index < parameters; index++) {
    const size = length(view, at)
    at += 4
    const bytes = Buffer.from(part.buffer, part.byteOffset + at, Math.max(0, size))
    const format = formats === 0 ? 0 : count(view, 2 + 2 * (formats === 1 ? 0 : index))
    if (size < 0) values.push(null)
    else values.push(format === 0 ? bytes.toString('utf8') : `\\x${bytes.toString('hex')}`)
    at += Math.max(0, size)
  }
  return values
}

function endOfValues(view: DataView, start: number): number {
  let at = start + 2 + 2 * count(view, start)
  let left = count(view, at)
  for (at += 2; left > 0; left--) at += 4 + Math.max(0, length(view, at))
  if (at > view.byteLength) throw malformed()
  return at
}

function count(view: DataView, at: number): number {
  if (at + 2 > view.byteLength) throw malformed()
  return view.getUint16(at)
}

/** −1 for NULL; never more than what is left of the message. */
function length(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw malformed()
  const size = view.getInt32(at)
  if (size < -1 || at + 4 + size > view.byteLength) throw malformed()
  return size
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function malformed(): ProtocolError {
  return new ProtocolError('PG_MESSAGE_INVALID', 'the values of a Bind do not add up to its body')
}
