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
import { fileBook } from '#services/web-gateway/acme/file-book.ts'
import type { AcmeConfig } from '#services/web-gateway/config.ts'
import type { AcmePorts } from '#services/web-gateway/ports.ts'
import type { ServiceContext } from '../context.ts'
import { controlBook } from './web-gateway-book.ts'
import { readText } from './web-gateway-files.ts'

const ACME_TIMEOUT_MS = 30_000
const DNS_HOOK_TIMEOUT_MS = 300_000

export async function acmePorts(context: ServiceContext, config: AcmeConfig): Promise<AcmePorts> {
  const { paths } = context
  const { directoryUrl, caFile, dnsHook, names } = config
  const ca = caFile === undefined ? undefined : await readText(caFile)
  const files = fileBook(systemDisk, paths.secret('web-gateway', 'acme'))
  return {
    acme: new AcmeClient({ directoryUrl, ca, timeoutMs: ACME_TIMEOUT_MS }),
    book:
      config.book === 'files'
        ? files
        : await controlBook(context, 'certificates', `${directoryUrl} ${names.join(' ')}`),
    holder: hostname(), // kept over restarts: whoever was killed goes on at once
    dnsHook: dnsHook === undefined ? undefined : (...args) => runHook(dnsHook, args),
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
