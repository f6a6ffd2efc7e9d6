/**
 * Positions in the write-ahead log.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

/** A position in the WAL: a byte offset from its beginning, unsigned 64-bit. */
export type Lsn = bigint

const LSN_TEXT = /^[0-9A-Fa-f]{1,8}\/[0-9A-Fa-f]{1,8}$/

/** As PostgreSQL writes it: `1/A2B3C4D5`. */
export function formatLsn(lsn: Lsn): string {
  const high = lsn >> 32n
  const low = lsn & 0xffff_ffffn
  return `${high.toString(16)}/${low.toString(16)}`.toUpperCase()
}

/** @throws {ProtocolError} PG_VALUE_INVALID. */
export function parseLsn(text: string): Lsn {
  if (!LSN_TEXT.test(text)) throw new ProtocolError('PG_VALUE_INVALID', `not an LSN: ${text}`)
  const [high = '', low = ''] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`)
}

/** Timelines are numbered from 1, unsigned 32-bit. @throws {ProtocolError} PG_VALUE_INVALID. */
export function parseTimeline(text: string): number {
  const timeline = Number(text)
  if (/^[0-9]{1,10}$/.test(text) && timeline >= 1 && timeline <= 0xffff_ffff) return timeline
  throw new ProtocolError('PG_VALUE_INVALID', `not a timeline: ${text}`)
}
