/**
 * Synthetic full backups of a real server: made without it, restored when what they were made from
 * is destroyed, and built upon; PostgreSQL starts from each, and its own tools agree.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startBackedUp, type BackedUp, type TestBackup } from '#kit/backup.ts'
import { change, checkTables, contents, fillChanging } from '#kit/changing-database.ts'
import type { TestPostgres } from '#kit/postgres.ts'
import { postgres18Tools } from '#kit/postgres-18-tools.ts'
import { backupConfig } from '#services/backup/config.ts'
import type { NewestBackup } from '#services/backup/status.ts'
import type { Synthesized } from '#services/drill/ports.ts'
import { systemClock } from '#system/clock.ts'
import { pathsIn } from '../../src/cli/paths.ts'
import { openForBackup } from '../../src/cli/repository.ts'

let world: BackedUp
let server: TestPostgres
let backup: TestBackup

before(async () => {
  world = await startBackedUp(fillChanging)
  ;({ server, backup } = world)
})

after(() => world[Symbol.asyncDispose]())

test('synthetic: stands alone once its chain is destroyed, and later differences on it', async () => {
  const full = await backup.full()
  await change(server, 1)
  const first = await backup.differential()
  await change(server, 2)
  await server.query('create database comes')
  await server.query('drop database goes')
  const noted = await contents(server)
  const second = await backup.differential()
  await change(server, 3)
  const third = await backup.differential()
  const asked = await connections()
  const made = await synthesize('--from', second.id)
  assert.deepEqual([made.from, made.chain], [second.id, 2])
  assert.equal(await connections(), asked, 'the server was not asked')
  assert.match(await backup.veilig('backup', 'list'), new RegExp(`synthetic full .*${made.id}`))

  await destroyUntil(second)
  const left = await listed()
  assert.deepEqual(left.map(({ id }) => id).toSorted(), [made.id, third.id].toSorted())
  for (const gone of [full, first, second]) assert(!left.some(({ id }) => id === gone.id))

  const { endLsn } = left.find(({ id }) => id === made.id)!
  await agreesWithPostgres(endLsn)
  {
    await using restored = await backup.restore(endLsn)
    assert.deepEqual(await contents(restored), noted)
    await checkTables(restored)
  }
  await change(server, 4)
  await backup.caughtUp()
  {
    // From the third, whose parent is gone: the synthetic one is in its place.
    await using restored = await backup.restore('latest')
    assert.deepEqual(await contents(restored), await contents(server))
    await checkTables(restored)
  }
})

test('synthetic: the next difference is taken against it, and so on for ever', async () => {
  const newest = (await listed()).find(({ synthetic }) => synthetic)!
  const fourth = await backup.differential()
  const made = await synthesize()
  assert.equal(made.from, fourth.id)
  await change(server, 5)
  const fifth = await backup.differential()
  assert.deepEqual(await parentsOf(fourth, fifth), [newest.id, made.id])
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  assert.deepEqual(await contents(restored), await contents(server))
  await checkTables(restored)
  const { fullInstead } = (await backup.status()).differential
  assert.equal(fullInstead, null)
  assert.match(await backup.veilig('backup', 'verify', '--contents'), /^All is as it was stored/)
})

test('chain: five differences, each on the one before, are restored in one pass', async () => {
  const chain = [await backup.differential()]
  for (let round = 6; round < 11; round++) {
    await change(server, round)
    const output = await backup.veilig('backup', 'run', '--type', 'incremental', '--json')
    const said = JSON.parse(output.trim().split('\n').at(-1)!) as { backup: NewestBackup }
    chain.push(said.backup)
  }
  const [, ...later] = chain
  assert(later.every(({ kind }) => kind === 'differential'))
  assert.deepEqual(
    await parentsOf(...later),
    chain.slice(0, -1).map(({ id }) => id),
  )
  await backup.caughtUp()
  const expected = await contents(server)
  {
    await using restored = await backup.restore('latest')
    assert.deepEqual(await contents(restored), expected)
    await checkTables(restored)
  }
  const made = await synthesize()
  assert.deepEqual([made.from, made.chain], [chain.at(-1)?.id, 7])
  await using restored = await backup.restore('latest')
  assert.deepEqual(await contents(restored), expected)
  await checkTables(restored)
})

async function synthesize(...args: string[]): Promise<Synthesized> {
  return JSON.parse(await backup.veilig('backup', 'synthesize', ...args, '--json')) as Synthesized
}

type Listed = {
  readonly id: string
  readonly kind: string
  readonly parentId?: string
  readonly endLsn: string
  readonly synthetic?: object
}

async function listed(): Promise<readonly Listed[]> {
  const text = await backup.veilig('backup', 'list', '--json')
  return (JSON.parse(text) as { backups: Listed[] }).backups
}

async function parentsOf(...backups: readonly NewestBackup[]): Promise<unknown[]> {
  const known = await listed()
  return backups.map((backup) => known.find(({ id }) => id === backup.id)?.parentId)
}

/** Connections the server has seen, but for those of statements like this one. */
async function connections(): Promise<number> {
  const sql = `select count(*)::int as n from pg_stat_activity where backend_type = 'walsender'`
  return (await server.query<{ n: number }>(sql))[0]!.n
}

/** Retention, as if the window began right after this backup. */
async function destroyUntil({ finishedMs }: NewestBackup): Promise<void> {
  await backup.kill()
  {
    const place = { paths: pathsIn(backup.data), clock: systemClock }
    await using repository = await openForBackup(place, backupConfig.parse({}).regions)
    await repository.destroyExpired(systemClock.nowMs() - finishedMs - 1, false)
  }
  await backup.start()
}

/** The list of files that is kept with a synthetic backup is one that PostgreSQL's tool believes. */
async function agreesWithPostgres(to: string): Promise<void> {
  const tools = postgres18Tools()
  if (tools === undefined) return
  const { into, manifest } = await backup.layOut(to)
  await writeFile(join(into, 'backup_manifest'), manifest)
  const ours = ['veilig_restore', 'postgresql.auto.conf', 'recovery.signal']
  const ignored = ours.flatMap((name) => ['--ignore', name])
  const checked = await promisify(execFile)(join(tools, 'pg_verifybackup'), [
    '--no-parse-wal',
    ...ignored,
    into,
  ])
  assert.match(checked.stdout, /successfully verified/)
}
