/**
 * What the ring renews by itself, and how: every credential that it made and can change over.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { accessClient } from '#services/access/client.ts'
import type { Context } from '../context.ts'
import { activeApplicationRole, applicationRoles } from '../run/application-role.ts'
import { asSuperuser, placeOf } from '../supervisor/superuser.ts'
import { databaseRenewals } from './database.ts'
import { keyRenewals } from './keys.ts'
import { submissionRenewals } from './submission.ts'

export type Renewal = {
  /** As `veilig rotate --list` shows it: a file below `secrets/`. */
  readonly credential: string
  /** Who shows it. */
  readonly role: string
  /** How it goes over from the old to the new one, for who asks before. */
  readonly overlap: string
  /** Resolves when the old one opens nothing any more. */
  readonly renew: () => Promise<void>
  /** Waits more than it works: such go on at once. */
  readonly waits?: true
  /** Recorded by whoever does it. */
  readonly recorded?: true
}

/** Everything that is renewed while it runs. */
export async function renewalsOf(context: Context): Promise<readonly Renewal[]> {
  return [
    ...(await applicationRenewal(context)),
    ...databaseRenewals(context),
    ...submissionRenewals(context),
    ...keyRenewals(context),
  ]
}

/** Two roles in turn: both are valid until no session of the old one is left. */
async function applicationRenewal(context: Context): Promise<readonly Renewal[]> {
  if (context.config.application.command) return []
  const role = await activeApplicationRole(context)
  const process = applicationRoles.find((one) => one.role === role)?.process ?? 'application'
  const renew = async (): Promise<void> =>
    void (await accessClient(context.paths.socket('access')).rotate())
  const overlap = 'another role takes over; both log in until no session of this one is left'
  const credential = `${process}/database-password`
  return [{ credential, role, overlap, renew, recorded: true }]
}

const LOCK = 0x7665696c // 'veil'

/**
 * Only one renews at a time, supervisor or command.
 *
 * @throws {FaultError} RENEWAL_RUNNING.
 */
export async function holdRenewal(context: Context): Promise<AsyncDisposable> {
  const admin = await asSuperuser(context, placeOf(context, 'control'), 'postgres')
  const sql = 'select pg_try_advisory_lock($1) as held'
  const { rows } = await admin.client.query<{ held: boolean }>(sql, [LOCK])
  if (rows[0]?.held === true) return admin
  await admin[Symbol.asyncDispose]()
  throw new FaultError('RENEWAL_RUNNING', 'credentials are being renewed; try again in a minute')
}
