/**
 * Who may connect, and as what.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import type { Startup } from '#protocol/postgres/startup.ts'

export { allowList, plainAddress, readRange, type AllowList } from '#system/address-ranges.ts'

export type Identity = {
  readonly user: string
  readonly database: string
  readonly replication: boolean
}

/** What PostgreSQL's parse_bool takes for false; anything else may open a replication session. */
const REPLICATION_OFF = /^(f|fa|fal|fals|false|of|off|n|no|0)$/i

/**
 * Decides whether a client that says who it is may try to prove it.
 *
 * @throws {DeniedError} DB_USER_MISSING or DB_REPLICATION_DENIED.
 */
export function identify(startup: Startup, replicationRoles: readonly string[]): Identity {
  const user = startup.parameters.get('user') ?? ''
  if (user === '') {
    const message = 'no user name in the startup packet'
    throw new DeniedError('DB_USER_MISSING', message, 'Name the database user to connect as.')
  }
  const database = startup.parameters.get('database') || user
  const asked = startup.parameters.get('replication')
  const replication = asked !== undefined && !REPLICATION_OFF.test(asked)
  if (replication && !replicationRoles.includes(user)) {
    throw new DeniedError(
      'DB_REPLICATION_DENIED',
      `${user} asked for replication and is not in sqlGateway.replicationRoles`,
      'Replication connections are not open to this user.',
    )
  }
  return { user, database, replication }
}
