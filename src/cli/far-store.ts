/**
 * The stores of regions far away. A module of its own, so that who has none does not load it: with
 * SSH and HTTP it is a third of what a restore loads.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { FaultError, UsageError } from '#lib/errors.ts'
import type { AzureRegion, S3Region, SftpRegion } from '#services/backup/config-regions.ts'
import { AzureStore } from '#storage/azure/azure-store.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { readProfile } from '#storage/s3/profile.ts'
import { S3Store } from '#storage/s3/s3-store.ts'
import type { S3Credentials } from '#storage/s3/signature.ts'
import { SftpStore } from '#storage/sftp/sftp-store.ts'
import { systemClock } from '#system/clock.ts'

/** @throws {UsageError} REGION_CONFIG_UNUSABLE when a file it names cannot be read. */
export function farStore(region: SftpRegion | S3Region | AzureRegion): ObjectStore {
  if (region.kind === 'sftp') return sftpStore(region)
  return region.kind === 's3' ? s3Store(region) : azureStore(region)
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
