/**
 * Where a restore shall end, as a person says it.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { parseLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'

export type RestoreTarget =
  /** All that is kept. */
  | { readonly kind: 'latest' }
  /** Every transaction that ended at or before this moment. */
  | { readonly kind: 'time'; readonly atMs: number; readonly text: string }
  /** Every record that begins before this position. */
  | { readonly kind: 'lsn'; readonly lsn: Lsn }
  /** Up to a named restore point. */
  | { readonly kind: 'name'; readonly name: string }
  /** Through the commit or the end otherwise of a transaction. */
  | { readonly kind: 'xid'; readonly xid: number }
  /** The end of the newest backup: as little log as possible. */
  | { readonly kind: 'immediate' }

const TIME =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?) ?(Z|[+-]\d{2}(?::?\d{2})?)?$/i
/** What people say when they mean a time: nobody calls a restore point so. */
const MOMENT = /^(?:\d{1,2}:\d{2}|now$|today\b|yesterday\b|-?\d+ ?(?:s|m|min|h|d)\b|.* ago$)/i
const NAME_MAX = 63
const FIRST_NORMAL_XID = 3

/** @throws {UsageError} RESTORE_TARGET_INVALID. */
export function parseTarget(text: string): RestoreTarget {
  if (text === 'latest' || text === 'immediate') return { kind: text }
  const xid = /^xid:([0-9]{1,10})$/.exec(text)?.[1]
  if (xid !== undefined) return { kind: 'xid', xid: transactionFrom(xid) }
  if (/^[0-9a-f]{1,8}\/[0-9a-f]{1,8}$/i.test(text)) return { kind: 'lsn', lsn: parseLsn(text) }
  if (/^\d{4}-\d{2}/.test(text)) return parseTime(text)
  if (MOMENT.test(text)) {
    throw invalid(`'${text}' is no moment; write its day too: 2026-11-23T14:05:00Z`)
  }
  if (text !== '' && Buffer.byteLength(text) <= NAME_MAX && !/[\0\n\r]/.test(text)) {
    return { kind: 'name', name: text }
  }
  throw invalid(`'${text}' is no time, LSN, transaction or restore point`)
}

/** As recovery_target_xid: 32 bits, without the epoch that txid_current() puts before them. */
function transactionFrom(text: string): number {
  const xid = Number(text)
  if (xid >= FIRST_NORMAL_XID && xid <= 0xffff_ffff) return xid
  throw invalid(`${text} is no transaction; pg_current_xact_id()::xid tells its number`)
}

function parseTime(text: string): RestoreTarget {
  const [, day = '', time = '', zone] = TIME.exec(text) ?? []
  if (day === '') throw invalid(`'${text}' is no time; write 2026-11-23T14:05:00Z or …+01:00`)
  if (zone === undefined) {
    throw invalid(`'${text}' says no UTC offset; add Z, or for example +01:00`)
  }
  const hours = zone.slice(1, 3)
  const minutes = zone.slice(-2)
  const offset = zone.length === 1 ? 'Z' : `${zone[0]}${hours}:${zone.length > 3 ? minutes : '00'}`
  const seconds = time.length === 5 ? `${time}:00` : time
  const [whole = '', fraction = ''] = seconds.split('.')
  const wholeMs = Date.parse(`${day}T${whole}${offset}`)
  if (Number.isNaN(wholeMs)) throw invalid(`'${text}' is no moment in the calendar`)
  const microseconds = Number(fraction.padEnd(6, '0'))
  return {
    kind: 'time',
    atMs: wholeMs + microseconds / 1000,
    text: postgresTime(wholeMs, microseconds),
  }
}

/** As PostgreSQL reads it wherever it runs: UTC with a numeric offset. */
function postgresTime(wholeMs: number, microseconds: number): string {
  const [day = '', time = ''] = new Date(wholeMs).toISOString().slice(0, 19).split('T')
  return `${day} ${time}.${String(microseconds).padStart(6, '0')}+00`
}

function invalid(why: string): UsageError {
  return new UsageError('RESTORE_TARGET_INVALID', why)
}
