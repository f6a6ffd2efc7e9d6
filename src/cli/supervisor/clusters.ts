/**
 * The two embedded clusters: the protected database, and the control database beside it.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Account } from '#system/postgres/user.ts'
import { embeddedPostgres } from '#system/postgres/binaries.ts'
import {
  createCluster,
  startCluster,
  type ClusterPlace,
  type RunningCluster,
} from '#system/postgres/cluster.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import type { Context } from '../context.ts'

export type ClusterName = 'protected' | 'control'

/** The port only names the socket's file: no cluster of ours listens on TCP. */
export const SOCKET_PORT = 5432

const settings: Readonly<Record<ClusterName, Readonly<Record<string, string>>>> = {
  protected: {
    ...requiredServerSettings,
    shared_buffers: '128MB',
    max_connections: '200',
    shared_preload_libraries: 'pg_stat_statements', // counts what the gateway must have recorded
  },
  control: { shared_buffers: '32MB', max_connections: '50' },
}

/** Creates what is missing and starts one cluster. @throws {FaultError} POSTGRES_… */
export async function startNamedCluster(
  context: Context,
  name: ClusterName,
  account: Account | undefined,
): Promise<RunningCluster> {
  const { paths } = context
  const binaries = await embeddedPostgres(account, join(paths.data, 'postgres'))
  const place: ClusterPlace = { binaries, account, dataDir: paths.cluster(name) }
  const password = await readFile(paths.secret('supervisor', 'database-password'), 'utf8')
  await createCluster(place, { name: 'postgres', password })
  return startCluster(place, {
    socketDir: paths.clusterSocket(name),
    port: SOCKET_PORT,
    logFile: paths.log(`postgresql-${name}`),
    settings: settings[name],
  })
}
