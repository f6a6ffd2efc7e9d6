/**
 * What the server says of the columns of a result: which table's they are, before any row.
 *
 * Source: PostgreSQL documentation, "Message Formats", RowDescription.
 *
 * @module
 */

/** One column of a result. */
export type ResultColumn = {
  /** As the result calls it: the alias, where there is one. */
  readonly name: string
  /** The table's object id; 0 for an expression. */
  readonly table: number
  /** The column's number in its table; 0 for an expression. */
  readonly attribute: number
}

/** Bytes of a field after its name: table, attribute, type, size, modifier, format. */
const FIELD_SIZE = 18
const TABLE_SIZE = 4
/** How many bytes of the message are worth reading: some two hundred columns. */
export const ROW_DESCRIPTION_SHOWN: number = 8_192

/** The columns in a RowDescription's body, as far as it was held. Throws nothing. */
export function readRowDescription(body: Uint8Array): readonly ResultColumn[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (bytes.length < 2) return []
  const columns: ResultColumn[] = []
  let at = 2
  for (let count = bytes.readUInt16BE(0); count > 0; count--) {
    const end = bytes.indexOf(0, at)
    if (end === -1 || end + 1 + FIELD_SIZE > bytes.length) break // the rest was not held
    const table = bytes.readUInt32BE(end + 1)
    const attribute = bytes.readInt16BE(end + 1 + TABLE_SIZE)
    columns.push({ name: bytes.toString('utf8', at, end), table, attribute })
    at = end + 1 + FIELD_SIZE
  }
  return columns
}
