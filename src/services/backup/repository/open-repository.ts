/**
 * Opens a repository for writing: checks what is there, brings the regions level, and goes on.
 *
 * @module
 */
import { equalBytes, toHex } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError, UsageError } from '#lib/errors.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import { settledWithin, type Clock } from '#system/clock.ts'
import { PackingWriter } from './backup-writer.ts'
import { catchUp } from './catch-up.ts'
import { CatalogueChain, checkHead, type CatalogueHead } from './chain.ts'
import { makeDataKey, type KeyMaker, type Random } from './data-key.ts'
import {
  backupRecord,
  digestFromHex,
  encodeEntry,
  nameOfEntry,
  historyBytes,
  type BackupEntry,
  type CatalogueEntry,
  type ClusterEntry,
} from './entries.ts'
import { oustLateEntry } from './late-entry.ts'
import { backupIdFrom, ROOT_NAME, walName } from './names.ts'
import { placeRoot } from './place-root.ts'
import { readChain } from './read-chain.ts'
import { Regions, type Region, type RegionPlace } from './regions.ts'
import type {
  BackupRecord,
  BackupStart,
  BackupWriter,
  Catalogue,
  ClusterIdentity,
  Repository,
} from './repository.ts'
import { leaveBranch, type BranchReport } from '../retention/branch.ts'
import { destroyExpired, type RetentionPorts, type RetentionReport } from '../retention/destroy.ts'
import { emptyRetentionMemory } from '../retention/find.ts'
import { parseRoot, type RepositoryRoot } from './root.ts'
import { Sweeper } from './sweep.ts'
import { SyntheticBackups } from './synthetic-backups.ts'
import { copyMissing, isGivenUp, proofsOf } from './synchronise.ts'
import { listWal, WalRanges } from './wal-listing.ts'
import { parseWalPart } from './wal-part.ts'
import { WalMerger } from './wal-merger.ts'
import { WalWriter, type WalTail } from './wal-writer.ts'

/** The head of the catalogue, remembered outside the regions. */
export type HeadMemory = {
  load(): Promise<CatalogueHead | undefined>
  save(head: CatalogueHead): Promise<void>
}

export type OpenOptions = {
  /** At least one, and at least one required. The same objects go to all. */
  readonly regions: readonly RegionPlace[]
  /** The root's bytes, from a place that is trusted: never from a region. */
  readonly root: Uint8Array
  readonly catalogueKey: SigningKey
  readonly clock: Clock
  readonly random: Random
  readonly head?: HeadMemory
  /** How often regions that fell behind are caught up. Default 5,000. */
  readonly catchUpEveryMs?: number
  /** How often what was made one, or folded, is deleted in its parts. Default 20 minutes. */
  readonly sweepEveryMs?: number
  /** After so many entries the catalogue is folded. Default 512. */
  readonly foldEvery?: number
}

/**
 * @throws {UsageError} REPOSITORY_FOREIGN when a region holds another repository.
 * @throws {IntegrityError} OBJECT_FORGED, CATALOGUE_BROKEN, CATALOGUE_FORKED,
 *   CATALOGUE_ROLLED_BACK.
 * @throws {FaultError} As the stores, when a required region does not answer.
 */
export async function openRepository(options: OpenOptions): Promise<Repository> {
  const root = parseRoot(options.root)
  const regions = new Regions(options.regions, options.clock)
  if (regions.required.length === 0) {
    throw new UsageError('REGION_NONE_REQUIRED', 'at least one region must be required')
  }
  const reachable = await placeRoot(regions, root, options.clock)
  const chain = await longestChain(reachable, root)
  const head = await options.head?.load()
  if (head) checkHead(chain, head, 'all regions')
  await levelRequired(regions, reachable, root, chain)
  const listing = await settleLog(regions, root, chain)
  return new OpenRepository(options, root, regions, chain, listing)
}

/** Reads every region's catalogue; one must be the beginning of the other. */
async function longestChain(
  reachable: readonly Region[],
  root: RepositoryRoot,
): Promise<CatalogueChain> {
  let longest = new CatalogueChain(root)
  let read = 0
  let failure: unknown
  for (const { place } of reachable) {
    const chain = new CatalogueChain(root)
    try {
      await readChain(place.store, chain)
      read++
    } catch (error) {
      const away = !place.required && error instanceof FaultError
      // Cut off while it was brought level: it gets what it lacks from the others.
      const cut = error instanceof IntegrityError && error.code === 'CATALOGUE_INCOMPLETE'
      if (!away && !cut) throw error
      failure = error
      continue
    }
    const [long, short] = chain.length > longest.length ? [chain, longest] : [longest, chain]
    const shared = short.length > 0 ? long.digestOf(short.length - 1) : undefined
    if (shared && !equalBytes(shared, short.lastDigest)) {
      const message = `the catalogue of region ${place.name} is another than that of the others`
      throw new IntegrityError('CATALOGUE_FORKED', message)
    }
    longest = long
  }
  if (read === 0 && failure) throw failure
  return longest
}

/** Brings the required regions level: each gets what any other has. */
async function levelRequired(
  regions: Regions,
  reachable: readonly Region[],
  root: RepositoryRoot,
  chain: CatalogueChain,
): Promise<void> {
  const proofs = proofsOf(chain.state.backups)
  const gone = (name: string): boolean => isGivenUp(chain, name)
  for (const target of regions.required) {
    for (const source of reachable) {
      if (source === target) continue
      try {
        await copyMissing(source.place.store, target.place.store, root, proofs, { gone })
      } catch (error) {
        if (source.place.required || !(error instanceof FaultError)) throw error
        // One that may be away: enough that the target's catalogue is whole without it.
        const own = new CatalogueChain(root)
        await readChain(target.place.store, own)
        if (own.length < chain.length) throw error
      }
    }
  }
}

/**
 * Finds where the log ends, and stores its last part again in every required region: a process
 * that was killed may have left it where a power cut still takes it away.
 */
async function settleLog(
  regions: Regions,
  root: RepositoryRoot,
  { state }: CatalogueChain,
): Promise<LogListing> {
  const listing: LogListing = { ranges: new WalRanges(state), tails: new Map() }
  const first = regions.required[0]
  if (!first) return listing
  const timelines = new Set<number>()
  for await (const part of listWal(first.place.store)) {
    listing.ranges.add(part)
    timelines.add(part.timeline)
  }
  for (const timeline of timelines) {
    const last = listing.ranges.lastOf(timeline)
    if (!last) continue
    const name = walName(last)
    const bytes = await first.place.store.get(name)
    root.checkSignature(name, bytes)
    const { run, endLsn, link } = parseWalPart(name, bytes)
    for (const { place } of regions.required) await place.store.put(name, bytes)
    const position = { timeline, lsn: endLsn }
    listing.tails.set(timeline, { position, runEnd: { run, endLsn, link: toHex(link) } })
  }
  return listing
}

type LogListing = { readonly ranges: WalRanges; readonly tails: Map<number, WalTail> }

class OpenRepository implements Repository {
  readonly wal: WalWriter
  readonly synthetic: SyntheticBackups
  readonly failed: Promise<never>
  readonly #options: OpenOptions
  readonly #root: RepositoryRoot
  readonly #regions: Regions
  readonly #chain: CatalogueChain
  /** How many entries there were when it was opened. */
  readonly #foundEntries: number
  readonly #listing: LogListing
  readonly #keyMaker: KeyMaker
  readonly #closing = new AbortController()
  readonly #catchingUp: Promise<void>
  readonly #sweeping: Promise<void>
  readonly #merger: WalMerger
  #entering: Promise<unknown> = Promise.resolve()
  /** One after the other. */
  #destroying: Promise<unknown> = Promise.resolve()
  readonly #retention = emptyRetentionMemory()
  /** Backups being written: id → key id, hex. */
  readonly #underWay = new Map<string, string>()
  #attached = false
  #folding = false

  constructor(
    options: OpenOptions,
    root: RepositoryRoot,
    regions: Regions,
    chain: CatalogueChain,
    listing: LogListing,
  ) {
    this.#options = options
    this.#root = root
    this.#regions = regions
    this.#chain = chain
    this.#foundEntries = chain.length
    this.#listing = listing
    this.failed = regions.failed
    this.#keyMaker = {
      signingKey: options.catalogueKey,
      repositoryId: root.repositoryId,
      get recipientKeys() {
        return chain.state.recipients?.map(digestFromHex) ?? root.recipientKeys
      },
      random: options.random,
    }
    this.#merger = new WalMerger({ ...this.#keyMaker, regions })
    this.wal = new WalWriter({
      regions,
      signingKey: options.catalogueKey,
      keyMaker: this.#keyMaker,
      clock: options.clock,
      enter: (entry) => this.#enter(entry),
      cluster: (systemIdentifier) => this.#cluster(systemIdentifier),
      tails: listing.tails,
      lastTail: this.#lastTail(),
      hasHistory: (timeline, bytes) => this.#hasHistory(timeline, bytes),
      merge: (sealed) => this.#merger.take(sealed),
    })
    this.synthetic = new SyntheticBackups({
      regions,
      chain,
      keyMaker: this.#keyMaker,
      clock: options.clock,
      enter: (entry) => this.#enter(entry),
      underWay: this.#underWay,
    })
    this.#catchingUp = this.#catchUpUntilClosed()
    this.#sweeping = this.#sweepUntilClosed()
  }

  async attach(cluster: ClusterIdentity): Promise<void> {
    const known = this.#chain.state.cluster
    this.#attached = true
    if (!known) await this.#enter({ type: 'cluster', ...cluster })
    this.#cluster(cluster.systemIdentifier)
    this.wal.changeKey() // a backup begins after this: the log before it gets keys of its own
  }

  async beginBackup(start: BackupStart): Promise<BackupWriter> {
    const { random, clock } = this.#options
    const { systemIdentifier } = this.#cluster()
    const startedMs = clock.nowMs()
    const purpose = { purpose: 'backup', periodStartMs: startedMs, systemIdentifier } as const
    const { dataKey, name, bytes } = makeDataKey(this.#keyMaker, purpose)
    const id = backupIdFrom(startedMs, random(8))
    this.#underWay.set(id, toHex(dataKey.header.keyId))
    await this.#regions.put('bulk', { name, bytes })
    return new PackingWriter(id, startedMs, start, {
      regions: this.#regions,
      clock,
      random,
      repositoryId: this.#root.repositoryId,
      dataKey,
      walDurable: (position, timeoutMs) => this.wal.durable(position, timeoutMs),
      enter: (entry) => this.#enterBackup(entry),
      closed: () => void this.#underWay.delete(id),
    })
  }

  destroyExpired(retainMs: number, dryRun: boolean): Promise<RetentionReport> {
    return this.#destroy((ports) => destroyExpired(ports, retainMs, dryRun))
  }

  leaveBranch(branch: Parameters<Repository['leaveBranch']>[0]): Promise<BranchReport> {
    return this.#destroy((ports) => leaveBranch(ports, branch))
  }

  #destroy<Report>(act: (ports: RetentionPorts) => Promise<Report>): Promise<Report> {
    const report = this.#destroying.then(() =>
      act({
        regions: this.#regions,
        root: this.#root,
        chain: this.#chain,
        nowMs: this.#options.clock.nowMs(),
        enter: (entry) => this.#enter(entry),
        memory: this.#retention,
        underWay: this.#underWay,
      }),
    )
    this.#destroying = report.catch(() => {}) // its caller hears
    return report
  }

  async hold(fromMs: number, reason: string): Promise<string> {
    const id = toHex(this.#options.random(8))
    await this.#enter({ type: 'hold', id, fromMs, reason })
    return id
  }

  async changeRecipients(keys: readonly Uint8Array[]): Promise<void> {
    await this.#enter({ type: 'recipients', keys: keys.map(toHex) })
    this.wal.changeKey()
  }

  async release(id: string, reason: string): Promise<void> {
    if (!this.#chain.state.holds.has(id)) {
      throw new UsageError('HOLD_UNKNOWN', `there is no hold ${id}; veilig backup list shows them`)
    }
    await this.#enter({ type: 'release', id, reason })
  }

  async catalogue(): Promise<Catalogue> {
    const { cluster, backups, histories } = this.#chain.state
    const ranges = new WalRanges()
    for (const range of this.#listing.ranges.ranges) ranges.addRange(range)
    for (const range of this.wal.written()) ranges.addRange(range)
    return {
      repositoryId: toHex(this.#root.repositoryId),
      cluster,
      backups: cluster ? backups.map((entry) => backupRecord(entry, cluster)) : [],
      wal: ranges.ranges,
      histories: new Map([...histories].map(([at, entry]) => [at, historyBytes(entry)])),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    this.wal.close()
    await this.#catchingUp
    await this.#sweeping
    const marked = this.wal.mark().catch(() => {})
    const settled = Promise.all([marked, this.#merger.settled()])
    await settledWithin(settled, CLOSE_WAIT_MS, this.#options.clock)
    await this.#regions.close()
  }

  async #enterBackup(entry: BackupEntry): Promise<BackupRecord> {
    await this.wal.mark()
    await this.#enter(entry)
    return backupRecord(entry, this.#cluster())
  }

  /** Appends to the catalogue; one after the other. Now and then all is said anew in a fold. */
  #enter(make: CatalogueEntry | (() => CatalogueEntry)): Promise<Uint8Array> {
    const entered = this.#entering.then(async () => {
      const { lastDigest: previous, length: sequence } = this.#chain
      const entry = typeof make === 'function' ? make() : make
      const placed = { sequence, previous, writtenMs: this.#options.clock.nowMs(), entry }
      const { repositoryId } = this.#root
      const bytes = encodeEntry(placed, this.#options.catalogueKey, repositoryId)
      const name = nameOfEntry(placed)
      await this.#regions.put('bulk', { name, bytes })
      this.#chain.add(name, bytes)
      await this.#options.head?.save(this.#chain.head)
      return this.#chain.lastDigest
    })
    this.#entering = entered
    entered.catch(() => {}) // every later entry fails with it; the caller of each hears
    const { clock, foldEvery = FOLD_EVERY } = this.#options
    void entered.then(
      () => {
        if (this.#chain.sinceFold < foldEvery || this.#folding) return
        this.#folding = true
        const folded = this.#enter(() => this.#chain.fold(clock.nowMs()))
        folded.catch(() => {}).finally(() => (this.#folding = false))
      },
      () => {},
    )
    return entered
  }

  #cluster(systemIdentifier?: bigint): ClusterEntry {
    const { cluster } = this.#chain.state
    if (!cluster || !this.#attached) {
      throw new UsageError('REPOSITORY_NOT_ATTACHED', 'attach() must come first')
    }
    if (systemIdentifier !== undefined && cluster.systemIdentifier !== systemIdentifier) {
      const message =
        `this repository keeps the cluster ${cluster.systemIdentifier}, ` +
        `not ${systemIdentifier}; give each cluster its own regions`
      throw new UsageError('REPOSITORY_WRONG_CLUSTER', message)
    }
    return cluster
  }

  /** Where the last run ended: its own parts, or its beginning when it has none. */
  #lastTail(): WalTail | undefined {
    const { runs } = this.#chain.state
    const last = runs.at(-1)
    if (!last) return undefined
    const { timeline, startLsn, run } = last.entry
    const tail = this.#listing.tails.get(timeline)
    if (tail && tail.position.lsn >= startLsn) return tail
    const link = toHex(last.digest)
    return { position: { timeline, lsn: startLsn }, runEnd: { run, endLsn: startLsn, link } }
  }

  #hasHistory(timeline: number, bytes?: Uint8Array): boolean {
    const known = this.#chain.state.histories.get(timeline)
    return known !== undefined && (!bytes || equalBytes(historyBytes(known), bytes))
  }

  /** A region that is away, or locks what it has, is swept the next time. */
  async #sweepUntilClosed(): Promise<void> {
    const { clock, sweepEveryMs = SWEEP_MS } = this.#options
    const { signal } = this.#closing
    const sweeper = new Sweeper(this.#root, this.#chain)
    for (; !signal.aborted; await clock.sleep(sweepEveryMs, signal).catch(() => {})) {
      for (const region of this.#regions.all) await sweeper.sweep(region, signal).catch(isFault)
    }
  }

  async #catchUpUntilClosed(): Promise<void> {
    const { clock, catchUpEveryMs = CATCH_UP_MS } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      for (const region of this.#regions.all) {
        if (region.behind && !signal.aborted) await this.#catchUp(region).catch(() => {})
      }
      await clock.sleep(catchUpEveryMs, signal).catch(() => {})
    }
  }

  async #catchUp(region: Region): Promise<void> {
    const source = this.#regions.required[0]
    if (!source) return
    await catchUp(region, {
      source,
      copy: () => this.#copyTo(region, source),
      quiet: () => this.#underWay.size === 0,
      join: () => this.wal.join(region),
      signal: this.#closing.signal,
    })
  }

  async #copyTo(region: Region, source: Region): Promise<number> {
    await region.place.store.put(ROOT_NAME, this.#root.bytes)
    const proofs = proofsOf(this.#chain.state.backups)
    const gone = (name: string): boolean => isGivenUp(this.#chain, name)
    const stores = [source.place.store, region.place.store] as const
    for (;;) {
      await oustLateEntry(region.place.store, this.#chain, this.#foundEntries)
      const how = { gone, growing: true }
      const { copied } = await copyMissing(...stores, this.#root, proofs, how)
      // It may have landed between the two.
      const late = await oustLateEntry(region.place.store, this.#chain, this.#foundEntries)
      if (!late) return copied
    }
  }
}

const CATCH_UP_MS = 5_000
const SWEEP_MS = 20 * 60_000
const FOLD_EVERY = 512
const CLOSE_WAIT_MS = 5_000

/** A fault passes; anything else is a bug. */
function isFault(error: unknown): void {
  if (!(error instanceof FaultError)) throw error
}
