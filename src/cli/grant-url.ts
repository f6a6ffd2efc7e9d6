/**
 * The address with which a person logs in to the database for a while.
 *
 * @module
 */
import type { StartedGrant } from '#services/access/client.ts'
import type { Started } from '#services/staff/ports.ts'
import type { Context } from './context.ts'

/** As `psql` and other clients take it: through the gateway, its certificate checked. */
function grantUrl({ paths, ports }: Context, grant: StartedGrant): string {
  const url = new URL(`postgres://localhost:${ports.sql}/${grant.database}`)
  url.username = grant.name
  url.password = grant.password
  url.searchParams.set('sslmode', 'verify-full')
  url.searchParams.set('sslrootcert', paths.caCertificate)
  return url.href
}

/** What a person is shown of a grant, once. */
export function startedOf(context: Context, grant: StartedGrant): Started {
  const { name: role, untilMs, rowSettings } = grant
  return { role, url: grantUrl(context, grant), untilMs, rowSettings }
}
