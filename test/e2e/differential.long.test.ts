/**
 * Differential backups of a real server, put together with their full one in one pass: tables that
 * grew, shrank, came and went, and nothing that was deleted comes back.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startBackedUp, until, type BackedUp, type TestBackup } from '#kit/backup.ts'
import { change, checkTables, contents, fillChanging } from '#kit/changing-database.ts'
import type { TestPostgres } from '#kit/postgres.ts'

let world: BackedUp
let server: TestPostgres
let backup: TestBackup

before(async () => {
  world = await startBackedUp(fillChanging)
  ;({ server, backup } = world)
  await backup.full()
})

after(() => world[Symbol.asyncDispose]())

test('differential: with its full one, exactly the rows of a moment after it', async () => {
  await change(server, 1)
  await server.query('create database comes')
  await server.query('drop database goes')
  const taken = await backup.differential()
  const { full } = await backup.status()
  assert.equal(taken.kind, 'differential')
  assert(full.newest && taken.plainBytes < full.newest.plainBytes / 2, `${taken.plainBytes} bytes`)
  await change(server, 2)
  const [noted] = await server.query<{ now: string }>('select clock_timestamp()::text as now')
  const expected = await contents(server)
  await delay(20)
  await change(server, 3)
  await backup.caughtUp()

  await using restored = await backup.restore(noted!.now)
  assert.deepEqual(await contents(restored), expected)
  assert.deepEqual(await restored.query(DATABASES), [{ datname: 'comes' }])
  await checkTables(restored)
})

test('differential: the newest of several wins, and a list of them tells the chain', async () => {
  await change(server, 4)
  await backup.differential()
  await change(server, 5)
  const second = await backup.differential()
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  assert.deepEqual(await contents(restored), await contents(server))
  await checkTables(restored)
  const { backups } = JSON.parse(await backup.veilig('backup', 'list', '--json')) as Listed
  const [full, ...others] = backups
  assert(others.length === 3 && others.every(({ parentId }) => parentId === full?.id))
  assert.match(await backup.veilig('backup', 'list'), new RegExp(`differential .*${second.id}`))
  const report = await backup.veilig('backup', 'verify', '--contents')
  assert.match(report, /^All is as it was stored/)
})

test('differential: killed in the middle, nothing of it is listed and the next one is whole', async () => {
  const listed = await backup.veilig('backup', 'list', '--json')
  await server.query(`update still set word = repeat('k', 200)`)
  const cut = backup.differential()
  await until(async () => (await backup.status()).full.running?.kind === 'differential')
  await backup.kill()
  await assert.rejects(cut)
  const ids = (text: string): string[] => (JSON.parse(text) as Listed).backups.map(({ id }) => id)
  assert.deepEqual(ids(await backup.veilig('backup', 'list', '--json')), ids(listed))
  await backup.start()
  assert.equal((await backup.differential()).kind, 'differential')
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  assert.deepEqual(await contents(restored), await contents(server))
})

type Listed = {
  readonly backups: readonly { readonly id: string; readonly parentId?: string }[]
}

const DATABASES = `select datname from pg_database where datname in ('comes', 'goes')`
