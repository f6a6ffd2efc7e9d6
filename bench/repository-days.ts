/**
 * A repository through a hundred simulated days: a full backup every four hours, a differential one
 * every 50 minutes, log all the time, retention of ninety days. How many objects there are, and how
 * long the catalogue takes to read, must stop growing; what the first moment needs is made to stand
 * alone, and no key may be older than the window by more than an hour.
 *
 * VEILIG_BENCH_DAYS days, VEILIG_BENCH_RETAIN of them kept (90, at most nine tenths); VEILIG_BENCH_PARTS parts of log an hour (a running ring makes up to
 * 14,400; what counts is that they become one object).
 */
import { keysOf, openSmall, CLUSTER, SEGMENT, walAt } from '#kit/repository.ts'
import { synthesizeIn } from '#kit/repository-in-time.ts'
import { parseKeyObject } from '#services/backup/repository/data-key.ts'
import { KEYS_FOLDER } from '#services/backup/repository/names.ts'
import { openReader, type KnownChains } from '#services/backup/repository/open-reader.ts'
import { RetentionMeter } from '#services/backup/retention/measure.ts'
import { dueSynthesis } from '#services/backup/synthetic/due.ts'
import type { Repository } from '#services/backup/repository/repository.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock, type Clock } from '#system/clock.ts'
import { emit } from './kit/bench.ts'

const BENCH = 'repository-days'
const DAYS = Number(process.env['VEILIG_BENCH_DAYS'] ?? 100)
const PARTS_AN_HOUR = Number(process.env['VEILIG_BENCH_PARTS'] ?? 12)
/** While the window is not full yet: VEILIG_BENCH_EARLY_PARTS. */
const EARLY_PARTS_AN_HOUR = Number(process.env['VEILIG_BENCH_EARLY_PARTS'] ?? PARTS_AN_HOUR)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const RETAIN_DAYS = Number(process.env['VEILIG_BENCH_RETAIN'] ?? Math.min(90, DAYS * 0.9))
const RETAIN_MS = Math.round(RETAIN_DAYS * DAY_MS)
const BACKUP_EVERY_MS = 50 * 60_000
const PART_SIZE = 1000
/** Of the window's being full: when the hold is placed and released. */
const HOLD_MS = { from: 3 * HOUR_MS, to: 27 * HOUR_MS }
/** Retention looks each minute; what a hold kept may have to be put together first. */
const LOOKS_AFTER_RELEASE = 3

/** Time that passes when it is told to; whoever sleeps wakes in it. */
class SimulatedClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1)
  #sleepers: { readonly atMs: number; readonly wake: () => void }[] = []

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) reject(new Error('stopped'))
      signal?.addEventListener('abort', () => reject(new Error('stopped')), { once: true })
      this.#sleepers.push({ atMs: this.#nowMs + ms, wake: resolve })
    })
  }

  async forward(ms: number): Promise<void> {
    this.#nowMs += ms
    const due = this.#sleepers.filter(({ atMs }) => atMs <= this.#nowMs)
    this.#sleepers = this.#sleepers.filter(({ atMs }) => atMs > this.#nowMs)
    for (const { wake } of due) wake()
    await systemClock.sleep(0) // let them act
  }
}

const keys = keysOf('days')
const stores = [new MemoryStore(), new MemoryStore()] as const
const clock = new SimulatedClock()
const known: KnownChains = new Map()
const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
const opening = { regions, root: keys.root }
const place = { keys, stores, clock }
const births = new Map<string, number>()
let synthetic = 0
let tooOldMs = -Infinity
const meter = new RetentionMeter()
const broken = { gaps: 0, old: 0, undead: 0, receiptsMissing: 0 }
let measured = 0
let hold: string | undefined
let heldFromMs = Infinity

{
  await using repository = await openSmall(keys, stores, { clock })
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  let full = ''
  let parts = 0
  const startMs = clock.nowMs()
  let fullMs = -Infinity
  let reported = 0
  while (clock.nowMs() < startMs + DAYS * DAY_MS) {
    const hourly = clock.nowMs() > startMs + RETAIN_MS ? PARTS_AN_HOUR : EARLY_PARTS_AN_HOUR
    for (let part = 0; part < hourly; part++) {
      await putPart(repository)
      parts++
      await clock.forward(BACKUP_EVERY_MS / hourly)
      if (clock.nowMs() > startMs + RETAIN_MS) await retain(repository)
    }
    const whole = clock.nowMs() >= fullMs + 4 * HOUR_MS
    if (whole) fullMs = clock.nowMs()
    full = (await take(repository, whole ? undefined : full)) ?? full
    const fullForMs = clock.nowMs() - startMs - RETAIN_MS
    if (fullForMs > HOUR_MS) await holdAndMeasure(repository, fullForMs)
    const day = Math.floor((clock.nowMs() - startMs) / (10 * DAY_MS)) * 10
    if (day === reported) continue
    reported = day
    await report(day, parts, await retain(repository))
  }
  await report(DAYS, parts, await retain(repository))
}

/** One look of retention, and what it needs beforehand. @returns How long the look took. */
async function retain(repository: Repository): Promise<number> {
  const { chain } = await openReader({ ...opening, known })
  const schedule = { nowMs: clock.nowMs(), retainMs: RETAIN_MS, everyMs: undefined }
  const due = dueSynthesis(chain.state, { ...schedule, exact: true })
  if (due !== undefined) await synthesizeIn(place, repository, due)
  if (due !== undefined) synthetic++
  const begunMs = performance.now()
  await repository.destroyExpired(RETAIN_MS, false)
  const tookMs = performance.now() - begunMs
  const windowFromMs = Math.min(clock.nowMs() - RETAIN_MS, heldFromMs)
  tooOldMs = Math.max(tooOldMs, windowFromMs - (await oldestKeyMs()))
  return tookMs
}

/** @param fullForMs How long the window has been full. */
async function holdAndMeasure(repository: Repository, fullForMs: number): Promise<void> {
  if (hold === undefined && fullForMs > HOLD_MS.from) {
    heldFromMs = clock.nowMs() - RETAIN_MS + 3 * HOUR_MS
    hold = await repository.hold(heldFromMs, 'a day of it')
  } else if (hold !== undefined && heldFromMs !== Infinity && fullForMs > HOLD_MS.to) {
    await repository.release(hold, 'over')
    heldFromMs = Infinity
    for (let look = 0; look < LOOKS_AFTER_RELEASE; look++) await retain(repository)
  }
  const reader = await openReader({ ...opening, known })
  const bounds = { nowMs: clock.nowMs(), retainMs: RETAIN_MS, graceMs: HOUR_MS }
  const found = await meter.measure(reader, bounds, new Set(regions.map(({ name }) => name)))
  measured++
  broken.gaps += found.gaps.length
  broken.old += found.old.length
  broken.undead += found.undead.length
  broken.receiptsMissing += found.receiptsMissing
  const { gaps, old, undead } = found
  if (gaps.length + old.length + undead.length > 0) {
    const atMs = clock.nowMs() - RETAIN_MS
    process.stderr.write(
      `${JSON.stringify({ fullForMs, windowFromMs: atMs, gaps, old, undead })}\n`,
    )
  }
}

/** When the use of the oldest key in any region began. */
async function oldestKeyMs(): Promise<number> {
  let oldestMs = Infinity
  for (const store of stores) {
    for await (const { name } of store.list(KEYS_FOLDER)) {
      const bornMs =
        births.get(name) ?? parseKeyObject(name, await store.get(name)).header.periodStartMs
      births.set(name, bornMs)
      oldestMs = Math.min(oldestMs, bornMs)
    }
  }
  return oldestMs
}

async function putPart(repository: Repository): Promise<void> {
  const last = await repository.wal.lastPosition(CLUSTER.systemIdentifier)
  const { timeline, lsn: startLsn } = last ?? { timeline: 1, lsn: BigInt(SEGMENT) }
  await repository.wal.put({ timeline, startLsn, bytes: walAt(startLsn, PART_SIZE) })
}

/** @returns The id of a full one. */
async function take(
  repository: Repository,
  parentId: string | undefined,
): Promise<string | undefined> {
  await repository.attach(CLUSTER)
  const startLsn = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))?.lsn ?? 0n
  const start = { label: '', timeline: 1, startLsn }
  const writer = await repository.beginBackup(
    parentId === undefined
      ? { ...start, kind: 'full' }
      : { ...start, kind: 'differential', parentId },
  )
  writer.beginFile({ path: 'global/pg_control', size: 1, mode: 0o600, modifiedMs: 1 })
  await writer.write(new Uint8Array(1))
  writer.endFile()
  await putPart(repository)
  const endLsn = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))?.lsn ?? 0n
  const end = { endLsn, endTimeline: 1, serverManifest: new Uint8Array(1), damagedPages: [] }
  const { id } = await writer.finish({ ...end, facts: {} })
  return parentId === undefined ? id : undefined
}

async function report(day: number, parts: number, retentionMs: number): Promise<void> {
  const counts = new Map<string, number>()
  for await (const { name } of stores[0].list('')) {
    const [folder = ''] = name.split('/')
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  const begunMs = performance.now()
  const { chain } = await openReader(opening)
  const readMs = performance.now() - begunMs
  await openReader({ ...opening, known })
  const againMs = performance.now()
  await openReader({ ...opening, known })
  const figures = {
    'log parts written': [parts, 'parts'],
    objects: [[...counts.values()].reduce((sum, count) => sum + count, 0), 'objects'],
    'objects of the log': [counts.get('wal') ?? 0, 'objects'],
    'objects of the catalogue': [counts.get('catalogue') ?? 0, 'objects'],
    'entries of the catalogue, ever': [chain.length, 'entries'],
    'backups kept': [chain.state.backups.length, 'backups'],
    'catalogue read': [readMs, 'ms'],
    'catalogue read again': [performance.now() - againMs, 'ms'],
    'a look of retention': [retentionMs, 'ms'],
    'synthetic backups': [synthetic, 'backups'],
    'oldest key before the window, at worst': [Math.max(0, tooOldMs / 60_000), 'min'],
    'measured by a stranger': [measured, 'times'],
    'stretches not restorable': [broken.gaps, 'found'],
    'keys that open what is an hour too old': [broken.old, 'found'],
    'keys that were destroyed and are there': [broken.undead, 'found'],
    'destructions without a receipt': [broken.receiptsMissing, 'found'],
  } as const
  for (const [metric, [value, unit]] of Object.entries(figures)) {
    emit({ bench: BENCH, subject: `day ${day}`, metric, value, unit })
  }
}
