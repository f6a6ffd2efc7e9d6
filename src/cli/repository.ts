/**
 * The backup repository of this installation: where its regions and its keys are.
 *
 * Four keys in three folders: the backup process can write and not read, the verifier can read and
 * not write, and the recovery key, which opens everything, is for the operator to take away.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import type { Identity } from '#crypto/key-wrap.ts'
import { UsageError } from '#lib/errors.ts'
import type { RegionConfig } from '#services/backup/config-regions.ts'
import type { CatalogueHead } from '#services/backup/repository/chain.ts'
import {
  openReader,
  type KnownChains,
  type RepositoryReader,
} from '#services/backup/repository/open-reader.ts'
import { openRepository, type HeadMemory } from '#services/backup/repository/open-repository.ts'
import type { RegionPlace } from '#services/backup/repository/regions.ts'
import type { Repository } from '#services/backup/repository/repository.ts'
import {
  createRepositoryKeys,
  readCatalogueKey,
  readIdentity,
} from '#services/backup/repository/repository-keys.ts'
import { systemDisk } from '#system/disk.ts'
import type { Context } from './context.ts'
import type { Paths } from './paths.ts'
import { storeOf } from './region-store.ts'

type Place = Pick<Context, 'paths' | 'clock'>

export type KeyFiles = {
  readonly recovery: string
  readonly verifier: string
  readonly catalogue: string
  /** Public; kept with us because the backup process believes this copy alone. */
  readonly root: string
  /** How far the catalogue had come. */
  readonly head: string
  /** What the log ended with. */
  readonly tail: string
  /** Which blocks changed since the last full backup. */
  readonly summary: string
  /** Folder of the server's lists of files: differences are taken against them. */
  readonly manifests: string
}

/** Where each key lies. */
export function keyFiles(paths: Paths): KeyFiles {
  return {
    recovery: paths.secret('recovery', 'recovery.key'),
    verifier: paths.secret('verifier', 'verifier.key'),
    catalogue: paths.secret('backup', 'catalogue.key'),
    root: paths.secret('backup', 'repository.root'),
    head: paths.secret('backup', 'catalogue.head'),
    tail: paths.secret('backup', 'log.tail'),
    summary: paths.secret('backup', 'log.summary'),
    manifests: paths.secret('backup', 'manifests'),
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
  return regions.map((region) => ({
    name: region.name,
    required: region.required,
    store: storeOf(paths, region),
  }))
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

/**
 * Opens the repository for reading. An installation trusts its own copy of the root and its own
 * memory of the catalogue; elsewhere, with the printed key alone, the key vouches for a region's.
 *
 * @param identity Who reads contents; without it only the catalogue and signatures can be read.
 * @param known Of a process that opens it again and again: what it has read of the catalogue.
 * @throws {VeiligError} As `openReader`.
 */
export async function openForReading(
  { paths }: Pick<Context, 'paths'>,
  regions: readonly RegionConfig[],
  identity?: Identity,
  known?: KnownChains,
): Promise<RepositoryReader> {
  const files = keyFiles(paths)
  const hasRoot = (await systemDisk.size(files.root)) !== undefined
  return openReader({
    regions: regionPlaces(paths, regions),
    ...(identity ? { identity } : {}),
    ...(hasRoot ? { root: await systemDisk.read(files.root) } : {}),
    head: await headIn(files.head).load(),
    known,
  })
}

/**
 * Reads a recovery or verifier key.
 *
 * @param file As given on the command line; without it the recovery key of this installation.
 * @throws {UsageError} KEY_FILE_MISSING, KEY_NOT_READABLE.
 */
export async function readKeyFile(
  paths: Paths,
  file: string | boolean | undefined,
): Promise<Identity> {
  const path = typeof file === 'string' ? resolve(file) : keyFiles(paths).recovery
  if ((await systemDisk.size(path)) === undefined) {
    const message = `there is no key in ${path}; give the file of the recovery key with --key`
    throw new UsageError('KEY_FILE_MISSING', message)
  }
  return readIdentity(Buffer.from(await systemDisk.read(path)).toString('utf8'))
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
