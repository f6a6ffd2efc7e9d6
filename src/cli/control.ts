/**
 * The control database: who has a schema in it, and how a service connects to its own.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import type { PoolOptions } from '#system/postgres/pool.ts'
import type { Context } from './context.ts'

export const CONTROL_DATABASE = 'veilig'

/** Services with a schema and a role of their own name in the control database. */
export const controlServices: readonly string[] = [
  'detection',
  'mail-gateway',
  'payments',
  'staff',
  'status',
  'web-gateway',
]

/** Connection options of a service: its role owns the schema of its name, and sees no other. */
export async function controlConnection(context: Context, service: string): Promise<PoolOptions> {
  const passwordFile = context.paths.secret(service, 'control-password')
  return {
    host: context.paths.clusterSocket('control'),
    port: 5432,
    user: service,
    password: await readFile(passwordFile, 'utf8'),
    passwordFile,
    database: CONTROL_DATABASE,
    application_name: `veilig ${service}`,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    max: 8,
  }
}
