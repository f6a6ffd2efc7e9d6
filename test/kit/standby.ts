/** A standby of a server of the kit: a copy of its data that streams from it. */
import { execFile } from 'node:child_process'
import { chown, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import { startCluster, type RunningCluster } from '#system/postgres/cluster.ts'
import type { TestPostgres } from './postgres.ts'

/** Without the primary's slots, as pg_basebackup makes one. The primary is restarted for it. */
export async function startStandby(primary: TestPostgres): Promise<RunningCluster> {
  const { place, connection, port } = primary
  const home = `${place.dataDir}-standby`
  const dataDir = join(home, 'data')
  await primary.cluster[Symbol.asyncDispose]()
  await mkdir(home, { mode: 0o755 })
  await promisify(execFile)('cp', ['-a', place.dataDir, dataDir])
  for (const slot of await readdir(join(dataDir, 'pg_replslot'))) {
    await rm(join(dataDir, 'pg_replslot', slot), { recursive: true })
  }
  const signal = join(dataDir, 'standby.signal')
  await writeFile(signal, '')
  if (place.account) await chown(signal, place.account.uid, place.account.gid)
  await primary.restart()
  const { user, password } = connection
  const conninfo = `host=${primary.socketDir} port=${port} user=${user} password=${password as string}`
  const listening = { socketDir: join(home, 's'), port, logFile: join(home, 'log') }
  const settings = { ...requiredServerSettings, primary_conninfo: conninfo }
  return startCluster({ ...place, dataDir }, { ...listening, settings })
}

/** Asks another server of the same cluster, as superuser. */
export async function queryOn<Row extends pg.QueryResultRow>(
  { connection }: Pick<TestPostgres, 'connection'>,
  { socketDir: host, port }: Pick<RunningCluster, 'socketDir' | 'port'>,
  sql: string,
): Promise<Row[]> {
  const client = new pg.Client({ ...connection, host, port })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}
