/**
 * What the web-gateway needs to get certificates by ACME: the client, the shared record, the hook.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { hostname } from 'node:os'
import { promisify } from 'node:util'
import { FaultError } from '#lib/errors.ts'
import { AcmeClient } from '#system/acme/client.ts'
import { systemDisk } from '#system/disk.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { CertificateBook } from '#services/web-gateway/acme/book.ts'
import { databaseBook } from '#services/web-gateway/acme/database-book.ts'
import { fileBook } from '#services/web-gateway/acme/file-book.ts'
import type { AcmeConfig } from '#services/web-gateway/config.ts'
import type { AcmePorts } from '#services/web-gateway/ports.ts'
import type { ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { keyIn, readText } from './web-gateway-files.ts'

const ACME_TIMEOUT_MS = 30_000
const DNS_HOOK_TIMEOUT_MS = 300_000

export async function acmePorts(context: ServiceContext, config: AcmeConfig): Promise<AcmePorts> {
  const { paths } = context
  const { directoryUrl, caFile, dnsHook } = config
  const ca = caFile === undefined ? undefined : await readText(caFile)
  const files = fileBook(systemDisk, paths.secret('web-gateway', 'acme'))
  return {
    acme: new AcmeClient({ directoryUrl, ca, timeoutMs: ACME_TIMEOUT_MS }),
    book: config.book === 'files' ? files : await controlBook(context, config),
    holder: hostname(), // kept over restarts: whoever was killed goes on at once
    dnsHook: dnsHook === undefined ? undefined : (...args) => runHook(dnsHook, args),
  }
}

/** Opened when it is first read: the control database may start after us. */
async function controlBook(context: ServiceContext, config: AcmeConfig): Promise<CertificateBook> {
  const secret = await keyIn(context.paths.secret('web-gateway', 'acme.key'))
  const pool = openPool({ ...(await controlConnection(context, 'web-gateway')), max: 2 })
  const name = `${config.directoryUrl} ${config.names.join(' ')}`
  let opened: CertificateBook | undefined
  const open = async (): Promise<CertificateBook> =>
    (opened ??= await databaseBook(pool, name, secret))
  return {
    load: async () => (await open()).load(),
    store: async (record, version) => (await open()).store(record, version),
  }
}

/** @throws {FaultError} ACME_DNS_HOOK_FAILED with the last of what it said. */
async function runHook(program: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(program, args, { timeout: DNS_HOOK_TIMEOUT_MS })
  } catch (cause) {
    const message = `${program} ${args[0] ?? ''}: ${(cause as Error).message}`
    throw new FaultError('ACME_DNS_HOOK_FAILED', message, { cause })
  }
}
