/**
 * Where the regions of the backup have copies of the audit trail: beside the repository, so that
 * nothing of one is ever taken for the other's.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import { fromHex } from '#lib/byte-fields.ts'
import type { RegionConfig } from '#services/backup/config-regions.ts'
import { parseRoot } from '#services/backup/repository/root.ts'
import type { CopyRegion } from '#services/seal/ports.ts'
import { systemDisk } from '#system/disk.ts'
import type { Context } from './context.ts'
import type { Paths } from './paths.ts'
import { storeOf, TRAIL_FOLDER } from './region-store.ts'
import { keyFiles, openForReading } from './repository.ts'

export function trailRegions({ paths, config }: Pick<Context, 'paths' | 'config'>): CopyRegion[] {
  return config.backup.regions.map((region) => ({
    name: region.name,
    store: storeOf(paths, beside(paths, region)),
  }))
}

/** The place beside a region's repository. */
function beside(paths: Paths, region: RegionConfig): RegionConfig {
  switch (region.kind) {
    case 'disk':
      return { ...region, folder: `${region.folder ?? paths.region(region.name)}-trail` }
    case 'sftp':
      return { ...region, folder: `${region.folder}-trail` }
    case 's3':
    case 'azure': {
      const { prefix } = region
      const own = prefix === '' ? `${TRAIL_FOLDER}/` : `${prefix.slice(0, -1)}-trail/`
      return { ...region, prefix: own }
    }
  }
}

/**
 * Who may read the copies: those for whom backups are sealed now, as far as the regions tell.
 *
 * @throws {VeiligError} When there is no root: the keys of the repository were never made.
 */
export async function readersOf(context: Context): Promise<readonly Uint8Array[]> {
  const { paths, config } = context
  try {
    const { chain } = await openForReading(context, config.backup.regions)
    const named = chain.state.recipients?.map(fromHex).filter((key) => key !== undefined)
    if (named && named.length > 0) return named
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error // no region answers, or none has anything yet
  }
  return parseRoot(await systemDisk.read(keyFiles(paths).root)).recipientKeys
}
