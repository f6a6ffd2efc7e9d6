/**
 * The replication slot: PostgreSQL's promise to keep WAL until we have it.
 *
 * @module
 */
import { parseLsn, parseTimeline } from '#protocol/postgres/replication/lsn.ts'
import { quoteName } from '#protocol/postgres/replication/messages.ts'
import type { WalPosition } from '../repository/repository.ts'
import type { LogConnection } from './log-connection.ts'
import { segmentStart } from './start.ts'

export type Slot = {
  /** From where it keeps WAL. */
  readonly restart: WalPosition
  /** What became of it just now: `lost` means the server had given up on the old one. */
  readonly made: 'found' | 'created' | 'lost'
}

/** What the server has said it no longer has, and how it cuts its WAL. */
export type Removed = { readonly at: WalPosition | undefined; readonly walSegmentSize: number }

/**
 * Finds the slot, or makes it; a lost one is dropped and made again. It reserves WAL from its
 * first moment: without that, what is written before we first connect could be recycled.
 *
 * A slot that keeps only from what is removed is lost too, though PostgreSQL calls it usable: a
 * status moves a slot to the position it tells of, backwards as well, so that asking for WAL that
 * is gone takes a new slot with it when our status is read before the segment is opened (seen in
 * PostgreSQL 18).
 *
 * @throws {FaultError} DATABASE_SLOTS_EXHAUSTED, DATABASE_WAL_LEVEL, WAL_SLOT_BUSY.
 */
export async function ensureSlot(
  connection: LogConnection,
  name: string,
  removed: Removed,
): Promise<Slot> {
  const read = await readSlot(connection, name)
  const found = isBehind(read, removed) ? ({ kind: 'lost' } as const) : read
  if (found.kind === 'usable') return { restart: found.restart, made: 'found' }
  const quoted = quoteName(name)
  if (found.kind === 'lost') await connection.query(`DROP_REPLICATION_SLOT ${quoted}`)
  await connection.query(`CREATE_REPLICATION_SLOT ${quoted} PHYSICAL (RESERVE_WAL)`)
  const created = await readSlot(connection, name)
  if (created.kind !== 'usable') return ensureSlot(connection, name, removed) // dropped again
  return { restart: created.restart, made: found.kind === 'lost' ? 'lost' : 'created' }
}

type Found =
  { readonly kind: 'usable'; readonly restart: WalPosition } | { readonly kind: 'absent' | 'lost' }

function isBehind(found: Found, { at, walSegmentSize }: Removed): boolean {
  if (!at || found.kind !== 'usable' || found.restart.timeline !== at.timeline) return false
  return segmentStart(found.restart, walSegmentSize).lsn <= at.lsn
}

/** Columns: type, restart position, restart timeline; all null when there is no such slot. */
async function readSlot(connection: LogConnection, name: string): Promise<Found> {
  const [row] = await connection.query(`READ_REPLICATION_SLOT ${quoteName(name)}`)
  const [type, lsn, timeline] = row ?? []
  if (!type) return { kind: 'absent' }
  if (!lsn || !timeline) return { kind: 'lost' }
  return {
    kind: 'usable',
    restart: { lsn: parseLsn(lsn), timeline: parseTimeline(timeline) },
  }
}
