/**
 * The catalogue for readers: what can be restored.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import { FaultError } from '#lib/errors.ts'
import { backupRecord, historyBytes } from './entries.ts'
import type { RepositoryReader } from './open-reader.ts'
import type { Catalogue } from './repository.ts'
import { listWal, WalRanges } from './wal-listing.ts'

/**
 * The entries are authenticated; the ranges of the log are what the regions list, and each part is
 * authenticated when it is read.
 *
 * @throws {FaultError} When no region answers.
 */
export async function readCatalogue(reader: RepositoryReader): Promise<Catalogue> {
  const { cluster, backups, histories } = reader.chain.state
  const ranges = new WalRanges(reader.chain.state)
  let answered = 0
  let failure: unknown
  for (const { store } of reader.regions) {
    try {
      for await (const part of listWal(store)) ranges.add(part)
      answered++
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      failure = error
    }
  }
  if (answered === 0) throw failure
  return {
    repositoryId: toHex(reader.root.repositoryId),
    cluster,
    backups: cluster ? backups.map((entry) => backupRecord(entry, cluster)) : [],
    wal: ranges.ranges,
    histories: new Map([...histories].map(([at, entry]) => [at, historyBytes(entry)])),
  }
}
