/**
 * A third region far away, of each kind: it gets everything, stops nothing when it is away, is
 * caught up, and is enough to restore from.
 */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startAzurite } from '#kit/azurite.ts'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startCeph } from '#kit/ceph.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { startSshd } from '#kit/sshd.ts'
import { regionsConfig } from '#services/backup/config-regions.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { pathsIn } from '../../src/cli/paths.ts'
import { storeOf } from '../../src/cli/region-store.ts'

type FarServer = AsyncDisposable & {
  /** As it stands in veilig.yaml, without its name. */
  readonly settings: Readonly<Record<string, unknown>>
  freeze(): void
  thaw(): void
  kill(): Promise<void>
  start(): Promise<void>
}

const servers: Readonly<Record<string, () => Promise<FarServer>>> = {
  sftp: async () => {
    const sshd = await startSshd()
    const { host, port, user, hostKey } = sshd.login
    const keyFile = join(sshd.folder, 'client')
    const folder = join(sshd.folder, 'region')
    return { ...sshd, settings: { kind: 'sftp', host, port, user, hostKey, keyFile, folder } }
  },
  s3: async () => {
    const ceph = await startCeph()
    const { endpoint, bucket } = await ceph.bucket('copies', 'plain')
    const place = { endpoint: endpoint.href, bucket, prefix: 'veilig/', ...ceph.credentials }
    return { ...ceph, settings: { kind: 's3', ...place } }
  },
  azure: async () => {
    const azurite = await startAzurite()
    const { endpoint, account, container, secret } = await azurite.container('copies')
    const { key } = await secret()
    const settings = { kind: 'azure', endpoint: endpoint.href, account, container, key }
    return { ...azurite, settings }
  },
}

for (const [kind, startFar] of Object.entries(servers)) {
  describe(`a region on ${kind}`, () => {
    let server: TestPostgres
    let far: FarServer
    let backup: TestBackup
    let regions: readonly Readonly<Record<string, unknown>>[]

    before(async () => {
      server = await startPostgres(requiredServerSettings)
      far = await startFar()
      const abroad = { name: 'abroad', timeoutSeconds: 1, ...far.settings }
      regions = [{ name: 'region-a' }, { name: 'region-b' }, abroad]
      backup = await prepareBackup(server, { regions })
      await backup.start()
    })

    after(async () => {
      await backup[Symbol.asyncDispose]()
      await far[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })

    const level = async (): Promise<void> => {
      const [a, , abroad] = regionsConfig.parse(regions).map((one) => storeOf(paths(), one))
      await until(async () => {
        const [some, others] = [await names(a!), await names(abroad!)]
        return some.length > 0 && some.join() === others.join()
      })
    }
    const paths = (): ReturnType<typeof pathsIn> => pathsIn(backup.data)

    test('holds the same objects as the others', async () => {
      await backup.full()
      await level()
      assert.match(await backup.veilig('backup', 'verify'), /All is as it was stored/)
    })

    test('holds up neither log nor backup when it falls silent or dies', async () => {
      for (const harm of ['freeze', 'kill'] as const) {
        await far[harm]()
        await server.query(`create table during_${harm} as select generate_series(1, 10000)`)
        await requiredCaughtUp(server)
        await backup.full()
        await until(async () => (await abroad(backup))?.fault !== null)
        assert.equal((await abroad(backup))?.required, false)
        if (harm === 'freeze') far.thaw()
        else await far.start()
        await level()
      }
    })

    test('is enough to restore everything', async () => {
      await backup.caughtUp()
      await level()
      await backup.kill()
      for (const name of ['region-a', 'region-b']) {
        await rm(paths().region(name), { recursive: true })
      }
      await using restored = await backup.restore('latest')
      const rows = await restored.query<{ n: number }>('select count(*)::int as n from during_kill')
      assert.deepEqual(rows, [{ n: 10_000 }])
    })

    test('tells nobody its keys', async () => {
      const secrets = ['secretKey', 'key'].map((name) => far.settings[name])
      const log = await backup.log()
      for (const one of secrets) assert(typeof one !== 'string' || !log.includes(one))
    })
  })
}

async function abroad(
  backup: TestBackup,
): Promise<Awaited<ReturnType<TestBackup['status']>>['regions'][number] | undefined> {
  return (await backup.status()).regions.find(({ name }) => name === 'abroad')
}

async function names(store: ObjectStore): Promise<string[]> {
  const found: string[] = []
  for await (const { name } of store.list('')) found.push(name)
  return found
}

async function requiredCaughtUp(server: TestPostgres): Promise<void> {
  const [row] = await server.query<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn')
  await until(async () => {
    const [later] = await server.query<{ held: boolean }>(
      `select bool_and(restart_lsn >= $1::pg_lsn) as held from pg_replication_slots`,
      [row?.lsn],
    )
    return later?.held === true
  })
}
