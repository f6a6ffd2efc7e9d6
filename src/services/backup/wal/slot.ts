/**
 * The replication slot: PostgreSQL's promise to keep WAL until we have it.
 *
 * @module
 */
import { parseLsn, parseTimeline } from '#protocol/postgres/replication/lsn.ts'
import { quoteName } from '#protocol/postgres/replication/messages.ts'
import type { WalPosition } from '../repository/repository.ts'
import type { LogConnection } from './log-connection.ts'

export type Slot = {
  /** From where it keeps WAL. */
  readonly restart: WalPosition
  /** What became of it just now: `lost` means the server had given up on the old one. */
  readonly made: 'found' | 'created' | 'lost'
}

/**
 * Finds the slot, or makes it; a lost one is dropped and made again. It reserves WAL from its
 * first moment: without that, what is written before we first connect could be recycled.
 *
 * @throws {FaultError} DATABASE_SLOTS_EXHAUSTED, DATABASE_WAL_LEVEL, WAL_SLOT_BUSY.
 */
export async function ensureSlot(connection: LogConnection, name: string): Promise<Slot> {
  const found = await readSlot(connection, name)
  if (found.kind === 'usable') return { restart: found.restart, made: 'found' }
  const quoted = quoteName(name)
  if (found.kind === 'lost') await connection.query(`DROP_REPLICATION_SLOT ${quoted}`)
  await connection.query(`CREATE_REPLICATION_SLOT ${quoted} PHYSICAL (RESERVE_WAL)`)
  const created = await readSlot(connection, name)
  if (created.kind !== 'usable') return ensureSlot(connection, name) // somebody dropped it again
  return { restart: created.restart, made: found.kind === 'lost' ? 'lost' : 'created' }
}

type Found =
  { readonly kind: 'usable'; readonly restart: WalPosition } | { readonly kind: 'absent' | 'lost' }

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
