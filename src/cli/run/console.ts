/**
 * Composes the console: staff, their sessions, their way to the database, and what they see.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { VeiligError } from '#lib/errors.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import { accessClient } from '#services/access/client.ts'
import type { Started } from '#services/staff/ports.ts'
import { serve } from '#services/staff/serve.ts'
import { readKeyRing } from '#system/key-ring.ts'
import { secretIn } from '#system/secret-file.ts'
import type { RunningService } from '#system/service.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { startedOf } from '../grant-url.ts'
import { openLoginLimits } from '../login-limits.ts'
import { ownSecret } from '../own-secret.ts'
import { overviewOf } from './console-overview.ts'
import { recoveryOf } from './console-recovery.ts'
import { watchOf } from './console-watch.ts'
import { staffMail, teamHook } from './console-words.ts'

/** @throws {FaultError} MIGRATION_…, LISTEN_FAILED. */
export async function runConsole(context: ServiceContext): Promise<RunningService> {
  const { clock, trail, paths, ports, config, log } = context
  const pool = openPool(await controlConnection(context, 'staff'))
  const access = accessClient(paths.socket('access'))
  const secrets = async (): Promise<{ keys: KeyRing; probePassword: string }> => ({
    keys: await readKeyRing(paths.secret('console', 'session.key'), clock.nowMs()),
    probePassword: await secretIn(paths.secret('prober', 'staff-password')),
  })
  let now = await secrets()
  const loginLimits = await openLoginLimits(context, 'console')
  const service = await serve(config.staff, {
    pool,
    clock,
    trail,
    random: randomBytes,
    loginLimits,
    nameKey: await ownSecret(paths.secret('console', 'names.key')),
    keys: () => now.keys,
    readAgain: async () => void (now = await secrets()),
    publicOrigin: config.staff.publicOrigin ?? `https://console.localhost:${ports.https}`,
    selfApproval: config.access.selfApproval,
    approveByLink: config.access.approveByLink,
    sendMail: await staffMail(context),
    tellTeam: teamHook(config.access, clock),
    hookSecret: config.access.webhookSecret,
    onFault: (what, error) => log.error({ what, code: codeOf(error) }, 'the console failed aside'),
    access: {
      start: async (role, minutes, account, id): Promise<Started> => {
        const grant = await access.start(role, minutes * 60, account, id)
        return startedOf(context, grant)
      },
      end: async (databaseRole) => void (await access.end(databaseRole, 'command')),
      list: async () => (await access.list()).map(({ name }) => name),
    },
    overview: overviewOf(context),
    recovery: recoveryOf(context),
    watch: watchOf(context),
    probePassword: () => now.probePassword,
    socket: paths.socket('console'),
    adminSocket: paths.socket('staff'),
  }).catch(async (error: unknown) => {
    await loginLimits[Symbol.asyncDispose]()
    await pool.end()
    throw error
  })
  return {
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]()
      await loginLimits[Symbol.asyncDispose]()
      await pool.end()
    },
  }
}

/** The code of a declared error, for a line on a page. */
export function codeOf(error: unknown): string {
  return error instanceof VeiligError ? error.code : 'UNKNOWN'
}
