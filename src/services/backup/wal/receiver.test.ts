/** The receiver against a real PostgreSQL: what it promises, and what the regions hold. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import type { AuditEvent } from '#audit/trail.ts'
import { FaultError } from '#lib/errors.ts'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { encodeStandbyStatus } from '#protocol/postgres/replication/standby-status.ts'
import { startReplicationCommand } from '#protocol/postgres/replication/wal-stream.ts'
import { systemClock } from '#system/clock.ts'
import { requiredServerSettings } from '../server-settings.ts'
import { ReplicationConnection } from '../replication/connection.ts'
import type { Repository, WalBytes, WalPosition, WalStore } from '../repository/repository.ts'
import { WalReceiver } from './receiver.ts'
import type { TailMemory } from './recogniser.ts'

let server: TestPostgres

before(async () => {
  server = await startPostgres({
    ...requiredServerSettings,
    wal_keep_size: '0',
    max_slot_wal_keep_size: '80MB',
  })
  await server.query(`create role veilig_backup login replication password 'right'`)
  // Kept as it comes: what is alike in it would be compressed away, and be no log.
  await server.query('create table filler (data text storage external)')
})

after(() => server[Symbol.asyncDispose]())

test('receiver: PostgreSQL is told only what the regions hold, however slow they are', async () => {
  const store = new MemoryWal()
  await using running = start(store, 'honest')
  await running.streaming()
  store.hold()
  await write()
  await until(() => store.waiting > 0)
  const promised = store.durablePosition()?.lsn ?? 0n
  await delay(1300) // longer than from one status to the next
  assert(parseLsn(await slotPosition('honest')) <= promised)
  store.release()
  await until(async () => parseLsn(await slotPosition('honest')) > promised)
})

test('receiver: a region that is gone for long holds WAL on the server, not in us', async () => {
  const store = new MemoryWal()
  await using running = start(store, 'bounded')
  await running.streaming()
  store.hold()
  for (let times = 0; times < 5; times++) await write(8)
  await until(() => store.waiting >= 16)
  await delay(200)
  assert(store.waiting <= 17, 'we stop reading')
  store.release()
  await caughtUp(running)
})

test('receiver: killed and started again and again under load, it never skips a byte', async () => {
  const store = new MemoryWal()
  for (let run = 0; run < 12; run++) {
    await using running = start(store, 'killed')
    await running.streaming()
    const load = write(1)
    await delay(run * 7)
    store.hold()
    await load
    await running.kill() // parts on their way are lost with the process
    const told = parseLsn(await slotPosition('killed'))
    assert(told <= (store.durablePosition()?.lsn ?? 0n), 'more was promised than is kept')
  }
  await using running = start(store, 'killed')
  await caughtUp(running)
  assert.equal(store.begins.length, 13)
  assert.deepEqual(running.codes('WAL_GAP'), [])
  assert.equal(store.end - store.begins[0]!.lsn, BigInt(store.bytes))
})

test('receiver: a dropped slot whose WAL is gone is a gap, said aloud, not an end', async () => {
  const store = new MemoryWal()
  {
    await using running = start(store, 'dropped')
    await caughtUp(running)
  }
  const kept = store.end
  await dropSlots()
  await recycle(3)
  await using running = start(store, 'dropped')
  await caughtUp(running)
  assert.equal(running.codes('WAL_GAP').length, 1)
  assert.equal(running.gaps, 1, 'a full backup is asked for')
  assert((store.begins.at(-1)?.lsn ?? 0n) > kept)
})

test('receiver: a slot that our own status took back to recycled WAL is made again', async () => {
  const store = new MemoryWal()
  {
    await using running = start(store, 'taken')
    await caughtUp(running)
  }
  const kept = store.end
  await dropSlots()
  await recycle(3)
  await takeBack('taken', kept)
  await using running = start(store, 'taken')
  await caughtUp(running)
  assert.equal(running.codes('WAL_SLOT_LOST').length, 1)
  assert.equal(running.codes('WAL_GAP').length, 1)
  assert((store.begins.at(-1)?.lsn ?? 0n) > kept)
})

test('receiver: a slot that fell behind its cap is made again, and the gap is said', async () => {
  const store = new MemoryWal()
  {
    await using running = start(store, 'capped')
    await caughtUp(running)
  }
  await recycle(8) // 128 MB without us
  const [slot] = await server.query(
    `select wal_status from pg_replication_slots where slot_name = 'capped'`,
  )
  assert.equal(slot?.['wal_status'], 'lost')
  await using running = start(store, 'capped')
  await caughtUp(running)
  assert.equal(running.codes('WAL_SLOT_LOST').length, 1)
  assert.equal(running.codes('WAL_GAP').length, 1)
  assert.equal(running.gaps, 1)
})

test('receiver: a server that stops and comes back is followed without a hole', async () => {
  const store = new MemoryWal()
  await using running = start(store, 'restarted')
  await caughtUp(running)
  await server.cluster[Symbol.asyncDispose]()
  await until(() => running.receiver.state.phase === 'connecting')
  await server.restart()
  await write(1)
  await caughtUp(running)
  assert.equal(running.codes('WAL_STREAM_LOST').length >= 1, true)
  assert.deepEqual(running.codes('WAL_GAP'), [])
  assert.equal(store.end - store.begins[0]!.lsn, BigInt(store.bytes))
})

test('receiver: an idle server does not look like a stopped one', async () => {
  const store = new MemoryWal()
  await using running = start(store, 'idle')
  await caughtUp(running)
  const before = running.receiver.state.currentMs ?? 0
  await until(() => (running.receiver.state.currentMs ?? 0) >= before + 1000)
  assert.equal(running.receiver.state.phase, 'streaming')
})

/** A repository of one region in memory, whose durability the test controls. */
class MemoryWal implements WalStore {
  readonly begins: WalPosition[] = []
  bytes = 0
  end = 0n
  #timeline = 0
  #accepted = 0n
  #held: { store: () => void; reject: (reason: Error) => void }[] | undefined

  get waiting(): number {
    return this.#held?.length ?? 0
  }

  hold(): void {
    this.#held ??= []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const { store } of held) store()
  }

  /** As when the process dies: what was not stored is gone. */
  lose(): void {
    const held = this.#held ?? []
    this.#held = undefined
    const closed = new FaultError('STORE_FAILED', 'the region went away')
    for (const { reject } of held) reject(closed)
    this.#accepted = this.end
  }

  async lastPosition(): Promise<WalPosition | undefined> {
    return this.durablePosition()
  }

  async begin(position: WalPosition): Promise<void> {
    this.begins.push(position)
    this.#timeline = position.timeline
    this.#accepted = this.end = position.lsn
  }

  put(wal: WalBytes): Promise<void> {
    assert.equal(wal.startLsn, this.#accepted, 'WAL comes without a hole')
    this.#accepted += BigInt(wal.bytes.length)
    return new Promise((resolve, reject) => {
      const store = (): void => {
        this.end = wal.startLsn + BigInt(wal.bytes.length)
        this.bytes += wal.bytes.length
        resolve()
      }
      if (this.#held) this.#held.push({ store, reject })
      else store()
    })
  }

  durablePosition(): WalPosition | undefined {
    return this.#timeline === 0 ? undefined : { timeline: this.#timeline, lsn: this.end }
  }

  history(): Promise<void> {
    return Promise.resolve()
  }

  need(): void {}

  current(): void {}

  holdBack(): void {}

  healed(): void {}

  unsafeMs(): number {
    return 0
  }

  regions(): [] {
    return []
  }
}

type Running = AsyncDisposable & {
  readonly receiver: WalReceiver
  readonly gaps: number
  codes(code: string): AuditEvent[]
  streaming(): Promise<void>
  kill(): Promise<void>
}

const forgetful: TailMemory = { load: () => Promise.resolve(undefined), save: async () => {} }

function start(wal: MemoryWal, slot: string, memory: TailMemory = forgetful): Running {
  const events: AuditEvent[] = []
  const stop = new AbortController()
  let gaps = 0
  const repository = {
    wal,
    attach: () => Promise.resolve(),
    catalogue: () => Promise.resolve({ wal: [], backups: [], histories: new Map() }),
  } as unknown as Repository
  const receiver = new WalReceiver({
    connect: (signal) => connect(slot, signal),
    slot,
    eager: () => false,
    partMaxBytes: 1024 * 1024,
    partMs: 20,
    silenceMs: 10_000,
    repository,
    clock: systemClock,
    tell: async (event) => void events.push(event),
    tail: memory,
    onGap: () => gaps++,
  })
  const ended = receiver.run(stop.signal)
  const kill = async (): Promise<void> => {
    stop.abort()
    wal.lose()
    await ended
    await until(async () => !(await slotActive(slot)))
  }
  return {
    receiver,
    get gaps() {
      return gaps
    },
    codes: (code) => events.filter((event) => event.code === code),
    streaming: () => until(() => receiver.state.phase === 'streaming'),
    kill,
    [Symbol.asyncDispose]: kill,
  }
}

async function caughtUp(running: Running): Promise<void> {
  await running.streaming()
  const [row] = await server.query<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn')
  const end = parseLsn(row?.lsn ?? '')
  await until(() => (running.receiver.state.receivedLsn ?? 0n) >= end)
}

/** Writes some megabytes of WAL. */
async function write(megabytes = 4): Promise<void> {
  const rows = megabytes * 128
  await server.query(
    `insert into filler select repeat(md5(g::text), 250) from generate_series(1, ${rows}) g`,
  )
}

/** Fills segments with next to nothing, and lets the server recycle what nobody keeps. */
async function recycle(segments: number): Promise<void> {
  for (let times = 0; times < segments; times++) {
    await server.query('insert into filler values ($1)', ['x'])
    await server.query('select pg_switch_wal()')
  }
  await server.query('checkpoint')
  await server.query('checkpoint')
}

function connect(name: string, signal: AbortSignal): Promise<ReplicationConnection> {
  const address = { host: server.socketDir, port: server.port, tls: 'off' } as const
  const login = { address, user: 'veilig_backup', password: 'right' }
  return ReplicationConnection.open(login, name, signal)
}

/** Makes a slot and asks for WAL that is gone, until a status is read before the segment. */
async function takeBack(slot: string, lsn: bigint): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    using connection = await connect(slot, AbortSignal.timeout(30_000))
    await connection.query(`CREATE_REPLICATION_SLOT ${slot} PHYSICAL (RESERVE_WAL)`)
    const started = connection.startCopyBoth(startReplicationCommand(slot, lsn, 1))
    const status = { receivedLsn: lsn, durableLsn: lsn, nowMs: 0n, replyRequested: false }
    connection.sendCopyData(encodeStandbyStatus(status))
    await started
    await assert.rejects(() => connection.next(), { code: 'WAL_REMOVED' })
    if (parseLsn(await slotPosition(slot)) === lsn) return
    await until(async () => !(await slotActive(slot)))
    await dropSlots()
  }
  assert.fail('no status was read before the segment was opened')
}

async function slotPosition(slot: string): Promise<string> {
  const sql = 'select restart_lsn::text as lsn from pg_replication_slots where slot_name = $1'
  const [row] = await server.query<{ lsn: string }>(sql, [slot])
  return row?.lsn ?? ''
}

async function slotActive(slot: string): Promise<boolean> {
  const sql = 'select active from pg_replication_slots where slot_name = $1'
  const [row] = await server.query<{ active: boolean }>(sql, [slot])
  return row?.active ?? false
}

async function dropSlots(): Promise<void> {
  await server.query('select pg_drop_replication_slot(slot_name) from pg_replication_slots')
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000
  while (!(await holds())) {
    assert(Date.now() < deadline, `waited too long for ${holds.toString()}`)
    await delay(10)
  }
}
