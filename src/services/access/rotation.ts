/**
 * Rotation of the application's password: the idle role of two gets a new one and takes over.
 *
 * @module
 */
import pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import type { AccessConfig } from './config.ts'
import type { AccessPorts, ApplicationCredential } from './ports.ts'
import { lockRole, sessionsOf, setPassword } from './roles.ts'

const PASSWORD_SIZE = 32
const POLL_MS = 200

export type Rotated = {
  readonly from: string
  readonly to: string
  /** From the announcement until no session of the old role was left. */
  readonly drainMs: number
}

/**
 * Rotates, and returns when the old password opens nothing any more. Killed at any point, either
 * both roles work or the new one does.
 *
 * @throws {FaultError} ROTATION_UNANSWERED when the application stays with the old role: both work.
 */
export async function rotateApplication(
  pool: pg.Pool,
  config: AccessConfig,
  ports: AccessPorts,
  application: ApplicationCredential,
): Promise<Rotated> {
  const { clock, trail, random } = ports
  const from = await application.active()
  const to = application.roles.find((role) => role !== from) ?? application.roles[1]
  const password = Buffer.from(random(PASSWORD_SIZE)).toString('base64url')
  await application.keep(to, password)
  await setPassword(pool, to, password, random)
  await tryLogin(ports.database, to, password)
  await application.announce(to, password)
  const startedMs = clock.monotonicMs()
  await trail.append([{ code: 'CREDENTIAL_DRAINING', detail: { from, to } }])
  const deadlineMs = startedMs + config.drainSeconds * 1000
  let left = await sessionsOf(pool, from)
  while (left > 0 && clock.monotonicMs() < deadlineMs) {
    await clock.sleep(POLL_MS)
    left = await sessionsOf(pool, from)
  }
  if (left > 0) {
    const message = `the application still holds ${left} sessions as ${from}; it works with both`
    throw new FaultError('ROTATION_UNANSWERED', `${message}; restart it, then rotate again`)
  }
  await lockRole(pool, from)
  // What opened it stands nowhere any more.
  await application.keep(from, Buffer.from(random(PASSWORD_SIZE)).toString('base64url'))
  const drainMs = Math.round(clock.monotonicMs() - startedMs)
  const detail = { credential: 'application', from, to, drainMs }
  await trail.append([{ code: 'CREDENTIAL_ROTATED', detail }])
  return { from, to, drainMs }
}

/** A password nobody could log in with is never announced. */
async function tryLogin(database: pg.PoolConfig, user: string, password: string): Promise<void> {
  const { host = '', port = 0 } = database
  const client = new pg.Client({ host, port, user, password, database: 'reservations' })
  client.on('error', () => undefined) // said by connect()
  try {
    await client.connect()
  } catch (cause) {
    const message = `${user} cannot log in with its new password; nothing was changed over`
    throw new FaultError('ROTATION_FAILED', message, { cause })
  } finally {
    await client.end().catch(() => undefined)
  }
}
