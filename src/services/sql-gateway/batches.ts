/**
 * Cuts many events into appends that the audit trail takes: it refuses one over 16 MiB.
 *
 * @module
 */
import type { AuditEvent } from '#audit/trail.ts'

/** JSON writes a control character in six bytes; the worst text is nothing else. */
const JSON_GROWTH = 6
/** Bytes of UTF-8 for one unit of a string, at worst. */
const UTF8_GROWTH = 3
const EVENT_OVERHEAD = 4 * 1024
const BATCH_BYTES_MAX = 12 * 1024 * 1024
/** Events that fit whatever they hold: each has at most 128 Ki characters of SQL. */
const FEW = 12

/** The events in order, in as few batches as their size in the worst case allows. */
export function batchesOf(events: readonly AuditEvent[]): readonly (readonly AuditEvent[])[] {
  if (events.length <= FEW) return events.length === 0 ? [] : [events]
  const batches: AuditEvent[][] = []
  let bytes = Infinity
  for (const event of events) {
    const size = EVENT_OVERHEAD + sizeOf(event)
    if (bytes + size > BATCH_BYTES_MAX) {
      batches.push([])
      bytes = 0
    }
    bytes += size
    batches.at(-1)?.push(event)
  }
  return batches
}

/** Bytes of an event's JSON in the worst case, without its small members. */
function sizeOf(event: AuditEvent): number {
  if (event.json !== undefined) return UTF8_GROWTH * event.json.length
  const sql = event.detail['sql']
  return typeof sql === 'string' ? JSON_GROWTH * sql.length : 0
}
