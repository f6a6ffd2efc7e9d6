/**
 * The log: how long a commit is in fewer regions than it shall be (the loss window), at several
 * rates of writing, idle included; and what synchronous mode costs a commit, beside PostgreSQL's own
 * pg_receivewal --synchronous on the same server.
 *
 * A sample is one commit: from the moment PostgreSQL acknowledged it to the moment a region holds it
 * durably, and all before it. VEILIG_BENCH_SECONDS is the time for each rate; VEILIG_BENCH_RATES, a
 * word of the names of those to be measured alone; `commits` for what a commit costs, alone.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { debianPostgres, PASSWORD, startPostgres, temporaryFolder } from '#kit/postgres.ts'
import type { TestPostgres } from '#kit/postgres.ts'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { backupConfig } from '#services/backup/config.ts'
import { parseWalName } from '#services/backup/repository/names.ts'
import { openRepository } from '#services/backup/repository/open-repository.ts'
import {
  createRepositoryKeys,
  readCatalogueKey,
} from '#services/backup/repository/repository-keys.ts'
import { serve, type BackupService } from '#services/backup/serve.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { emit, median, missing } from './kit/bench.ts'

const BENCH = 'backup-log'
const SECONDS = Number(process.env['VEILIG_BENCH_SECONDS'] ?? 20)
/** Of a line of pgbench's log, in microseconds. */
const LATENCY_COLUMN = 2
const GRANTS = [
  `create role veilig_backup login replication password 'bench-only'`,
  'grant alter system on parameter synchronous_standby_names to veilig_backup',
  'grant execute on function pg_reload_conf() to veilig_backup',
]

type Rate = {
  readonly name: string
  readonly pauseMs: () => number
  readonly flood: boolean
  /** How much longer than the disk region 1 takes for an answer, as one far away does. */
  readonly farMs?: number
  /** One object after the other into each region, for comparison. */
  readonly alone?: boolean
}

const rates: readonly Rate[] = [
  { name: 'idle, a commit now and then', pauseMs: () => 500 + Math.random() * 1000, flood: false },
  { name: '20 commits/s', pauseMs: () => 50, flood: false },
  { name: 'as many as one client can', pauseMs: () => 0, flood: false },
  ...[true, false].flatMap((alone) => {
    const how = alone ? 'one part at a time' : 'parts in step'
    const load = { pauseMs: () => 20, flood: true, alone }
    return [
      { ...load, name: `beside bulk loads, ${how}` },
      { ...load, name: `beside bulk loads, region 1 far, ${how}`, farMs: 100 },
    ]
  }),
]

/** Where each region's log ends, and who waits for what. */
class Watched extends DiskStore {
  #end = 0n
  readonly #waiting: { readonly lsn: bigint; readonly hear: () => void }[] = []

  farMs = 0
  alone = false
  #before: Promise<unknown> = Promise.resolve()
  /** Where parts begin that came before the one in front of them: start → end. */
  readonly #ahead = new Map<bigint, bigint>()

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    const part = parseWalName(name)
    const before = this.alone && part ? this.#before : undefined
    const put = Promise.resolve(before).then(async () => {
      await super.put(name, bytes)
      if (part && this.farMs > 0) await delay(this.farMs) // even no delay at all takes a millisecond
    })
    this.#before = put.catch(() => undefined)
    await put
    if (!part || part.whole) return
    if (this.#end === 0n) this.#end = part.startLsn // the first goes alone
    this.#ahead.set(part.startLsn, part.endLsn)
    for (let next = this.#ahead.get(this.#end); next; next = this.#ahead.get(this.#end)) {
      this.#ahead.delete(this.#end)
      this.#end = next
    }
    while (this.#waiting[0] && this.#waiting[0].lsn <= this.#end) this.#waiting.shift()?.hear()
  }

  async holds(lsn: bigint): Promise<void> {
    if (lsn <= this.#end) return
    await new Promise<void>((resolve) => this.#waiting.push({ lsn, hear: resolve }))
  }
}

let started = 0
let kept: ReturnType<typeof createRepositoryKeys> | undefined

await main()

async function main(): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const folder = await temporaryFolder('bench-log')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const binaries = debianPostgres()
  const settings = serverSettingsFor(binaries?.major ?? 18)
  const server = stack.use(
    await startPostgres({ ...settings, shared_buffers: '128MB', max_wal_size: '2GB' }, binaries),
  )
  for (const grant of GRANTS) await server.query(grant)
  await server.query('create table commits (id bigserial, word text)')
  await server.query('create table bulk (word text)')
  const regions = ['a', 'b'].map((name) => new Watched(systemDisk, join(folder, name)))
  {
    await using service = await start(server, folder, regions, false)
    await until(() => service.status().full.newest !== null)
    const wanted = process.env['VEILIG_BENCH_RATES'] ?? ''
    for (const rate of rates) {
      if (rate.name.includes(wanted)) await lossWindow(server, regions, rate)
    }
    if (wanted !== '' && wanted !== 'commits') return
  }
  await commitCost(server, folder, regions, binaries?.bin)
}

async function lossWindow(
  server: TestPostgres,
  regions: readonly Watched[],
  rate: Rate,
): Promise<void> {
  for (const [at, region] of regions.entries()) {
    region.alone = rate.alone === true
    region.farMs = at === 1 ? (rate.farMs ?? 0) : 0
  }
  const client = new pg.Client(server.connection)
  await client.connect()
  const stop = new AbortController()
  const flood = rate.flood ? bulkLoads(server, stop.signal) : undefined
  const samples = regions.map((): number[] => [])
  const heard: Promise<unknown>[] = []
  const endMs = performance.now() + SECONDS * 1000
  const beginLsn = await endOfLog(client)
  while (performance.now() < endMs) {
    await delay(rate.pauseMs())
    const { rows } = await client.query<{ lsn: string }>(
      `insert into commits (word) values ('x') returning pg_current_wal_insert_lsn() as lsn`,
    )
    const atMs = performance.now()
    const lsn = parseLsn(rows[0]!.lsn) + 1n // the commit record begins there
    for (const [at, region] of regions.entries()) {
      heard.push(region.holds(lsn).then(() => samples[at]?.push(performance.now() - atMs)))
    }
  }
  const writtenMib = Number((await endOfLog(client)) - beginLsn) / 2 ** 20
  stop.abort()
  await flood
  await Promise.all(heard)
  const subject = 'PostgreSQL'
  const metric = `log written, ${rate.name}`
  emit({ bench: BENCH, subject, metric, value: writtenMib / SECONDS, unit: 'MiB/s' })
  await client.end()
  for (const [at, all] of samples.entries()) {
    all.sort((a, b) => a - b)
    for (const share of [0.5, 0.99, 1]) {
      const metric = `loss window, ${rate.name}, ${share === 1 ? 'longest' : `p${share * 100}`}`
      const value = all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? NaN
      emit({ bench: BENCH, subject: `region ${at}`, metric, value, unit: 'ms' })
    }
  }
}

async function endOfLog(client: pg.Client): Promise<bigint> {
  const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn')
  return parseLsn(rows[0]!.lsn)
}

async function bulkLoads(server: TestPostgres, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await server.query(
      `insert into bulk select md5(g::text) || repeat('x', 200) from generate_series(1, 50000) g`,
    )
    await server.query('truncate bulk')
  }
}

/** The time one client waits for one commit: nobody waited for, we, pg_receivewal. */
async function commitCost(
  server: TestPostgres,
  folder: string,
  regions: readonly Watched[],
  bin: string | undefined,
): Promise<void> {
  if (!bin) return missing(BENCH, 'pgbench, pg_receivewal', 'postgresql-15 is not installed')
  const report = async (subject: string, clients: number): Promise<void> => {
    const latencies = await commitsOf(server, clients, bin)
    const metric = `commit, ${clients} clients`
    emit({ bench: BENCH, subject, metric: `${metric}, p50`, value: median(latencies), unit: 'ms' })
    const value = latencies.length / SECONDS
    emit({ bench: BENCH, subject, metric: `${metric}, rate`, value, unit: '1/s' })
  }
  const all = async (subject: string): Promise<void> => {
    for (const clients of [1, 8]) await report(subject, clients)
  }
  await all('asynchronous')
  {
    await using service = await start(server, folder, regions, true)
    await until(() => service.status().synchronous?.state === 'on')
    await all('veilig, two regions')
  }
  await server.query(`alter system set synchronous_standby_names = ''`)
  await server.query('select pg_reload_conf()')
  const into = join(folder, 'received')
  await mkdir(into)
  const { account } = server.place
  if (account) await chown(into, account.uid, account.gid)
  const receiver = spawn(
    `${bin}/pg_receivewal`,
    ['-D', into, '--synchronous', '--slot=peer', '--create-slot', '--if-not-exists'],
    { env: access(server), stdio: 'inherit' },
  )
  await once(receiver, 'exit')
  const receiving = spawn(`${bin}/pg_receivewal`, ['-D', into, '--synchronous', '--slot=peer'], {
    env: { ...access(server), PGAPPNAME: 'peer' },
    stdio: 'inherit',
  })
  await server.query(`alter system set synchronous_standby_names = 'peer'`)
  await server.query('select pg_reload_conf()')
  await delay(2000)
  await all('pg_receivewal --synchronous, one folder')
  await server.query(`alter system set synchronous_standby_names = ''`)
  await server.query('select pg_reload_conf()')
  receiving.kill()
  await once(receiving, 'exit')
}

function access(server: TestPostgres): NodeJS.ProcessEnv {
  return { PGHOST: server.socketDir, PGUSER: 'postgres', PGPASSWORD: PASSWORD }
}

/** Clients in a process of their own: in ours they would wait for the backup's work, too. */
async function commitsOf(server: TestPostgres, clients: number, bin: string): Promise<number[]> {
  const folder = await temporaryFolder('bench-commits')
  const script = join(folder, 'commit.sql')
  await writeFile(script, `insert into commits (word) values ('x');\n`)
  const log = join(folder, 'log')
  const options = ['-n', '-c', clients, '-T', SECONDS, '-f', script, '-l', `--log-prefix=${log}`]
  const stdio = ['ignore', 'ignore', 'inherit'] as const
  const child = spawn(`${bin}/pgbench`, [...options.map(String), 'postgres'], {
    env: access(server),
    stdio: [...stdio],
  })
  await once(child, 'exit')
  const latencies: number[] = []
  for (const name of await readdir(folder)) {
    if (!name.startsWith('log')) continue
    const lines = (await readFile(join(folder, name), 'utf8')).trim().split('\n')
    for (const line of lines) latencies.push(Number(line.split(' ')[LATENCY_COLUMN]) / 1000)
  }
  await rm(folder, { recursive: true, force: true })
  return latencies
}

async function start(
  server: TestPostgres,
  folder: string,
  stores: readonly Watched[],
  synchronous: boolean,
): Promise<BackupService> {
  const keys = (kept ??= createRepositoryKeys({ random: randomBytes, nowMs: 0 }))
  const repository = await openRepository({
    regions: stores.map((store, at) => ({ name: `region-${at}`, store, required: true })),
    root: keys.root,
    catalogueKey: readCatalogueKey(keys.catalogueKey),
    clock: systemClock,
    random: randomBytes,
  })
  const config = backupConfig.parse(synchronous ? { synchronous: {} } : {})
  return serve(config, {
    login: {
      address: { host: server.socketDir, port: server.port, tls: 'off' },
      user: 'veilig_backup',
      password: 'bench-only',
    },
    repository,
    trail: { append: () => undefined, flush: () => Promise.resolve() },
    clock: systemClock,
    manifest: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    tail: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    summary: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    mode: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    controlSocket: join(folder, `${++started}.sock`),
  })
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(50)
}
