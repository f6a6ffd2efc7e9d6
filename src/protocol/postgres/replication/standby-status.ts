/**
 * Standby status update: how the backup tells PostgreSQL which WAL it may forget.
 *
 * @module
 */
import assert from 'node:assert/strict'
import type { Lsn } from './lsn.ts'

/** Milliseconds from the Unix epoch to 2000-01-01T00:00:00Z, where PostgreSQL's clock begins. */
const PG_EPOCH_UNIX_MS = 946_684_800_000n

/**
 * Encodes a Standby status update (F), 34 bytes.
 *
 * `durableLsn` is a promise: with a replication slot, PostgreSQL may recycle all WAL before it. It
 * must be on stable storage, not merely received. An archive applies nothing: that position is 0.
 *
 * @param receivedLsn One past the last WAL byte received.
 * @param durableLsn One past the last WAL byte safely stored; at most `receivedLsn`.
 * @param nowMs Milliseconds since the Unix epoch, from the caller's clock.
 * @throws {AssertionError} When the promise exceeds what was received: a bug, never a peer's fault.
 * @see PostgreSQL documentation, "Streaming Replication Protocol", Standby status update.
 */
export function encodeStandbyStatus(status: {
  receivedLsn: Lsn
  durableLsn: Lsn
  nowMs: bigint
  replyRequested: boolean
}): Uint8Array {
  assert(status.durableLsn >= 0n)
  assert(status.durableLsn <= status.receivedLsn)
  const bytes = new Uint8Array(34)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, 'r'.charCodeAt(0))
  view.setBigUint64(1, status.receivedLsn)
  view.setBigUint64(9, status.durableLsn)
  view.setBigUint64(17, 0n)
  view.setBigInt64(25, (status.nowMs - PG_EPOCH_UNIX_MS) * 1000n) // microseconds
  view.setUint8(33, status.replyRequested ? 1 : 0)
  return bytes
}
