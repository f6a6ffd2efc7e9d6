/** The whole service: a real PostgreSQL, a real repository in two regions, the control socket. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import type { AuditEvent } from '#audit/trail.ts'
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock } from '#system/clock.ts'
import { backupConfig, type BackupConfig } from './config.ts'
import { askBackup } from './control/client.ts'
import type { ControlAnswer, ControlRequest } from './control/messages.ts'
import { openRepository } from './repository/open-repository.ts'
import type { RegionPlace } from './repository/regions.ts'
import { createRepositoryKeys, readCatalogueKey } from './repository/repository-keys.ts'
import { serve, type BackupService } from './serve.ts'
import { requiredServerSettings } from './server-settings.ts'

let server: TestPostgres
let folder: string
/** Used by one test after the other: each full backup of its own would cost a second. */
let running: Running

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query(`create role veilig_backup login replication password 'right'`)
  folder = await temporaryFolder('backup')
  running = await start('club')
  await until(() => running.service.status().full.newest !== null)
})

after(async () => {
  await running[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

test('backup: a full is taken at first start, and another on request', async () => {
  const first = running.service.status().full.newest
  const answers = await running.ask({ request: 'backup', type: 'full', label: 'by hand' })
  assert.deepEqual(answers[0], { answer: 'begun', joined: false })
  const last = answers.at(-1)
  assert(last?.answer === 'done' && last.backup.id !== first?.id)
  assert(last.backup.plainBytes > 10_000_000 && last.backup.damagedPageCount === 0)
  const codes = running.events.map(({ code }) => code).filter((code) => code.startsWith('BACKUP'))
  const pair = ['BACKUP_STARTED', 'BACKUP_FINISHED']
  assert.deepEqual(codes, [...pair, ...pair])
})

test('backup: without the list of files of its full, no differential but a full', async () => {
  const ask = { request: 'backup', type: 'differential', label: 'by hand' } as const
  const taken = (await running.ask(ask)).at(-1)
  assert(taken?.answer === 'done' && taken.backup.kind === 'differential')
  assert(taken.backup.plainBytes < 3_000_000, String(taken.backup.plainBytes))
  const { full, differential } = running.service.status()
  assert.equal(differential.newest?.id, taken.backup.id)
  assert.equal(differential.fullInstead, null)
  running.manifest = undefined
  const instead = (await running.ask(ask)).at(-1)
  assert(instead?.answer === 'done' && instead.backup.kind === 'full')
  assert.notEqual(instead.backup.id, full.newest?.id)
  assert.match(running.service.status().differential.fullInstead ?? '', /list of files/)
  const said = running.events.find(({ code }) => code === 'BACKUP_FULL_INSTEAD')
  assert.equal(said?.detail?.['reason'], 'BACKUP_DIFFERENCE_IMPOSSIBLE')
})

test('backup: two who ask at once get the same backup', async () => {
  const ask = { request: 'backup', type: 'full', label: 'together' } as const
  const [one, two] = await Promise.all([running.ask(ask), running.ask(ask)])
  assert.deepEqual(one.at(-1), two.at(-1))
  const joined = [one, two].filter(([begun]) => begun?.answer === 'begun' && begun.joined)
  assert.equal(joined.length, 1)
})

test('backup: the status is honest about a region that went away, and it heals', async () => {
  running.broken = true
  await server.query('create table while_away as select generate_series(1, 10000)')
  const lags = (): number[] =>
    running.service.status().regions.map(({ lagMs }) => lagMs ?? Infinity)
  await until(() => lags()[1]! > 3000 && lags()[0]! < lags()[1]!)
  assert.match(running.service.status().regions[1]?.fault ?? '', /unplugged/)
  running.broken = false
  await until(() => lags()[1]! < 3000 && running.service.status().regions[1]?.fault === null)
})

test('backup: while the server is away nothing is called fresh', async () => {
  await until(() => running.service.status().regions[0]!.lagMs !== null)
  await server.cluster[Symbol.asyncDispose]()
  await until(() => running.service.status().log.phase === 'connecting')
  const [failed] = await running.ask({ request: 'backup', type: 'full', label: 'x' })
  assert(failed?.answer === 'failed' && failed.code === 'BACKUP_NO_STREAM')
  const { lagMs } = running.service.status().regions[0]!
  await delay(300)
  assert(running.service.status().regions[0]!.lagMs! >= lagMs! + 250)
  await server.restart()
  await until(() => running.service.status().log.phase === 'streaming')
})

test('backup: a stop in the middle ends a backup, and nothing of it is listed', async () => {
  const slow = await start('stopped', { maxRateMib: 1 })
  await until(() => (slow.service.status().full.running?.doneBytes ?? 0) > 0)
  await slow[Symbol.asyncDispose]()
  assert.equal(slow.events.at(-1)?.code, 'BACKUP_FAILED')
  await using again = await start('stopped', { maxRateMib: 1 }, { before: slow })
  assert.equal(again.service.status().full.newest, null)
})

test('backup: an unknown request is refused by its code', async () => {
  const strange = { request: 'delete everything' } as unknown as ControlRequest
  const [answer] = await running.ask(strange)
  assert(answer?.answer === 'failed' && answer.code === 'CONTROL_REQUEST_INVALID')
})

test('backup: a repository of another cluster is refused, and nothing is written', async () => {
  const first = await start('foreign')
  // Its first entry names the cluster.
  await until(() => first.service.status().log.phase === 'streaming')
  await first[Symbol.asyncDispose]()
  await using other = await startPostgres(requiredServerSettings)
  await other.query(`create role veilig_backup login replication password 'right'`)
  await using second = await start('foreign', {}, { of: other, before: first })
  await assert.rejects(second.service.failed, { code: 'REPOSITORY_WRONG_CLUSTER' })
})

type Running = AsyncDisposable & {
  readonly service: BackupService
  readonly events: AuditEvent[]
  readonly regions: readonly RegionPlace[]
  readonly keys: ReturnType<typeof createRepositoryKeys>
  broken: boolean
  manifest: Uint8Array | undefined
  ask(request: ControlRequest): Promise<ControlAnswer[]>
}

async function start(
  name: string,
  settings: Partial<BackupConfig> = {},
  { of = server, before }: { of?: TestPostgres; before?: Running } = {},
): Promise<Running> {
  const running = { broken: false, manifest: before?.manifest } as Running
  const events: AuditEvent[] = []
  const controlSocket = join(folder, `${name}.sock`)
  const keys = before?.keys ?? createRepositoryKeys({ random: randomBytes, nowMs: 0 })
  const regions = before?.regions ?? [
    { name: 'a', store: new MemoryStore(), required: true },
    { name: 'b', store: breakable(() => running.broken), required: false },
  ]
  const repository = await openRepository({
    regions,
    root: keys.root,
    catalogueKey: readCatalogueKey(keys.catalogueKey),
    clock: systemClock,
    random: randomBytes,
    catchUpEveryMs: 100,
  })
  const address = { host: of.socketDir, port: of.port, tls: 'off' } as const
  const service = await serve(backupConfig.parse({ slot: name, ...settings }), {
    login: { address, user: 'veilig_backup', password: 'right' },
    repository,
    trail: {
      append: (appended) => void events.push(...appended),
      flush: () => Promise.resolve(),
    },
    clock: systemClock,
    manifest: {
      load: () => Promise.resolve(running.manifest),
      save: async (_digest, bytes) => {
        running.manifest = bytes
        return Promise.resolve()
      },
    },
    tail: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    summary: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    mode: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    controlSocket,
  })
  return Object.assign(running, {
    service,
    events,
    regions,
    keys,
    ask: async (request: ControlRequest) => {
      const answers: ControlAnswer[] = []
      for await (const answer of askBackup(controlSocket, request)) answers.push(answer)
      return answers
    },
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  })
}

/** A region that can be unplugged. */
function breakable(broken: () => boolean): MemoryStore {
  const store = new MemoryStore()
  const put = store.put.bind(store)
  store.put = (objectName, bytes) => {
    if (!broken()) return put(objectName, bytes)
    return Promise.reject(new FaultError('STORE_FAILED', 'unplugged'))
  }
  return store
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await holds())) {
    assert(Date.now() < deadline, `waited too long for ${holds.toString()}`)
    await delay(20)
  }
}
