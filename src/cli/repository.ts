/**
 * The backup repository of this installation: where its regions and its keys are.
 *
 * Four keys in three folders: the backup process can write and not read, the verifier can read and
 * not write, and the recovery key, which opens everything, is for the operator to take away.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { RegionConfig } from '#services/backup/config.ts'
import type { CatalogueHead } from '#services/backup/repository/chain.ts'
import { openRepository, type HeadMemory } from '#services/backup/repository/open-repository.ts'
import type { RegionPlace } from '#services/backup/repository/regions.ts'
import type { Repository } from '#services/backup/repository/repository.ts'
import {
  createRepositoryKeys,
  readCatalogueKey,
} from '#services/backup/repository/repository-keys.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { systemDisk } from '#system/disk.ts'
import type { Context } from './context.ts'
import type { Paths } from './paths.ts'

type Place = Pick<Context, 'paths' | 'clock'>

export type KeyFiles = {
  readonly recovery: string
  readonly verifier: string
  readonly catalogue: string
  /** Public; kept with us because the backup process believes this copy alone. */
  readonly root: string
  /** How far the catalogue had come. */
  readonly head: string
}

/** Where each key lies. */
export function keyFiles(paths: Paths): KeyFiles {
  return {
    recovery: paths.secret('recovery', 'recovery.key'),
    verifier: paths.secret('verifier', 'verifier.key'),
    catalogue: paths.secret('backup', 'catalogue.key'),
    root: paths.secret('backup', 'repository.root'),
    head: paths.secret('backup', 'catalogue.head'),
  }
}

/** Makes the keys of a new repository; what exists is kept. */
export async function ensureRepositoryKeys({ paths, clock }: Place): Promise<void> {
  const files = keyFiles(paths)
  if ((await systemDisk.size(files.root)) !== undefined) return
  const keys = createRepositoryKeys({ random: randomBytes, nowMs: clock.nowMs() })
  await systemDisk.replace(files.recovery, Buffer.from(keys.recoveryKey))
  await systemDisk.replace(files.verifier, Buffer.from(keys.verifierKey))
  await systemDisk.replace(files.catalogue, Buffer.from(keys.catalogueKey))
  await systemDisk.replace(files.root, keys.root) // last: with it, the keys are complete
}

/** The regions of the configuration, as stores. */
export function regionPlaces(paths: Paths, regions: readonly RegionConfig[]): RegionPlace[] {
  return regions.map(({ name, folder, required }) => {
    const store = new DiskStore(systemDisk, folder ?? paths.region(name))
    return { name, store, required }
  })
}

/**
 * Opens the repository for writing, as the backup process.
 *
 * @throws {VeiligError} As `openRepository`; DISK_MISSING when its keys were never made.
 */
export async function openForBackup(
  { paths, clock }: Place,
  regions: readonly RegionConfig[],
): Promise<Repository> {
  const files = keyFiles(paths)
  const catalogueKey = Buffer.from(await systemDisk.read(files.catalogue)).toString('utf8')
  return openRepository({
    regions: regionPlaces(paths, regions),
    root: await systemDisk.read(files.root),
    catalogueKey: readCatalogueKey(catalogueKey),
    clock,
    random: randomBytes,
    head: headIn(files.head),
  })
}

/** Remembers the catalogue's head outside the regions: who rolls all of them back is found out. */
function headIn(file: string): HeadMemory {
  return {
    load: async () => {
      if ((await systemDisk.size(file)) === undefined) return undefined
      return JSON.parse(Buffer.from(await systemDisk.read(file)).toString()) as CatalogueHead
    },
    save: (head) => systemDisk.replace(file, Buffer.from(`${JSON.stringify(head)}\n`)),
  }
}
