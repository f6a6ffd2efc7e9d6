/**
 * Where the archive of a timeline ends, and whether it reaches what the catalogue promised.
 *
 * @module
 */
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { listWal, WalRanges } from '../repository/wal-listing.ts'

/**
 * @returns One past the last byte of the timeline that any region lists, but for loose parts.
 * @throws {IntegrityError} WAL_MISSING when the catalogue marks more than there is.
 */
export async function archiveEnd(reader: RepositoryReader, timeline: number): Promise<Lsn> {
  const ranges = new WalRanges(reader.chain.state)
  let answered = 0
  let failure: unknown
  for (const { store } of reader.regions) {
    try {
      for await (const part of listWal(store, { timeline })) ranges.add(part)
      answered++
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      failure = error
    }
  }
  if (answered === 0) throw failure
  const { runs, runEnds } = reader.chain.state
  const own = runs.filter(({ entry }) => entry.timeline === timeline)
  const begun = own.reduce((last, { entry }) => later(last, entry.startLsn), 0n)
  const end = later(begun, ranges.lastOf(timeline)?.endLsn ?? 0n)
  for (const { entry } of own) {
    const promised = runEnds.get(entry.run)?.endLsn ?? entry.startLsn
    if (promised <= end) continue
    const message =
      `the log of timeline ${timeline} was kept up to ${formatLsn(promised)}, ` +
      `but what is there ends at ${formatLsn(end)}`
    throw new IntegrityError('WAL_MISSING', message)
  }
  return end
}

function later(a: Lsn, b: Lsn): Lsn {
  return a > b ? a : b
}
