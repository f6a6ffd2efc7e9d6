/**
 * The certificates of the ring from its local authority: one for each door that speaks TLS.
 *
 * @module
 */
import type { Clock } from '#system/clock.ts'
import type { Disk } from '#system/disk.ts'
import { localNames } from '#system/local-ca/authority.ts'
import {
  ensureCertificate,
  ensureLocalAuthority,
  renewPair,
  type PairPlace,
} from '#system/local-ca/ensure.ts'
import type { Paths } from '../paths.ts'

/** Processes that show a certificate, and the names on it. */
const doors: Readonly<Record<string, readonly string[]>> = {
  'web-gateway': localNames,
  'sql-gateway': ['localhost', '127.0.0.1', '::1'],
  'mail-gateway': ['localhost', 'mail.localhost', '127.0.0.1', '::1'],
}

export const doorsWithCertificate: readonly string[] = Object.keys(doors)

/** @returns Whether the authority is new, so that people must be told to trust it. */
export async function ensureCertificates(
  system: { readonly disk: Disk; readonly clock: Clock },
  paths: Paths,
): Promise<boolean> {
  const authority = await ensureLocalAuthority(system, authorityPlace(paths))
  for (const [process, names] of Object.entries(doors)) {
    await ensureCertificate(system, authority.pair, pairPlace(paths, process), names)
  }
  return authority.made
}

/**
 * Another certificate with another key, from the same authority: whoever trusts one trusts both.
 *
 * @param door One of `doorsWithCertificate`; it shows the new one when it reads its files again.
 * @throws {FaultError} As the disk.
 */
export async function renewCertificate(
  system: { readonly disk: Disk; readonly clock: Clock },
  paths: Paths,
  door: string,
): Promise<void> {
  const { pair } = await ensureLocalAuthority(system, authorityPlace(paths))
  await renewPair(system, pair, pairPlace(paths, door), doors[door] ?? [])
}

function authorityPlace(paths: Paths): PairPlace {
  return { certificatePath: paths.caCertificate, keyPath: paths.secret('ca', 'ca.key') }
}

function pairPlace(paths: Paths, door: string): PairPlace {
  return { certificatePath: paths.secret(door, 'tls.pem'), keyPath: paths.secret(door, 'tls.key') }
}
