/**
 * What flows within START_REPLICATION: WAL, and the server's sign of life.
 *
 * Source: PostgreSQL documentation, "Streaming Replication Protocol", XLogData and Primary
 * keepalive message.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from './lsn.ts'
import { quoteName } from './messages.ts'

export type WalMessage =
  | {
      readonly kind: 'wal'
      /** Position of the first byte. */
      readonly startLsn: Lsn
      /** One past the newest WAL the server has. */
      readonly serverEndLsn: Lsn
      /** May share memory with the message. */
      readonly bytes: Uint8Array
    }
  | {
      readonly kind: 'keepalive'
      /**
       * One past the last WAL the server has sent (its sentPtr): once it has sent all it has
       * flushed, this is all there is.
       */
      readonly serverEndLsn: Lsn
      /** The server ends the connection unless it is answered soon. */
      readonly replyRequested: boolean
    }

const WAL_HEADER_SIZE = 25
const KEEPALIVE_SIZE = 18

/** The command that begins the stream, at any byte of the timeline. */
export function startReplicationCommand(slot: string, lsn: Lsn, timeline: number): string {
  const at = `PHYSICAL ${formatLsn(lsn)} TIMELINE ${timeline}`
  return `START_REPLICATION SLOT ${quoteName(slot)} ${at}`
}

/** @param body Of a CopyData. @throws {ProtocolError} PG_VALUE_INVALID. */
export function decodeWalMessage(body: Uint8Array): WalMessage {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const kind = String.fromCharCode(body[0] ?? 0)
  if (kind === 'w' && body.length >= WAL_HEADER_SIZE) {
    return {
      kind: 'wal',
      startLsn: view.getBigUint64(1),
      serverEndLsn: view.getBigUint64(9),
      bytes: body.subarray(WAL_HEADER_SIZE),
    }
  }
  if (kind === 'k' && body.length === KEEPALIVE_SIZE) {
    return {
      kind: 'keepalive',
      serverEndLsn: view.getBigUint64(1),
      replyRequested: body[17] !== 0,
    }
  }
  throw new ProtocolError('PG_VALUE_INVALID', `not WAL and not a keepalive: ${body.length} bytes`)
}
