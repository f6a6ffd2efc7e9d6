/**
 * The address with which a person logs in to the database for a while.
 *
 * @module
 */
import type { StartedGrant } from '#services/access/client.ts'
import type { Context } from './context.ts'

/** As `psql` and other clients take it: through the gateway, its certificate checked. */
export function grantUrl({ paths, ports }: Context, grant: StartedGrant): string {
  const url = new URL(`postgres://localhost:${ports.sql}/${grant.database}`)
  url.username = grant.name
  url.password = grant.password
  url.searchParams.set('sslmode', 'verify-full')
  url.searchParams.set('sslrootcert', paths.caCertificate)
  return url.href
}
