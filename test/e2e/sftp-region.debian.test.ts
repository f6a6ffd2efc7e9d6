/** A third region on SFTP: it gets everything, stops nothing when it is away, and is caught up. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { startSshd, type TestSshd } from '#kit/sshd.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import { DiskStore } from '#storage/disk-store.ts'
import { systemDisk } from '#system/disk.ts'
import { pathsIn } from '../../src/cli/paths.ts'

let server: TestPostgres
let sshd: TestSshd
let backup: TestBackup

before(async () => {
  server = await startPostgres(requiredServerSettings)
  sshd = await startSshd()
  const { host, port, user, hostKey } = sshd.login
  const regions = [
    { name: 'region-a' },
    { name: 'region-b' },
    {
      name: 'abroad',
      kind: 'sftp',
      host,
      port,
      user,
      hostKey,
      keyFile: join(sshd.folder, 'client'),
      folder: join(sshd.folder, 'region'),
      timeoutSeconds: 1,
    },
  ]
  backup = await prepareBackup(server, { regions })
  await backup.start()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await sshd[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('a region on SFTP holds the same objects as the others', async () => {
  await backup.full()
  await until(async () => same(await names('abroad'), await names('region-a')))
  assert.match(await backup.veilig('backup', 'verify'), /All is as it was stored/)
})

test('a region on SFTP that falls silent, or dies, holds up neither log nor backup', async () => {
  for (const harm of ['freeze', 'kill'] as const) {
    await sshd[harm]()
    await server.query(`create table during_${harm} as select generate_series(1, 10000)`)
    await requiredCaughtUp()
    await backup.full()
    const abroad = (await backup.status()).regions.find(({ name }) => name === 'abroad')
    assert.equal(abroad?.required, false)
    await until(async () => {
      const now = (await backup.status()).regions.find(({ name }) => name === 'abroad')
      return now?.fault !== null
    })
    if (harm === 'freeze') sshd.thaw()
    else await sshd.start()
    await until(async () => same(await names('abroad'), await names('region-a')))
  }
})

test('everything can be restored from the region on SFTP alone', async () => {
  await backup.caughtUp()
  await until(async () => same(await names('abroad'), await names('region-a')))
  await backup.kill()
  const paths = pathsIn(backup.data)
  for (const name of ['region-a', 'region-b']) await rm(paths.region(name), { recursive: true })
  await using restored = await backup.restore('latest')
  const rows = await restored.query<{ n: number }>('select count(*)::int as n from during_kill')
  assert.deepEqual(rows, [{ n: 10_000 }])
})

async function names(region: string): Promise<string[]> {
  const folder =
    region === 'abroad' ? join(sshd.folder, 'region') : pathsIn(backup.data).region(region)
  const found: string[] = []
  for await (const { name } of new DiskStore(systemDisk, folder).list('')) found.push(name)
  return found
}

function same(some: readonly string[], others: readonly string[]): boolean {
  return some.length > 0 && some.join() === others.join()
}

async function requiredCaughtUp(): Promise<void> {
  const [row] = await server.query<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn')
  await until(async () => {
    const [later] = await server.query<{ held: boolean }>(
      `select bool_and(restart_lsn >= $1::pg_lsn) as held from pg_replication_slots`,
      [row?.lsn],
    )
    return later?.held === true
  })
}
