/**
 * Records and handshake messages of TLS up to 1.2, cut out of a stream.
 *
 * @module
 */

export type TlsRecord = { readonly type: number; readonly body: Buffer }

export const contentTypes = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const

/** Whole records, and where the first incomplete one begins. */
export function readRecords(bytes: Uint8Array): {
  readonly records: readonly TlsRecord[]
  readonly end: number
} {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records: TlsRecord[] = []
  let at = 0
  while (all.length - at >= 5) {
    const size = all.readUInt16BE(at + 3)
    if (all.length - at < 5 + size) break
    records.push({ type: all[at] ?? 0, body: all.subarray(at + 5, at + 5 + size) })
    at += 5 + size
  }
  return { records, end: at }
}

export type HandshakeMessage = {
  readonly type: number
  readonly body: Buffer
  /** With its head: what a transcript is made of. */
  readonly whole: Buffer
}

/** Whole handshake messages in the joined bodies of handshake records. */
export function readMessages(bytes: Buffer): readonly HandshakeMessage[] {
  const messages: HandshakeMessage[] = []
  let at = 0
  while (bytes.length - at >= 4) {
    const size = bytes.readUIntBE(at + 1, 3)
    if (bytes.length - at < 4 + size) break
    const whole = bytes.subarray(at, at + 4 + size)
    messages.push({ type: whole[0] ?? 0, body: whole.subarray(4), whole })
    at += 4 + size
  }
  return messages
}

export function encodeMessage(type: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length, 0)
  head.writeUInt8(type, 0)
  return Buffer.concat([head, body])
}

/** A record in the clear. */
export function encodeRecord(type: number, version: number, body: Uint8Array): Buffer {
  const head = Buffer.from([type, version >> 8, version & 255, 0, 0])
  head.writeUInt16BE(body.length, 3)
  return Buffer.concat([head, body])
}
