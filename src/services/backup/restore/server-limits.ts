/**
 * Settings that a recovering server must not have lower than the server that wrote the log.
 *
 * PostgreSQL refuses to recover, or pauses for ever, when max_connections and its like are less
 * than they were; where they stood on a command line no backed-up file knows them. pg_control does,
 * and the log tells each change.
 *
 * Source: PostgreSQL, catalog/pg_control.h (ControlFileData) and access/xlog_internal.h
 * (xl_parameter_change); "Administrator's Overview" of Hot Standby.
 *
 * @module
 */
import type { WalRecord } from '#protocol/postgres/wal/records.ts'

/** In the order in which both structures hold them. */
const NAMES = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
] as const

export type ServerLimits = Readonly<Partial<Record<(typeof NAMES)[number], number>>>

/** More than PostgreSQL allows for any of them (MAX_BACKENDS). */
const LIMIT_MAX = 0x7f_ffff
/** `floatFormat`, by which a server knows its own control file: 1234567.0 as a double. */
const FLOAT_FORMAT = Buffer.from('0000000087d63241', 'hex')
/** From the first limit to `floatFormat`: five limits, a flag, the alignment. */
const BEFORE_FLOAT = 28
const RM_XLOG = 0
const XLOG_PARAMETER_CHANGE = 0x60
const RECORD_HEADER = 24

/** What pg_control says; nothing when it does not look as expected. */
export function limitsFromControl(control: Uint8Array): ServerLimits {
  const bytes = Buffer.from(control)
  const at = bytes.indexOf(FLOAT_FORMAT) - BEFORE_FLOAT
  return at < 0 ? {} : limitsAt(bytes, at)
}

/** What a record of changed settings says; nothing for every other record. */
export function limitsFromRecord(record: WalRecord): ServerLimits {
  const { resourceManager, info, head } = record
  if (resourceManager !== RM_XLOG || (info & 0xf0) !== XLOG_PARAMETER_CHANGE) return {}
  return limitsAt(Buffer.from(head), RECORD_HEADER + 2)
}

/** Of each the higher. */
export function higherLimits(a: ServerLimits, b: ServerLimits): ServerLimits {
  const both = NAMES.flatMap((name) => {
    const value = Math.max(a[name] ?? -1, b[name] ?? -1)
    return value < 0 ? [] : [[name, value] as const]
  })
  return Object.fromEntries(both)
}

function limitsAt(bytes: Buffer, at: number): ServerLimits {
  if (at + 4 * NAMES.length > bytes.length) return {}
  const values = NAMES.map((name, index) => [name, bytes.readInt32LE(at + 4 * index)] as const)
  const plausible = values.every(([, value]) => value >= 0 && value <= LIMIT_MAX)
  return plausible ? Object.fromEntries(values) : {}
}
