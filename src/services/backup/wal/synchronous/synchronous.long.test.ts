/** Synchronous mode on a real server: no commit is acknowledged that the regions do not hold. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import type { AuditEvent } from '#audit/trail.ts'
import { FaultError } from '#lib/errors.ts'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock } from '#system/clock.ts'
import { backupConfig } from '../../config.ts'
import { openRepository } from '../../repository/open-repository.ts'
import { createRepositoryKeys, readCatalogueKey } from '../../repository/repository-keys.ts'
import { listWal } from '../../repository/wal-listing.ts'
import { serve, type BackupService } from '../../serve.ts'
import { requiredServerSettings } from '../../server-settings.ts'
import { askBackup } from '../../control/client.ts'
import type { LeftNote } from './mode.ts'

const PATIENCE_MS = 30_000
const NAMES = 'show synchronous_standby_names'
let server: TestPostgres
let folder: string

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query(`create role veilig_backup login replication password 'right'`)
  await server.query('grant alter system on parameter synchronous_standby_names to veilig_backup')
  await server.query('grant execute on function pg_reload_conf() to veilig_backup')
  await server.query('create table payments (id int)')
  folder = await temporaryFolder('synchronous')
})

afterEach(async () => {
  await server.query(`alter system reset synchronous_standby_names`)
  await server.query('select pg_reload_conf()')
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

test('synchronous: an acknowledged commit is in as many regions as configured', async () => {
  await using running = await start({ regions: 2 }, [true, false, false])
  await running.is('on')
  running.slowMs = 15
  for (let times = 0; times < 20; times++) {
    const [row] = await server.query<{ lsn: string }>(
      'insert into payments values (1) returning pg_current_wal_insert_lsn() as lsn',
    )
    const kept = await running.ends()
    const beyond = kept.filter((end) => end > parseLsn(row!.lsn)) // where its commit record begins
    assert(beyond.length >= 2, `${kept.join()}, and the commit at ${row!.lsn}`)
  }
  assert.equal(running.service.status().synchronous?.regions, 2)
})

test('synchronous: a region dead, commits wait, and the operator may leave', async () => {
  await using running = await start({}, [true, true])
  await running.is('on')
  running.broken.add(1)
  const insert = server.query('insert into payments values (2)')
  const waits = await Promise.race([insert.then(() => false), delay(700, true)])
  assert(waits, 'it was acknowledged with a region less')
  await until(() => (running.service.status().synchronous?.waitedMs ?? 0) > 300)
  const answers = await running.ask({ request: 'synchronous', on: false })
  assert.equal(answers[0]?.answer, 'synchronous')
  await insert
  await running.is('left')
  assert.equal(running.left?.by, 'operator')
  assert.deepEqual(await server.query(NAMES), [{ synchronous_standby_names: '' }])
  assert.deepEqual(running.codes(), ['SYNCHRONOUS_ENTERED', 'SYNCHRONOUS_LEFT'])
  running.broken.clear()
  await running.ask({ request: 'synchronous', on: true })
  await running.is('on')
})

test('synchronous: a region that nobody needs may die, and no commit waits', async () => {
  await using running = await start({ regions: 2 }, [true, false, false])
  await running.is('on')
  running.broken.add(2)
  await server.query('insert into payments values (3)')
  assert.equal(running.service.status().synchronous?.state, 'on')
})

test('synchronous: a restart of ours lets nothing through, and waits for it', async () => {
  const first = await start({}, [true, true])
  await first.is('on')
  await first[Symbol.asyncDispose]()
  const insert = server.query('insert into payments values (4)')
  const waits = await Promise.race([insert.then(() => false), delay(500, true)])
  assert(waits, 'nobody was there, and yet it was acknowledged')
  await using second = await start({}, [true, true], first)
  await insert
  await second.is('on')
})

test('synchronous: without the right to switch it, the reason and the way are told', async () => {
  await server.query(
    'revoke alter system on parameter synchronous_standby_names from veilig_backup',
  )
  await using running = await start({}, [true, true])
  await running.is('hindered')
  assert.match(running.service.status().synchronous?.reason ?? '', /GRANT ALTER SYSTEM/)
  assert.deepEqual(running.codes(), ['SYNCHRONOUS_HINDERED'])
  await server.query('grant alter system on parameter synchronous_standby_names to veilig_backup')
})

type Running = AsyncDisposable & {
  readonly service: BackupService
  readonly keys: ReturnType<typeof createRepositoryKeys>
  readonly stores: readonly MemoryStore[]
  readonly broken: Set<number>
  /** How long the regions but the first take. */
  slowMs: number
  left: LeftNote | undefined
  codes(): string[]
  is(state: string): Promise<void>
  /** Where the log of each region ends. */
  ends(): Promise<bigint[]>
  ask(request: Parameters<typeof askBackup>[1]): Promise<{ readonly answer: string }[]>
}

async function start(
  synchronous: { regions?: number },
  required: readonly boolean[],
  before?: Running,
): Promise<Running> {
  const events: AuditEvent[] = []
  const broken = new Set<number>()
  const keys = before?.keys ?? createRepositoryKeys({ random: randomBytes, nowMs: 0 })
  const stores = before?.stores ?? required.map(() => new MemoryStore())
  const running = { left: undefined, slowMs: 0 } as Running
  for (const [at, store] of stores.entries()) {
    breakable(
      store,
      () => broken.has(at),
      () => (at === 0 ? 0 : running.slowMs),
    )
  }
  const controlSocket = join(folder, `${randomBytes(4).toString('hex')}.sock`)
  const repository = await openRepository({
    regions: stores.map((store, at) => ({
      name: `r${at}`,
      store,
      required: required[at] ?? false,
    })),
    root: keys.root,
    catalogueKey: readCatalogueKey(keys.catalogueKey),
    clock: systemClock,
    random: randomBytes,
    catchUpEveryMs: 50,
  })
  const regions = required.map((each, at) => ({ name: `r${at}`, required: each }))
  const config = backupConfig.parse({ slot: 'synchronous', synchronous, regions })
  const service = await serve(config, {
    login: {
      address: { host: server.socketDir, port: server.port, tls: 'off' },
      user: 'veilig_backup',
      password: 'right',
    },
    repository,
    trail: {
      append: (appended) => void events.push(...appended),
      flush: () => Promise.resolve(),
    },
    clock: systemClock,
    manifest: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    tail: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    summary: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    mode: {
      load: () => Promise.resolve(running.left),
      save: async (note) => {
        running.left = note
        return Promise.resolve()
      },
    },
    controlSocket,
  })
  return Object.assign(running, {
    service,
    keys,
    stores,
    broken,
    codes: () => events.map(({ code }) => code).filter((code) => code.startsWith('SYNCHRONOUS')),
    is: (state: string) => until(() => service.status().synchronous?.state === state),
    ends: () => Promise.all(stores.map(endOf)),
    ask: async (request: Parameters<typeof askBackup>[1]) => {
      const answers: { readonly answer: string }[] = []
      for await (const answer of askBackup(controlSocket, request)) answers.push(answer)
      return answers
    },
    [Symbol.asyncDispose]: async () => {
      broken.clear()
      await service[Symbol.asyncDispose]()
    },
  })
}

async function endOf(store: MemoryStore): Promise<bigint> {
  let end = 0n
  for await (const part of listWal(store)) if (part.endLsn > end) end = part.endLsn
  return end
}

function breakable(store: MemoryStore, broken: () => boolean, slowMs: () => number): void {
  store.put = async (name, bytes) => {
    if (slowMs() > 0) await delay(slowMs())
    if (broken()) throw new FaultError('STORE_FAILED', 'unplugged')
    await MemoryStore.prototype.put.call(store, name, bytes)
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!holds()) {
    assert(performance.now() < deadline, `waited too long for ${holds.toString()}`)
    await delay(10)
  }
}
