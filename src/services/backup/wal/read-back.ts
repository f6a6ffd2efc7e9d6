/**
 * Reads a few bytes of the log again, on a connection that goes on afterwards.
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

/**
 * @param slot Ours; it is not moved.
 * @returns Undefined where the server has recycled them, or never had that timeline.
 * @throws {FaultError} DATABASE_…. @throws {ProtocolError} PG_FRAME_UNEXPECTED.
 */
export async function readBack(
  connection: LogConnection,
  slot: string,
  from: { readonly timeline: number; readonly startLsn: Lsn; readonly size: number },
): Promise<Uint8Array | undefined> {
  const { timeline, startLsn, size } = from
  const command = startReplicationCommand(slot, startLsn, timeline)
  if (await connection.startCopyBoth(command)) return undefined
  const chunks: Uint8Array[] = []
  let missing = size
  while (missing > 0) {
    const frame = await connection.take()
    if (frame.name === 'ErrorResponse') {
      const fault = faultFrom(decodeReport(frame.body))
      if (fault.code !== 'WAL_REMOVED') throw fault
      await untilReady(connection)
      return undefined
    }
    if (frame.name === 'CopyDone') break
    if (frame.name !== 'CopyData') throw unexpected(frame, 'START_REPLICATION')
    const message = decodeWalMessage(frame.body)
    if (message.kind !== 'wal') continue
    const piece = message.bytes.slice(0, missing)
    chunks.push(piece)
    missing -= piece.length
  }
  connection.sendCopyDone()
  await untilReady(connection)
  return missing === 0 ? Buffer.concat(chunks) : undefined
}

/** Lets pass what was on its way, and the end of the command. */
async function untilReady(connection: LogConnection): Promise<void> {
  let frame: BackendFrame
  do frame = await connection.take()
  while (frame.name !== 'ReadyForQuery')
}
