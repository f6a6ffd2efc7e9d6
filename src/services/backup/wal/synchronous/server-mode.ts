/**
 * Reads and sets on the server for whom commits wait.
 *
 * The role needs two narrow rights and no more: ALTER SYSTEM on that one parameter, and reloading.
 * The connection is a walsender's, so it is let in even when waiting commits hold all others.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { LogConnection } from '../log-connection.ts'
import { namesUs, standbyNames } from './mode.ts'

/** A connection that takes SQL too: `replication=database`. */
export type SqlConnection = Pick<LogConnection, 'query'> & Disposable

export type ServerMode = { readonly names: string; readonly commit: string }

const SETTLE_TRIES = 50
const SETTLE_MS = 100

/** @throws {FaultError} DATABASE_…. */
export async function readMode(connection: SqlConnection): Promise<ServerMode> {
  const show = async (setting: string): Promise<string> =>
    (await connection.query(`SHOW ${setting}`))[0]?.[0] ?? ''
  return {
    names: await show('synchronous_standby_names'),
    commit: await show('synchronous_commit'),
  }
}

/**
 * Makes commits wait for us, or for nobody, and waits until the server has taken it up.
 *
 * @throws {FaultError} SYNCHRONOUS_NOT_ALLOWED, DATABASE_….
 */
export async function setMode(
  connection: SqlConnection,
  applicationName: string,
  on: boolean,
  clock: Clock,
): Promise<ServerMode> {
  const value = on ? standbyNames(applicationName) : ''
  try {
    await connection.query(`ALTER SYSTEM SET synchronous_standby_names = '${value}'`)
    await connection.query('SELECT pg_reload_conf()')
  } catch (cause) {
    if (!(cause instanceof FaultError)) throw cause
    const message =
      `${cause.message}. To let us switch the mode, as superuser: GRANT ALTER SYSTEM ON ` +
      'PARAMETER synchronous_standby_names TO the backup role; GRANT EXECUTE ON FUNCTION ' +
      'pg_reload_conf() TO it. Or switch it yourself: ' +
      `ALTER SYSTEM SET synchronous_standby_names = '${value}'; SELECT pg_reload_conf();`
    throw new FaultError('SYNCHRONOUS_NOT_ALLOWED', message, { cause })
  }
  for (let tries = 0; tries < SETTLE_TRIES; tries++) {
    const now = await readMode(connection)
    if (namesUs(now.names, applicationName) === on) return now
    await clock.sleep(SETTLE_MS)
  }
  const message = 'PostgreSQL did not take the setting up; is it overridden on its command line?'
  throw new FaultError('SYNCHRONOUS_NOT_ALLOWED', message)
}
