/**
 * The whole way back, with real servers: back up, change, destroy, restore, recover, compare.
 *
 * The restored directory is started by a stock PostgreSQL as another account, without a key.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { PASSWORD, startPostgres, SUPERUSER, temporaryFolder } from '#kit/postgres.ts'
import type { TestPostgres } from '#kit/postgres.ts'
import { formatLsn, parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { startCluster, type RunningCluster } from '#system/postgres/cluster.ts'
import { postgresAccount } from '#system/postgres/user.ts'
import { backupConfig } from '../config.ts'
import { parseWalName, type WalName } from '../repository/names.ts'
import { openReader, type RepositoryReader } from '../repository/open-reader.ts'
import { openRepository } from '../repository/open-repository.ts'
import {
  createRepositoryKeys,
  readCatalogueKey,
  readIdentity,
} from '../repository/repository-keys.ts'
import { requiredServerSettings } from '../server-settings.ts'
import { serve, type BackupService } from '../serve.ts'
import { restore, type RestoreOptions, type RestoreReport } from './restore.ts'
import { parseTarget } from './target.ts'

let server: TestPostgres
let folder: string
let service: BackupService
const keys = createRepositoryKeys({ random: randomBytes, nowMs: 0 })
const regions = ['a', 'b'].map((name) => ({
  name,
  required: true,
  get store() {
    return new DiskStore(systemDisk, join(folder, name))
  },
}))
const noted = { time: '', lsn: 0n, end: 0n }

before(async () => {
  folder = await temporaryFolder('restore')
  // on the command line, where no backup sees it: a restored server has the default of 100
  server = await startPostgres({ ...requiredServerSettings, max_connections: '150' })
  await server.query(`create role veilig_backup login replication password 'right'`)
  await makeTablespace()
  await server.query('create table bookings (id int primary key, court text)')
  await server.query(
    `create table big as select g, repeat('x', 300) from generate_series(1, 20000) g`,
  )
  await startService()
  await until(() => service.status().full.newest !== null)
  await book(1, 10)
  noted.time = await now()
  await delay(20)
  await book(11, 20)
  noted.lsn = parseLsn((await one('select pg_current_wal_insert_lsn()')) ?? '')
  await server.query('drop table elsewhere')
  await server.query(`select pg_create_restore_point('before the drop')`)
  // Segments with next to nothing in them: a server that recovers reads far ahead through them.
  for (let short = 0; short < 4; short++) {
    await server.query(`select pg_logical_emit_message(true, 'short', 'segment'), pg_switch_wal()`)
  }
  await server.query('drop table bookings')
  await server.query('create table bookings as select 99 as id')
  server.cluster.kill('SIGKILL')
  await server.cluster.ended
  await server.restart()
  await server.query('insert into bookings values (100)')
  noted.end = parseLsn((await one('select pg_current_wal_flush_lsn()')) ?? '')
  await until(() => durable() >= noted.end)
  await service[Symbol.asyncDispose]()
})

after(async () => {
  await service[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('restore: to a moment, exactly what was committed then is there', async () => {
  const report = await restoreTo(noted.time, 'moment')
  assert.equal(report.note, undefined)
  assert.deepEqual(await idsIn('moment'), range(1, 10))
  // Tablespaces lie beside the directory, never where they were.
  const [place] = Object.values(report.tablespaces)
  assert(place?.startsWith(join(folder, 'moment-tablespaces')))
  const sql = `select count(*)::int as n, current_setting('max_connections') as most from elsewhere`
  assert.deepEqual(await ask('moment', sql), [{ n: 3, most: '150' }])
})

test('restore: to a position, everything before it is there and nothing after', async () => {
  await restoreTo(formatLsn(noted.lsn), 'position')
  assert.deepEqual(await idsIn('position'), range(1, 20))
})

test('restore: to a named point', async () => {
  await restoreTo('before the drop', 'name')
  assert.deepEqual(await idsIn('name'), range(1, 20))
})

test('restore: to the latest after a crash, all that was committed is there', async () => {
  const report = await restoreTo('latest', 'latest')
  assert.match(report.stop, /^through /)
  assert.deepEqual(await idsIn('latest'), [99, 100])
  const left = await readdir(join(folder, 'latest'))
  assert(!left.includes('veilig_restore'), 'the server took the restore folder away')
  assert(!left.includes('recovery.signal'))
  const settings = await readFile(join(folder, 'latest', 'postgresql.auto.conf'), 'utf8')
  assert.doesNotMatch(settings, /^(recovery_|restore_command)/m, 'they were for this one recovery')
  assert.match(settings, /^archive_mode = 'off'$/m)
})

test('restore: what cannot be is refused in words, before anything is written', async () => {
  await mkdir(join(folder, 'full'))
  await writeFile(join(folder, 'full', 'mine'), 'x')
  const refused = (to: string, name: string, code: string): Promise<void> =>
    assert.rejects(restoreTo(to, name), { code })
  await refused('latest', 'full', 'RESTORE_FOLDER_NOT_EMPTY')
  await refused('2001-01-01T00:00:00Z', 'r1', 'RESTORE_NO_BACKUP')
  await refused('FF/0', 'r2', 'RESTORE_TARGET_BEYOND')
  await refused('no such point', 'r3', 'RESTORE_TARGET_BEYOND')
  await refused('xid:99999999', 'r3', 'RESTORE_TARGET_BEYOND')
  assert.deepEqual(await readdir(join(folder, 'r3')), [], 'the folder serves the next try')
  const progress = ({ phase }: { phase: string }): void => {
    if (phase === 'log') throw new Error('stopped while the log is fetched')
  }
  await assert.rejects(restoreTo('latest', 'r4', { progress }), /^Error: stopped/)
  assert.deepEqual(await readdir(join(folder, 'r4')), [], 'what was fetched is taken away')
  await assert.rejects(
    reader(createRepositoryKeys({ random: randomBytes, nowMs: 0 }).recoveryKey),
    {
      code: 'REPOSITORY_KEY_WRONG',
    },
  )
})

test('restore: log missing everywhere is named, and nothing can be started', async () => {
  const stores = regions.map(({ store }) => store)
  const names: string[] = []
  for await (const { name } of stores[0]!.list('wal')) names.push(name)
  const middle = parseWalName(names[Math.floor(names.length / 2)]!)!
  const gone = names.filter((name) => overlap(parseWalName(name)!, middle)) // merged ones too
  const kept = new Map<string, Uint8Array>()
  for (const name of gone) kept.set(name, await stores[0]!.get(name))
  for (const store of stores) for (const name of gone) await store.delete(name)
  await assert.rejects(restoreTo('latest', 'hole'), { code: 'WAL_MISSING' })
  await assert.rejects(readFile(join(folder, 'hole', 'global', 'pg_control')), { code: 'ENOENT' })
  for (const [name, bytes] of kept) await stores[1]!.put(name, bytes)
  // A moment after the last transaction is the end, and said so.
  const { note, stop } = await restoreTo(new Date().toISOString(), 'healed')
  assert.match(note ?? '', /everything that is kept/)
  assert.match(stop, /^through /)
  for (const [name, bytes] of kept) for (const store of stores) await store.put(name, bytes)
})

test('restore: the server stops when it lacks log that the archive has', async () => {
  const log = join(folder, 'healed', 'veilig_restore', 'log') // nobody has started it yet
  for (const name of await readdir(log)) await rm(join(log, name))
  await assert.rejects(start('healed'), { code: 'POSTGRES_START_FAILED' })
})

test('restore: cut short it can never be started, and is taken up over what is there', async () => {
  const control = join(folder, 'short', 'global', 'pg_control')
  for (const over of [false, true, true]) {
    const controller = new AbortController()
    const cut = restoreTo('immediate', 'short', {
      over,
      signal: controller.signal,
      progress: ({ phase }) => {
        if (phase === 'files') controller.abort()
      },
    })
    await assert.rejects(cut, { name: 'AbortError' })
    await assert.rejects(readFile(control), { code: 'ENOENT' })
    if (over) await restoreTo('immediate', 'short', { over }) // whole, and then spoilt again
  }
  assert.equal((await readFile(control)).length, 8192)
})

async function makeTablespace(): Promise<void> {
  const space = join(server.place.dataDir, '..', 'space')
  await mkdir(space)
  const { account } = server.place
  if (account) await chown(space, account.uid, account.gid)
  await server.query(`create tablespace other location '${space}'`)
  await server.query('create table elsewhere tablespace other as select generate_series(1, 3)')
}

async function startService(): Promise<void> {
  const repository = await openRepository({
    regions,
    root: keys.root,
    catalogueKey: readCatalogueKey(keys.catalogueKey),
    clock: systemClock,
    random: randomBytes,
  })
  const address = { host: server.socketDir, port: server.port, tls: 'off' } as const
  service = await serve(backupConfig.parse({ partMaxMs: 20 }), {
    login: { address, user: 'veilig_backup', password: 'right' },
    repository,
    trail: { append: () => undefined, flush: () => Promise.resolve() },
    clock: systemClock,
    tail: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    mode: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    manifest: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    summary: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    controlSocket: join(folder, 'control.sock'),
  })
}

function durable(): bigint {
  const positions = service.status().regions.map(({ durableLsn }) => parseLsn(durableLsn ?? '0/0'))
  return positions.reduce((a, b) => (b < a ? b : a))
}

async function book(from: number, to: number): Promise<void> {
  for (let id = from; id <= to; id++) {
    await server.query('insert into bookings values ($1, $2)', [id, `court ${id % 3}`])
  }
}

async function one(sql: string): Promise<string | undefined> {
  const [row] = await server.query<Record<string, string>>(sql)
  return row && Object.values(row)[0]
}

async function now(): Promise<string> {
  return (
    (await one(`select to_char(clock_timestamp() at time zone 'UTC',
    'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`)) ?? ''
  )
}

function reader(key = keys.recoveryKey): Promise<RepositoryReader> {
  return openReader({ regions, identity: readIdentity(key) })
}

async function restoreTo(
  to: string,
  name: string,
  more: Partial<RestoreOptions> = {},
): Promise<RestoreReport> {
  return restore({
    ...more,
    reader: await reader(),
    target: parseTarget(to),
    into: join(folder, name),
    action: 'promote',
    account: postgresAccount(),
    disk: systemDisk,
    clock: systemClock,
  })
}

function start(name: string): Promise<RunningCluster> {
  return startCluster(
    { ...server.place, dataDir: join(folder, name) },
    { socketDir: join(folder, `${name}-s`), port: 5432, logFile: join(folder, `${name}-log`) },
  )
}

/** Starts a restored server, waits until it is promoted, asks, and stops it. */
async function ask(name: string, sql: string): Promise<unknown[]> {
  await using cluster = await start(name)
  const { socketDir: host, port } = cluster
  const client = new pg.Client({
    host,
    port,
    user: SUPERUSER,
    password: PASSWORD,
    database: 'postgres',
  })
  await client.connect()
  try {
    await until(async () => {
      const { rows } = await client.query<{ on: boolean }>('select pg_is_in_recovery() as on')
      return rows[0]?.on === false
    })
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function idsIn(name: string): Promise<number[]> {
  const rows = await ask(name, 'select id from bookings order by id')
  return rows.map((row) => (row as { id: number }).id)
}

function overlap(a: WalName, b: WalName): boolean {
  return a.startLsn < b.endLsn && b.startLsn < a.endLsn
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!(await holds())) {
    assert(Date.now() < deadline, `waited too long for ${holds.toString()}`)
    await delay(20)
  }
}
