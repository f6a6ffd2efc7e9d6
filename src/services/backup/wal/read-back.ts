/**
 * Reads bytes of the log again, on a connection that goes on afterwards.
 *
 * @module
 */
import type { BackendFrame } from '#protocol/postgres/replication/backend-frame.ts'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import { decodeReport } from '#protocol/postgres/replication/messages.ts'
import {
  decodeWalMessage,
  startReplicationCommand,
} from '#protocol/postgres/replication/wal-stream.ts'
import { unexpected } from '../replication/connection.ts'
import { faultFrom } from '../replication/server-faults.ts'
import type { LogConnection } from './log-connection.ts'

type Piece = { readonly timeline: number; readonly startLsn: Lsn; readonly size: number }

/**
 * @param slot Ours; it is not moved.
 * @returns Undefined where the server has recycled them, or never had that timeline.
 * @throws {FaultError} DATABASE_…. @throws {ProtocolError} PG_FRAME_UNEXPECTED.
 */
export async function readBack(
  connection: LogConnection,
  slot: string,
  from: Piece,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  const found = await readLog(connection, slot, from, (_lsn, bytes) => chunks.push(bytes.slice()))
  return found ? Buffer.concat(chunks) : undefined
}

/**
 * The same for more than memory holds.
 *
 * @param take Gets the bytes in order; they are its own until it returns.
 * @returns Whether all of them came.
 * @throws As above.
 */
export async function readLog(
  connection: LogConnection,
  slot: string,
  { timeline, startLsn, size }: Piece,
  take: (lsn: Lsn, bytes: Uint8Array) => void,
): Promise<boolean> {
  const command = startReplicationCommand(slot, startLsn, timeline)
  if (await connection.startCopyBoth(command)) return false
  let missing = size
  while (missing > 0) {
    const frame = await connection.take()
    if (frame.name === 'ErrorResponse') {
      const fault = faultFrom(decodeReport(frame.body))
      if (fault.code !== 'WAL_REMOVED') throw fault
      await untilReady(connection)
      return false
    }
    if (frame.name === 'CopyDone') break
    if (frame.name !== 'CopyData') throw unexpected(frame, 'START_REPLICATION')
    const message = decodeWalMessage(frame.body)
    if (message.kind !== 'wal') continue
    const piece = message.bytes.subarray(0, missing)
    take(startLsn + BigInt(size - missing), piece)
    missing -= piece.length
  }
  connection.sendCopyDone()
  await untilReady(connection)
  return missing === 0
}

/** Lets pass what was on its way, and the end of the command. */
async function untilReady(connection: LogConnection): Promise<void> {
  let frame: BackendFrame
  do frame = await connection.take()
  while (frame.name !== 'ReadyForQuery')
}
