/**
 * The store of one configured region.
 *
 * @module
 */
import { createRequire } from 'node:module'
import type { DiskRegion, RegionConfig } from '#services/backup/config-regions.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { withoutFolder } from '#storage/folder-store.ts'
import { withLimit } from '#storage/limit-store.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { withRetry, type RetryPolicy } from '#storage/retry-store.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import type { Paths } from './paths.ts'

const require = createRequire(import.meta.url)

/** A hiccup of the line is not worth telling; an outage is, and soon. */
const RETRY: RetryPolicy = { attempts: 2, waitMs: 250, waitMaxMs: 250 }
const MIB = 1024 * 1024
/** Where a bucket without a prefix has the copies of the trail. */
export const TRAIL_FOLDER = 'veilig-trail'

/** One connection to each server, however often a process opens the repository. */
const servers = new Map<string, ObjectStore>()

/** @throws {UsageError} REGION_CONFIG_UNUSABLE when a file it names cannot be read. */
export function storeOf(paths: Paths, region: RegionConfig): ObjectStore {
  const key = JSON.stringify(region)
  const known = servers.get(key)
  if (known) return known
  const opened = region.kind === 'disk' ? diskStore(paths, region) : remoteStore(region)
  const { maxRateMib } = region
  if (region.kind === 'disk' && maxRateMib === undefined) return opened
  const store = maxRateMib === undefined ? opened : withLimit(opened, systemClock, maxRateMib * MIB)
  servers.set(key, store)
  return store
}

function diskStore(paths: Paths, region: DiskRegion): ObjectStore {
  return new DiskStore(systemDisk, region.folder ?? paths.region(region.name))
}

function remoteStore(region: Exclude<RegionConfig, DiskRegion>): ObjectStore {
  // In step with whoever asks, and only now: see the head of far-store.ts.
  const { farStore } = require('./far-store.ts') as typeof import('./far-store.ts')
  const store = withRetry(farStore(region), systemClock, RETRY)
  return region.kind !== 'sftp' && region.prefix === '' ? withoutFolder(store, TRAIL_FOLDER) : store
}
