/**
 * Composes the console: staff, their sessions, their way to the database, and what they see.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { VeiligError } from '#lib/errors.ts'
import { accessClient } from '#services/access/client.ts'
import type { Started } from '#services/staff/ports.ts'
import { serve } from '#services/staff/serve.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { grantUrl } from '../grant-url.ts'
import { openLoginLimits } from '../login-limits.ts'
import { overviewOf } from './console-overview.ts'
import { recoveryOf } from './console-recovery.ts'
import { watchOf } from './console-watch.ts'
import { staffMail, teamHook } from './console-words.ts'

const KEY_SIZE = 32

/** @throws {FaultError} MIGRATION_…, LISTEN_FAILED. */
export async function runConsole(context: ServiceContext): Promise<RunningService> {
  const { clock, trail, paths, ports, config, log } = context
  const pool = openPool(await controlConnection(context, 'staff'))
  const keyFile = paths.secret('console', 'staff.key')
  if ((await systemDisk.size(keyFile)) === undefined)
    await systemDisk.createOnce(keyFile, randomBytes(KEY_SIZE))
  const access = accessClient(paths.socket('access'))
  const password = await systemDisk.read(paths.secret('prober', 'staff-password'))
  const loginLimits = await openLoginLimits(context, 'console')
  const service = await serve(config.staff, {
    pool,
    clock,
    trail,
    random: randomBytes,
    loginLimits,
    key: await systemDisk.read(keyFile),
    publicOrigin: config.staff.publicOrigin ?? `https://console.localhost:${ports.https}`,
    selfApproval: config.access.selfApproval,
    approveByLink: config.access.approveByLink,
    sendMail: await staffMail(context),
    tellTeam: teamHook(config.access.webhookUrl),
    onFault: (what, error) => log.error({ what, code: codeOf(error) }, 'the console failed aside'),
    access: {
      start: async (role, minutes, account, id): Promise<Started> => {
        const grant = await access.start(role, minutes * 60, account, id)
        return { role: grant.name, url: grantUrl(context, grant), untilMs: grant.untilMs }
      },
      end: async (databaseRole) => void (await access.end(databaseRole, 'command')),
      list: async () => (await access.list()).map(({ name }) => name),
    },
    overview: overviewOf(context),
    recovery: recoveryOf(context),
    watch: watchOf(context),
    probePassword: Buffer.from(password).toString('utf8'),
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
