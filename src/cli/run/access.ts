/**
 * Composes the access process: the one credential that may make roles, and where it is asked.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { serve } from '#services/access/serve.ts'
import { secretIn } from '#system/secret-file.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import {
  activeApplicationRole,
  announce,
  applicationRoles,
  keepPassword,
} from './application-role.ts'

/** @throws {FaultError} LISTEN_FAILED. */
export async function runAccess(context: ServiceContext): Promise<RunningService> {
  const { clock, trail, paths, config } = context
  const [first, second] = applicationRoles
  const passwordFile = paths.secret('access', 'database-password')
  return serve(config.access, {
    clock,
    trail,
    random: randomBytes,
    socket: paths.socket('access'),
    database: {
      host: paths.clusterSocket('protected'),
      port: 5432,
      user: 'veilig_access',
      password: await secretIn(passwordFile),
      passwordFile,
      database: 'postgres',
      application_name: 'veilig access',
      connectionTimeoutMillis: 10_000,
      statement_timeout: 30_000,
      // So that it may cut the sessions of the roles it made, and of no others.
      options: '-c createrole_self_grant=inherit',
    },
    application: config.application.command
      ? undefined
      : {
          roles: [first.role, second.role],
          active: () => activeApplicationRole(context),
          keep: (role, password) => keepPassword(context, role, password),
          announce: (role, password) => announce(context, role, password),
        },
  })
}
