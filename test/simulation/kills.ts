/**
 * Kills of real processes, one after the other, from one seed: the primary, the backup process, the
 * connection between them, a region, or several at once; while a client commits all the time.
 *
 * After each kill every region alone must hold what was promised: in synchronous mode each commit
 * that was acknowledged, in asynchronous mode each that is older than the lag that was shown. At
 * the end a restore has them all.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { mulberry32 } from '#kit/random.ts'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { WalRanges, listWal } from '#services/backup/repository/wal-listing.ts'
import type { WalRange } from '#services/backup/repository/repository.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { systemDisk } from '#system/disk.ts'

export type Campaign = {
  readonly seed: number
  readonly kills: number
  readonly synchronous: boolean
}

/** The network between server and backup, one region, a process, or both processes at once. */
export type Victim = 'network' | 'region' | 'backup' | 'primary' | 'primary and backup'

export type Fought = {
  readonly kills: number
  /** How often each was killed. */
  readonly victims: Readonly<Record<Victim, number>>
  readonly commits: number
  readonly rows: number
}

type Commit = { readonly id: number; readonly lsn: bigint; readonly ackedMs: number }

const REGIONS = ['region-a', 'region-b']
/** A file where a region's folder should be. */
const NO_FOLDER = 'no-folder'

/** @throws {AssertionError} When a commit is missing; the seed is in the message. */
export async function fight(campaign: Campaign): Promise<Fought> {
  const { seed, kills, synchronous } = campaign
  const random = mulberry32(seed)
  await using server = await startPostgres(requiredServerSettings)
  await using backup = await prepareBackup(server, synchronous ? { synchronous: {} } : {})
  for (const right of [
    'alter system on parameter synchronous_standby_names',
    'execute on function pg_reload_conf()',
  ]) {
    await server.query(`grant ${right} to veilig_backup`)
  }
  await server.query('create table acknowledged (id int primary key)')
  await makeRegions(backup)
  await backup.start()
  await until(async () => (await backup.status()).full.newest !== null)
  if (synchronous) await settled(backup)
  const client = new Client(server)
  const victims = { network: 0, region: 0, backup: 0, primary: 0, 'primary and backup': 0 }
  try {
    for (let kill = 0; kill < kills; kill++) {
      await client.goesOn()
      await delay(random() * 300)
      const where = `seed ${seed}, kill ${kill}`
      const shown = synchronous ? undefined : await shownBy(backup)
      const checkNow = (): Promise<void> => check(backup, client, shown, where)
      victims[await killSomething(server, backup, random, checkNow)]++
      if (synchronous) await settled(backup)
    }
  } finally {
    await client.stop()
  }
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  const rows = await restored.query<{ id: number }>('select id from acknowledged')
  const there = new Set(rows.map(({ id }) => id))
  const missing = client.commits.filter(({ id }) => !there.has(id))
  assert.deepEqual(missing, [], `seed ${seed}: acknowledged, and not restored`)
  return { kills, victims, commits: client.commits.length, rows: rows.length }
}

/** Each region's folder is a link, so that it can go away and come back in one step. */
async function makeRegions({ data }: TestBackup): Promise<void> {
  await mkdir(join(data, 'regions'))
  await writeFile(join(data, 'regions', NO_FOLDER), '')
  for (const name of REGIONS) {
    const region = join(data, 'regions', name)
    await mkdir(`${region}.disk`)
    await pointTo(region, `${region}.disk`)
  }
}

async function pointTo(region: string, to: string): Promise<void> {
  await symlink(to, `${region}.link`)
  await rename(`${region}.link`, region)
}

/** The mode is on, so that the promise is one. */
async function settled(backup: TestBackup): Promise<void> {
  await until(async () => (await backup.status()).synchronous?.state === 'on')
}

async function killSomething(
  server: TestPostgres,
  backup: TestBackup,
  random: () => number,
  checkNow: () => Promise<void>,
): Promise<Victim> {
  const dice = random()
  if (dice < 0.35) {
    await server.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'`,
    )
    await checkNow()
    return 'network'
  }
  if (dice < 0.6) {
    const region = join(backup.data, 'regions', REGIONS[random() < 0.5 ? 0 : 1]!)
    await pointTo(region, NO_FOLDER) // whoever writes there fails
    await delay(random() * 400)
    await pointTo(region, `${region}.disk`)
    await checkNow()
    return 'region'
  }
  const both = dice > 0.9
  const primary = both || dice > 0.8
  if (primary) server.cluster.kill('SIGKILL')
  if (both || !primary) await backup.kill()
  await checkNow()
  // What a killed server leaves running holds its shared memory for a moment.
  if (primary) await until(() => server.restart().then(() => true))
  if (both || !primary) await backup.start()
  return both ? 'primary and backup' : primary ? 'primary' : 'backup'
}

/** Up to when each region is called complete; nothing of one that is not. */
async function shownBy(backup: TestBackup): Promise<readonly number[]> {
  const { regions } = await backup.status()
  return regions.map(({ completeUntilMs }) => completeUntilMs ?? -Infinity)
}

/**
 * Each region alone.
 *
 * @param shown Before the kill: what was called complete then is there after it, and what is called
 *   so now. Undefined: all that was acknowledged is there.
 */
async function check(
  backup: TestBackup,
  client: Client,
  shown: readonly number[] | undefined,
  where: string,
): Promise<void> {
  const commits = [...client.commits] // before the regions are looked at
  const now = shown && (await shownBy(backup).catch(() => []))
  for (const [at, name] of REGIONS.entries()) {
    const untilMs = shown ? Math.max(shown[at]!, now?.[at] ?? -Infinity) : Infinity
    const ranges = await rangesOf(join(backup.data, 'regions', name))
    const lost = commits.filter((commit) => commit.ackedMs < untilMs && !holds(ranges, commit.lsn))
    assert.deepEqual(lost, [], `${where}: not in ${name}`)
  }
}

function holds(ranges: readonly WalRange[], lsn: bigint): boolean {
  return ranges.some(({ startLsn, endLsn }) => startLsn <= lsn && lsn < endLsn)
}

async function rangesOf(folder: string): Promise<readonly WalRange[]> {
  const ranges = new WalRanges()
  for await (const part of listWal(new DiskStore(systemDisk, folder))) ranges.add(part)
  return ranges.ranges
}

/** Commits one row after the other, whatever becomes of its connection. */
class Client {
  readonly commits: Commit[] = []
  readonly #server: TestPostgres
  readonly #working: Promise<void>
  #stopped = false
  #next = 0

  constructor(server: TestPostgres) {
    this.#server = server
    this.#working = this.#work()
  }

  /** Resolves once some more were acknowledged: a kill with nothing under way proves nothing. */
  async goesOn(): Promise<void> {
    const before = this.commits.length
    await until(() => Promise.resolve(this.commits.length >= before + 3))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#working
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      const client = new pg.Client(this.#server.connection)
      client.on('error', () => undefined)
      try {
        await client.connect()
        while (!this.#stopped) await this.#commit(client)
      } catch {
        await delay(20) // the server is away: what was not acknowledged was promised to nobody
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  }

  async #commit(client: pg.Client): Promise<void> {
    const id = this.#next++
    const { rows } = await client.query<{ lsn: string }>(
      'insert into acknowledged values ($1) returning pg_current_wal_insert_lsn() as lsn',
      [id],
    )
    // There its commit record begins.
    this.commits.push({ id, lsn: parseLsn(rows[0]!.lsn), ackedMs: Date.now() })
  }
}
