/**
 * The certificates of the ring from its local authority: one for each door that speaks TLS.
 *
 * @module
 */
import type { Clock } from '#system/clock.ts'
import type { Disk } from '#system/disk.ts'
import { localNames } from '#system/local-ca/authority.ts'
import { ensureCertificate, ensureLocalAuthority } from '#system/local-ca/ensure.ts'
import type { Paths } from '../paths.ts'

/** Processes that show a certificate, and the names on it. */
const doors: Readonly<Record<string, readonly string[]>> = {
  'web-gateway': localNames,
  'sql-gateway': ['localhost', '127.0.0.1', '::1'],
  'mail-gateway': ['localhost', 'mail.localhost', '127.0.0.1', '::1'],
}

/** @returns Whether the authority is new, so that people must be told to trust it. */
export async function ensureCertificates(
  system: { readonly disk: Disk; readonly clock: Clock },
  paths: Paths,
): Promise<boolean> {
  const place = { certificatePath: paths.caCertificate, keyPath: paths.secret('ca', 'ca.key') }
  const authority = await ensureLocalAuthority(system, place)
  for (const [process, names] of Object.entries(doors)) {
    const pair = {
      certificatePath: paths.secret(process, 'tls.pem'),
      keyPath: paths.secret(process, 'tls.key'),
    }
    await ensureCertificate(system, authority.pair, pair, names)
  }
  return authority.made
}
