/**
 * The store of one configured region.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { FaultError, UsageError } from '#lib/errors.ts'
import type {
  AzureRegion,
  DiskRegion,
  RegionConfig,
  S3Region,
  SftpRegion,
} from '#services/backup/config-regions.ts'
import { AzureStore } from '#storage/azure/azure-store.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { withoutFolder } from '#storage/folder-store.ts'
import { withLimit } from '#storage/limit-store.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { withRetry, type RetryPolicy } from '#storage/retry-store.ts'
import { readProfile } from '#storage/s3/profile.ts'
import { S3Store } from '#storage/s3/s3-store.ts'
import type { S3Credentials } from '#storage/s3/signature.ts'
import { SftpStore } from '#storage/sftp/sftp-store.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import type { Paths } from './paths.ts'

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
  if (region.kind === 'sftp') return withRetry(sftpStore(region), systemClock, RETRY)
  const store = region.kind === 's3' ? s3Store(region) : azureStore(region)
  const retried = withRetry(store, systemClock, RETRY)
  return region.prefix === '' ? withoutFolder(retried, TRAIL_FOLDER) : retried
}

function sftpStore(region: SftpRegion): ObjectStore {
  const { host, port, user, password, keyFile, hostKey, folder, timeoutSeconds } = region
  const secret = async (): Promise<{ password?: string; privateKey?: string }> => {
    if (keyFile === undefined) return password === undefined ? {} : { password }
    return { privateKey: await readSecret(keyFile) }
  }
  return new SftpStore(
    { host, port, user, hostKey, secret, timeoutMs: timeoutSeconds * 1000 },
    folder,
  )
}

function s3Store(region: S3Region): ObjectStore {
  const { bucket, location, endpoint, prefix, writeOnce, objectLock: lock, timeoutSeconds } = region
  const own = `https://s3.${location}.amazonaws.com`
  return new S3Store(
    {
      endpoint: new URL(endpoint ?? own),
      region: location,
      bucket,
      pathStyle: region.pathStyle ?? endpoint !== undefined,
      credentials: () => s3Credentials(region),
      ca: authorityIn(region.caFile),
      timeoutMs: timeoutSeconds * 1000,
      prefix,
      writeOnce,
      lock,
    },
    systemClock,
  )
}

async function s3Credentials(region: S3Region): Promise<S3Credentials> {
  const { accessKey, secretKey, credentialsFile, profile } = region
  if (accessKey !== undefined && secretKey !== undefined) return { accessKey, secretKey }
  const found = readProfile(await readSecret(credentialsFile ?? ''), profile)
  if (found) return found
  const message = `${credentialsFile} has no access key and secret key of [${profile}]`
  throw new FaultError('STORE_FAILED', message)
}

function azureStore(region: AzureRegion): ObjectStore {
  const { account, container, endpoint, key, keyFile, sas, prefix, timeoutSeconds } = region
  const secret = async (): Promise<{ key?: string; sas?: string }> => {
    if (sas !== undefined) return { sas }
    return { key: key ?? (await readSecret(keyFile ?? '')).trim() }
  }
  return new AzureStore(
    {
      endpoint: new URL(endpoint ?? `https://${account}.blob.core.windows.net`),
      account,
      container,
      secret,
      ca: authorityIn(region.caFile),
      timeoutMs: timeoutSeconds * 1000,
      prefix,
      lock: region.objectLock,
    },
    systemClock,
  )
}

/** Read before each use, so that it may change while we run. */
async function readSecret(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: Error) => {
    throw new FaultError('STORE_FAILED', `the key ${path}: ${cause.message}`, { cause })
  })
}

function authorityIn(path: string | undefined): string | undefined {
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8')
  } catch (cause) {
    const message = `the authority ${path}: ${(cause as Error).message}`
    throw new UsageError('REGION_CONFIG_UNUSABLE', message, { cause })
  }
}
