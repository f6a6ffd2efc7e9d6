/**
 * One history of a simulated world: a server that lives, regions that fail, a backup process that is
 * killed, clocks that are set; and the promises, checked at every disaster and at the end.
 *
 * @module
 */
import './one-thread.ts'
import assert from 'node:assert/strict'
import { keysOf, seededBytes } from '#kit/repository.ts'
import { mulberry32 } from '#kit/random.ts'
import type { AuditEvent } from '#audit/trail.ts'
import { VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { readCatalogue } from '#services/backup/repository/catalogue.ts'
import type { CatalogueHead } from '#services/backup/repository/chain.ts'
import { openReader } from '#services/backup/repository/open-reader.ts'
import { openRepository } from '#services/backup/repository/open-repository.ts'
import { readCatalogueKey, readIdentity } from '#services/backup/repository/repository-keys.ts'
import type { BackupRecord, Repository, WalRange } from '#services/backup/repository/repository.ts'
import { listWal } from '#services/backup/repository/wal-listing.ts'
import { timelinePath } from '#services/backup/restore/timelines.ts'
import { walPieces } from '#services/backup/restore/wal-source.ts'
import { findGaps, hasOpenGap } from '#services/backup/wal/gaps.ts'
import { WalReceiver } from '#services/backup/wal/receiver.ts'
import type { LogTail } from '#services/backup/wal/recogniser.ts'
import { SimulatedClock } from './clock.ts'
import { SimulatedConnection } from './connection.ts'
import { SimulatedRegion } from './region.ts'
import { SEGMENT, SimulatedServer, type Commit } from './server.ts'

export type WorldOptions = {
  readonly seed: number
  readonly steps: number
  /** How many of three regions are required. */
  readonly required: number
  /** How many hold a commit before it is acknowledged; 0: asynchronous. */
  readonly needed: number
}

/** What became of it, for counting. */
export type Lived = {
  kills: number
  forks: number
  gaps: number
  commits: number
  checks: number
  /** Parts of the log seen behind a hole: they overtook one that never arrived. */
  loose: number
  /** Servers of the number that is followed, promoted apart, and refused. */
  splits: number
  /** Of these, those that branched off at the same position: only their log differs. */
  twins: number
}

/** Before anything has happened. */
export const notLived: Readonly<Lived> = {
  kills: 0,
  forks: 0,
  gaps: 0,
  commits: 0,
  checks: 0,
  loose: 0,
  splits: 0,
  twins: 0,
}

const SLOT = 'veilig'
const keys = keysOf('simulation')
const HEAL_MS = 300_000
/** Longer than the receiver waits before it tries again. */
const SPLIT_MS = 12_000
/** What of the log a server is known by. */
const TAIL = 512n

type Process = {
  alive: boolean
  readonly stop: AbortController
  receiver?: WalReceiver
  repository?: Repository
}

export class World {
  readonly lived: Lived = { ...notLived }
  readonly #options: WorldOptions
  readonly #random: () => number
  readonly #bytes: (size: number) => Uint8Array
  readonly #clock = new SimulatedClock()
  readonly #server = new SimulatedServer()
  readonly #regions: readonly SimulatedRegion[]
  readonly #events: AuditEvent[] = []
  #head: CatalogueHead | undefined
  #tail: LogTail | undefined
  #process: Process | undefined
  #failure: unknown
  #openGap = false

  constructor(options: WorldOptions) {
    this.#options = options
    this.#random = mulberry32(options.seed)
    this.#bytes = seededBytes(`simulation ${options.seed}`)
    this.#server.synchronous = options.needed > 0
    const region = (at: number): SimulatedRegion =>
      new SimulatedRegion(`region-${at}`, this.#clock, this.#random)
    this.#regions = [0, 1, 2].map(region)
  }

  /** @throws {AssertionError} When a promise was broken. */
  async live(): Promise<Lived> {
    this.#start()
    await this.#clock.pass(2000)
    for (let step = 0; step < this.#options.steps; step++) {
      await this.#step()
      if (this.#failure) throw this.#failure
    }
    await this.#heal()
    await this.#checkAll()
    return this.lived
  }

  async #step(): Promise<void> {
    const dice = this.#random()
    const within = (size: number): number => Math.floor(this.#random() * size)
    if (dice < 0.4) for (let count = within(6); count >= 0; count--) this.#write()
    else if (dice < 0.5) await this.#disaster()
    else if (dice < 0.6) await this.#killProcess()
    else if (dice < 0.68) this.#server.restart()
    else if (dice < 0.78) {
      const region = this.#regions[within(3)]!
      region.failing = !region.failing
      region.slowMs = this.#random() < 0.5 ? 5 : 400
    } else if (dice < 0.83) this.#fork()
    else if (dice < 0.86) this.#server.recycle(SEGMENT * BigInt(1 + within(4)))
    else if (dice < 0.88) this.#server.slots.delete(SLOT)
    else if (dice < 0.9) {
      this.#server.up = !this.#server.up
      this.#server.restart()
    } else if (dice < 0.92) this.#clock.jump((this.#random() - 0.5) * 7_200_000)
    else if (dice < 0.94) await this.#split()
    else for (const region of this.#regions) region.failing = false
    await this.#clock.pass(within(4) === 0 ? within(3000) : within(200))
  }

  #write(): void {
    if (!this.#server.up) return
    const size = this.#random() < 0.05 ? 400_000 : 200
    this.#server.commit(8 + Math.floor(this.#random() * size), this.#clock.monotonicMs())
    this.lived.commits++
  }

  /** A standby takes over that had not everything, or somebody went back to an earlier moment. */
  #fork(): void {
    const server = this.#server
    const back = this.#random() < 0.5 ? 500 : 1_500_000
    const lsn = server.flushLsn - BigInt(Math.floor(this.#random() * back))
    if (lsn <= SEGMENT + 64n) return
    server.promote(lsn)
    if (this.#random() < 0.5) server.keptLsn = lsn - (lsn % SEGMENT)
    server.up = true
    this.lived.forks++
  }

  /**
   * Somebody promotes another standby to the number that is followed; then it is taken away. Were
   * anything of it taken, the bytes that are kept would be another server's.
   */
  async #split(): Promise<void> {
    const { receiver, alive } = this.#process ?? {}
    const { timeline, up } = this.#server
    const followed = alive === true && receiver?.state.timeline === timeline
    if (!followed || timeline === 1 || !up) return
    const branchLsn = this.#server.ancestors.at(-1)?.endLsn ?? 0n
    const known = (receiver.state.receivedLsn ?? 0n) > branchLsn + TAIL
    const alike = known && this.#server.keptLsn < branchLsn && this.#random() < 0.5
    const end = this.#server.impersonate(alike)
    await this.#clock.pass(SPLIT_MS)
    const { fault = '' } = receiver.state
    if (/promoted apart/.test(fault)) this.lived.splits++
    if (/other log before/.test(fault)) this.lived.twins++
    end()
  }

  #start(): void {
    const proc: Process = { alive: true, stop: new AbortController() }
    this.#process = proc
    this.#run(proc).catch((error: unknown) => {
      if (proc.alive) this.#failure ??= error
    })
  }

  async #run(process: Process): Promise<void> {
    const { required, needed } = this.#options
    const clock = this.#clockOf(process)
    for (;;) {
      try {
        process.repository = await openRepository({
          regions: this.#regions.map((region, at) => ({
            name: region.name,
            store: region.seenBy(() => process.alive),
            required: at < required,
          })),
          root: keys.root,
          catalogueKey: readCatalogueKey(keys.catalogueKey),
          clock,
          random: this.#bytes,
          head: {
            load: () => Promise.resolve(this.#head),
            save: (head) => Promise.resolve(void (this.#head = head)),
          },
          catchUpEveryMs: 500,
        })
        break
      } catch (error) {
        if (!(error instanceof VeiligError) || error.code !== 'STORE_FAILED') throw error
        await clock.sleep(1000) // and is started again
      }
    }
    process.repository.wal.need(needed)
    process.receiver = new WalReceiver({
      connect: () => this.#connect(process),
      slot: SLOT,
      partMaxBytes: 8 * 1024,
      partMs: 250,
      silenceMs: 30_000,
      eager: () => needed > 0,
      repository: process.repository,
      clock,
      tell: (event) => Promise.resolve(void this.#events.push(event)),
      tail: {
        load: () => Promise.resolve(this.#tail),
        save: (tail) => Promise.resolve(void (this.#tail = tail)),
      },
      onGap: () => {
        this.lived.gaps++
        this.#openGap = true
      },
    })
    if (this.#openGap) process.repository.wal.holdBack()
    void this.#takeFulls(process)
    await process.receiver.run(process.stop.signal)
  }

  /** What a full backup would do: once it is there, what was lost of the log is in it. */
  async #takeFulls(process: Process): Promise<void> {
    const clock = this.#clockOf(process)
    for (;;) {
      await clock.sleep(1000)
      if (!this.#openGap || process.receiver?.state.phase !== 'streaming') continue
      const { commits, flushLsn } = this.#server
      for (const commit of commits) commit.inFull ||= commit.endLsn <= flushLsn
      this.#openGap = false
      process.repository?.wal.healed()
    }
  }

  async #connect(process: Process): Promise<SimulatedConnection> {
    await this.#clockOf(process).sleep(1)
    const connection = new SimulatedConnection(this.#server, SLOT)
    await connection.identifySystem()
    return connection
  }

  /** Whoever is killed does not wake any more. */
  #clockOf(process: Process): Clock {
    const clock = this.#clock
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal)
        if (!process.alive) await new Promise(() => undefined)
      },
    }
  }

  async #killProcess(): Promise<void> {
    if (this.#process) this.#process.alive = false
    this.#server.restart() // its connections end with it
    this.lived.kills++
    await this.#clock.pass(Math.floor(this.#random() * 2000))
    for (const region of this.#regions) this.lived.loose += (await logOf(region)).loose
    this.#start()
  }

  /** Everything but one region's objects is gone: what do they hold, and what was promised? */
  async #disaster(): Promise<void> {
    this.lived.checks++
    const { needed, required } = this.#options
    const kept = await Promise.all(
      this.#regions.map(async (region) => (await logOf(region)).stretches),
    )
    for (const commit of this.#server.commits) {
      if (needed === 0 || !commit.acknowledged || commit.inFull) continue
      const holding = kept.map((ranges, at) => at < 3 && holds(ranges, commit))
      const count = holding.filter(Boolean).length
      const all = holding.slice(0, required).every(Boolean)
      assert(count >= Math.max(needed, required) && all, this.#lost(commit, holding))
    }
    this.#checkShownLag(kept)
  }

  /** What a region is said to be complete until, it is. */
  #checkShownLag(kept: readonly (readonly WalRange[])[]): void {
    const { receiver, repository, alive } = this.#process ?? {}
    if (!alive || !receiver || !repository) return
    const { timeline = 0 } = receiver.state
    for (const [at, { name, lagMs }] of repository.wal.regions().entries()) {
      const untilMs = lagMs === undefined ? undefined : this.#clock.monotonicMs() - lagMs
      if (untilMs === undefined) continue
      for (const commit of this.#server.commits) {
        if (commit.timeline !== timeline || commit.atMs >= untilMs || commit.inFull) continue
        if (commit.endLsn > (this.#server.endOf(timeline) ?? 0n)) continue // of a branch that ended
        const called: string = `${name} was called complete until ${untilMs}`
        assert(holds(kept[at]!, commit), `${called}: ${this.#lost(commit, [])}`)
      }
    }
  }

  #lost(commit: Commit, holding: readonly boolean[]): string {
    const { timeline, endLsn, atMs } = commit
    return `the commit ${timeline}:${endLsn} of ${atMs} ms is not kept [${holding.join()}]`
  }

  async #heal(): Promise<void> {
    for (const region of this.#regions) region.failing = false
    for (const region of this.#regions) region.slowMs = 5
    this.#server.up = true
    this.#server.restart()
    if (this.#process?.alive !== true) this.#start()
    const level = (): boolean => {
      const { flushLsn, timeline } = this.#server
      const regions = this.#process?.repository?.wal.regions() ?? []
      const end = (at: (typeof regions)[number]): boolean =>
        at.durable?.timeline === timeline &&
        at.durable.lsn === flushLsn &&
        (at.lagMs ?? Infinity) < 3000 &&
        at.fault === undefined
      return regions.length > 0 && regions.every(end)
    }
    for (let waitedMs = 0; !level(); waitedMs += 1000) {
      if (this.#failure) throw this.#failure
      assert(waitedMs < HEAL_MS, `it does not heal: ${this.#process?.receiver?.state.fault}`)
      if (waitedMs % 10_000 === 0) this.#write() // life goes on, and sends who fell behind on
      await this.#clock.pass(1000)
    }
    await this.#disaster()
    this.#process!.alive = false
  }

  /** Each region alone: every byte on the way to every timeline is right, or a listed gap. */
  async #checkAll(): Promise<void> {
    for (const region of this.#regions) {
      const regions = [{ name: region.name, store: region.kept }]
      const reader = await openReader({ regions, identity: readIdentity(keys.recoveryKey) })
      const { wal, histories } = await readCatalogue(reader)
      const gaps = findGaps(wal, histories)
      // On a branch that was left before it was followed a gap is listed, and nobody was to be told.
      const backups = [{ kind: 'full', startLsn: 0n } as BackupRecord]
      const open = hasOpenGap({ backups, histories, wal })
      assert(this.lived.gaps > 0 || !open, `${region.name}: nobody told of a gap`)
      for (const { timeline, startLsn, endLsn } of stretches(wal)) {
        const path = timelinePath(timeline, histories.get(timeline))
        let atLsn = startLsn
        for await (const piece of walPieces(reader, path, startLsn, endLsn)) {
          assert.equal(piece.startLsn, atLsn)
          const expected = this.#server.bytes(timeline, atLsn, piece.bytes.length)
          const where = `${region.name}: ${timeline}:${atLsn}`
          assert(Buffer.from(piece.bytes).equals(expected), `${where} is of another branch`)
          atLsn += BigInt(piece.bytes.length)
        }
        assert.equal(atLsn, endLsn)
      }
      this.#checkPaths(wal, histories, gaps)
    }
  }

  /** On the way to each timeline: kept and missing together are the whole, and do not overlap. */
  #checkPaths(
    wal: readonly WalRange[],
    histories: ReadonlyMap<number, Uint8Array>,
    gaps: readonly WalRange[],
  ): void {
    for (const timeline of histories.keys()) {
      const known = this.#server.histories.get(timeline) ?? []
      const found = timelinePath(timeline, histories.get(timeline)).slice(0, -1)
      assert.deepEqual(
        found.map(({ timeline: at, endLsn }) => [at, endLsn]),
        known.map(({ timeline: at, endLsn }) => [at, endLsn]),
      )
    }
    for (const gap of gaps) {
      const inside = wal.filter(
        ({ timeline, startLsn, endLsn }) =>
          timeline === gap.timeline && startLsn < gap.endLsn && endLsn > gap.startLsn,
      )
      assert.deepEqual(inside, [], `what is kept is called a gap: ${gap.timeline}:${gap.startLsn}`)
    }
  }
}

/** Ranges that begin at the start of a segment: what lies after a hole always does. */
function stretches(wal: readonly WalRange[]): readonly WalRange[] {
  for (const { startLsn } of wal) assert.equal(startLsn % SEGMENT, 0n)
  return wal
}

/**
 * Of each run what follows its first part without a hole, by the names alone, and how many parts
 * lie behind one. Not as the repository's readers find it: so that they are checked too.
 */
async function logOf(region: SimulatedRegion): Promise<{ stretches: WalRange[]; loose: number }> {
  const runs = new Map<string, WalRange>()
  let loose = 0
  for await (const { run, ...part } of listWal(region.kept)) {
    const before = runs.get(run)
    if (!before) runs.set(run, part)
    else if (part.startLsn > before.endLsn) loose++
    else if (part.endLsn > before.endLsn) runs.set(run, { ...before, endLsn: part.endLsn })
  }
  return { stretches: [...runs.values()], loose }
}

/** Its last byte is there, without a hole before it on its timeline. */
function holds(ranges: readonly WalRange[], { timeline, endLsn }: Commit): boolean {
  return ranges.some(
    (range) => range.timeline === timeline && range.startLsn < endLsn && range.endLsn >= endLsn,
  )
}
