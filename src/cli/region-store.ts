/**
 * The store of one configured region.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { FaultError } from '#lib/errors.ts'
import type { RegionConfig, SftpRegion } from '#services/backup/config.ts'
import { DiskStore } from '#storage/disk-store.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { withRetry, type RetryPolicy } from '#storage/retry-store.ts'
import { SftpStore } from '#storage/sftp/sftp-store.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import type { Paths } from './paths.ts'

/** A hiccup of the line is not worth telling; an outage is, and soon. */
const RETRY: RetryPolicy = { attempts: 2, waitMs: 250, waitMaxMs: 250 }

/** One connection to each server, however often a process opens the repository. */
const servers = new Map<string, ObjectStore>()

export function storeOf(paths: Paths, region: RegionConfig): ObjectStore {
  if (region.kind === 'sftp') {
    const key = JSON.stringify(region)
    const store = servers.get(key) ?? withRetry(sftpStore(region), systemClock, RETRY)
    servers.set(key, store)
    return store
  }
  return new DiskStore(systemDisk, region.folder ?? paths.region(region.name))
}

function sftpStore(region: SftpRegion): ObjectStore {
  const { host, port, user, password, keyFile, hostKey, folder, timeoutSeconds } = region
  const secret = async (): Promise<{ password?: string; privateKey?: string }> => {
    if (keyFile === undefined) return password === undefined ? {} : { password }
    const privateKey = await readFile(keyFile, 'utf8').catch((cause: Error) => {
      throw new FaultError('STORE_FAILED', `the key ${keyFile}: ${cause.message}`, { cause })
    })
    return { privateKey }
  }
  return new SftpStore(
    { host, port, user, hostKey, secret, timeoutMs: timeoutSeconds * 1000 },
    folder,
  )
}
