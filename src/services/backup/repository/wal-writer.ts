/**
 * The log on its way in: cut at segment ends, compressed, chained, signed, sealed, sent everywhere.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import { FaultError, UsageError } from '#lib/errors.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { Clock } from '#system/clock.ts'
import { makeDataKey, type DataKey, type KeyMaker } from './data-key.ts'
import type { CatalogueEntry, ClusterEntry, RunEnd } from './entries.ts'
import type { Region, Regions } from './regions.ts'
import type { RegionState, WalBytes, WalPosition, WalRange, WalStore } from './repository.ts'
import type { PreparedChunk } from './sealing.ts'
import { prepareWal, sealWalPart } from './wal-part.ts'
import type { SealedPart } from './wal-merger.ts'
import { WalProgress } from './wal-progress.ts'

const BYTES_MAX = 1024 * 1024
const KEY_PERIOD_MS = 3_600_000
/** A clock that is further back was set. */
const CLOCK_STEP_MS = 1000
const MARK_EVERY_PARTS = 256

/** What was kept when the repository was opened. */
export type WalTail = { readonly position: WalPosition; readonly runEnd: RunEnd }

export type WalWriterPorts = {
  readonly regions: Regions
  readonly signingKey: SigningKey
  readonly keyMaker: KeyMaker
  readonly clock: Clock
  /** Appends to the catalogue; resolves with the entry's digest once it is durable. */
  readonly enter: (entry: CatalogueEntry) => Promise<Uint8Array>
  /** @throws {UsageError} REPOSITORY_WRONG_CLUSTER, REPOSITORY_NOT_ATTACHED. */
  readonly cluster: (systemIdentifier?: bigint) => ClusterEntry
  /** Ends of the log per timeline, as found on opening. */
  readonly tails: ReadonlyMap<number, WalTail>
  readonly lastTail: WalTail | undefined
  readonly hasHistory: (timeline: number, bytes?: Uint8Array) => boolean
  /** Hears of every part, to make many into one. */
  readonly merge: (sealed: SealedPart) => void
}

type Run = {
  readonly id: string
  readonly timeline: number
  nextLsn: Lsn
  link: Uint8Array
  /** Whether no part of it was sent yet. */
  fresh: boolean
}

export class WalWriter implements WalStore {
  readonly #ports: WalWriterPorts
  readonly #progress: WalProgress
  #run: Run | undefined
  #last: WalPosition | undefined
  #lastEnd: RunEnd | undefined
  #key: DataKey | undefined
  /** When the use of the newest key began. */
  #keyMs = -Infinity
  #sealing: Promise<unknown> = Promise.resolve()
  #markedParts = 0
  #marking: Promise<void> | undefined
  #durableWaiters: (() => void)[] = []
  #closed: FaultError | undefined
  /** Runs since opening; `previousLsn` is where the one before ended. */
  readonly #begun: { timeline: number; startLsn: Lsn; previousLsn: Lsn }[] = []

  constructor(ports: WalWriterPorts) {
    this.#ports = ports
    this.#last = ports.lastTail?.position
    this.#lastEnd = ports.lastTail?.runEnd
    this.#progress = new WalProgress(ports.regions.all, this.#last)
  }

  async lastPosition(systemIdentifier: bigint): Promise<WalPosition | undefined> {
    this.#ports.cluster(systemIdentifier)
    return this.#last
  }

  async begin({ timeline, lsn }: WalPosition): Promise<void> {
    const { walSegmentSize } = this.#ports.cluster()
    await this.#sealing.catch(() => {})
    await this.mark()
    const kept = this.#keptEnd(timeline)
    if (kept !== undefined && lsn < kept) {
      const message = `timeline ${timeline} is kept up to ${formatLsn(kept)} already`
      throw new UsageError('WAL_BEGINS_EARLY', message)
    }
    const midway = lsn % BigInt(walSegmentSize) !== 0n
    if (midway && lsn !== kept && !this.#ports.hasHistory(timeline)) {
      const message = `nothing is kept before ${formatLsn(lsn)}; begin at the segment's start`
      throw new UsageError('WAL_BEGINS_MIDWAY', message)
    }
    const id = toHex(this.#ports.keyMaker.random(8))
    const previous = this.#lastEnd ?? null
    const entry = { type: 'run', run: id, timeline, startLsn: lsn, previous } as const
    const link = await this.#ports.enter(entry)
    this.#begun.push({ timeline, startLsn: lsn, previousLsn: this.#last?.lsn ?? lsn })
    this.#run = { id, timeline, nextLsn: lsn, link, fresh: true }
    this.#last = { timeline, lsn }
    this.#progress.begin(this.#last)
  }

  #keptEnd(timeline: number): Lsn | undefined {
    if (this.#run?.timeline === timeline) return this.#run.nextLsn
    return this.#ports.tails.get(timeline)?.position.lsn
  }

  put(wal: WalBytes): Promise<void> {
    try {
      return this.#put(wal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #put({ timeline, startLsn, bytes }: WalBytes): Promise<void> {
    const run = this.#run
    if (!run || timeline !== run.timeline || startLsn !== run.nextLsn) {
      const expected = run ? `${run.timeline}:${formatLsn(run.nextLsn)}` : 'begin()'
      const message = `got ${timeline}:${formatLsn(startLsn)}, expected ${expected}`
      throw new UsageError('WAL_PUT_OUT_OF_ORDER', message)
    }
    if (bytes.length < 1 || bytes.length > BYTES_MAX) {
      throw new UsageError('WAL_TOO_LARGE', `${bytes.length} bytes of WAL at once`)
    }
    run.nextLsn += BigInt(bytes.length)
    this.#last = { timeline, lsn: run.nextLsn }
    const { walSegmentSize } = this.#ports.cluster()
    const end = this.#last
    const stored = cutAtSegments(startLsn, bytes, walSegmentSize).map((piece) => {
      const prepared = prepareWal(piece.bytes)
      prepared.catch(() => {}) // awaited in its turn
      this.#progress.accept(piece.bytes.length)
      const sealed = this.#sealing.then(() => this.#seal(run, piece, prepared))
      this.#sealing = sealed
      sealed.catch(() => {}) // told by the promise below
      return sealed.then(({ durable }) => durable)
    })
    return Promise.all(stored).then(() => {
      this.#markNowAndThen()
      return this.#untilSafe(end)
    })
  }

  /** When more regions are needed than are required, they are waited for here. */
  async #untilSafe({ timeline, lsn }: WalPosition): Promise<void> {
    for (;;) {
      const now = this.durablePosition()
      if (now && (now.timeline > timeline || (now.timeline === timeline && now.lsn >= lsn))) return
      if (this.#closed) throw this.#closed
      await new Promise<void>((resolve) => this.#durableWaiters.push(resolve))
    }
  }

  need(regions: number): void {
    this.#progress.need(regions)
    this.#wake()
  }

  holdBack(): void {
    this.#progress.holdBack()
  }

  healed(): void {
    this.#progress.healed()
    this.#wake()
  }

  /** What waits for regions that are not required is given up. */
  close(): void {
    this.#closed ??= new FaultError('REPOSITORY_CLOSED', 'the repository was closed')
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#durableWaiters.splice(0)) wake()
  }

  async #seal(
    run: Run,
    piece: WalPiece,
    prepared: Promise<PreparedChunk>,
  ): Promise<{ durable: Promise<void> }> {
    const { regions, signingKey, keyMaker, clock } = this.#ports
    const { timeline } = run
    const dataKey = await this.#keyNow()
    const part = {
      timeline,
      run: run.id,
      startLsn: piece.startLsn,
      endLsn: piece.startLsn + BigInt(piece.bytes.length),
      writtenMs: clock.nowMs(),
      previousLink: run.link,
    }
    const { name, bytes, link } = sealWalPart(part, await prepared, {
      signingKey,
      repositoryId: keyMaker.repositoryId,
      dataKey,
      salt: keyMaker.random(16),
      walSegmentSize: this.#ports.cluster().walSegmentSize,
    })
    run.link = link
    const end = { run: run.id, endLsn: part.endLsn, link: toHex(link) }
    this.#lastEnd = end
    this.#progress.sent(end, { timeline, lsn: part.endLsn }, piece.bytes.length)
    // The first of a run goes alone: so a hole never lies before all that is listed of a run.
    const pace = run.fresh ? 'alone' : 'in-step'
    run.fresh = false
    const durable = regions.put('log', { name, bytes, pace }, (region) => {
      this.#progress.stored(region, end, { timeline, lsn: part.endLsn }, piece.bytes.length)
      this.#wake()
    })
    durable.catch(() => {}) // the caller of put hears it
    const { walSegmentSize } = this.#ports.cluster()
    this.#ports.merge({ part, link, plain: piece.bytes, dataKey, walSegmentSize, durable })
    return { durable }
  }

  /** The log goes on under a new key: what came before can then be destroyed apart from it. */
  changeKey(): void {
    this.#key = undefined
  }

  /** The data key now; made, and sent ahead of the first part it seals. */
  async #keyNow(): Promise<DataKey> {
    const { regions, clock, keyMaker } = this.#ports
    const nowMs = clock.nowMs()
    const hourMs = nowMs - (nowMs % KEY_PERIOD_MS)
    if (this.#key && this.#key.header.periodStartMs >= hourMs) return this.#key
    const { systemIdentifier } = this.#ports.cluster()
    // Keys follow each other in time: of two of one millisecond the older would never be destroyed.
    const again = nowMs <= this.#keyMs && this.#keyMs - nowMs < CLOCK_STEP_MS
    this.#keyMs = again ? this.#keyMs + 1 : nowMs
    const period = { purpose: 'wal', periodStartMs: this.#keyMs, systemIdentifier } as const
    const made = makeDataKey(keyMaker, period)
    regions.put('log', { name: made.name, bytes: made.bytes }).catch(() => {}) // the part tells
    this.#key = made.dataKey
    return made.dataKey
  }

  durablePosition(): WalPosition | undefined {
    return this.#progress.safe()?.position
  }

  /** Resolves once the required regions hold the position on its timeline. */
  async durable({ timeline, lsn }: WalPosition, timeoutMs: number): Promise<void> {
    const expired = new AbortController()
    const deadline = this.#ports.clock.sleep(timeoutMs, expired.signal).catch(() => {})
    let late = false
    void deadline.then(() => {
      late = true
      this.#wake()
    })
    try {
      for (;;) {
        const now = this.#progress.slowest()?.position
        if (now && (now.timeline > timeline || (now.timeline === timeline && now.lsn >= lsn))) {
          return
        }
        if (late) {
          const message = `the log up to ${formatLsn(lsn)} did not become durable in time`
          throw new FaultError('BACKUP_WAL_MISSING', message)
        }
        await new Promise<void>((resolve) => this.#durableWaiters.push(resolve))
      }
    } finally {
      expired.abort()
    }
  }

  async history(timeline: number, bytes: Uint8Array): Promise<void> {
    if (this.#ports.hasHistory(timeline, bytes)) return
    const base64 = Buffer.from(bytes).toString('base64')
    await this.#ports.enter({ type: 'history', timeline, bytes: base64 })
  }

  /** Enters in the catalogue how far the run is durable, so that it cannot vanish unseen. */
  mark(): Promise<void> {
    this.#marking ??= this.#mark().finally(() => {
      this.#marking = undefined
    })
    return this.#marking
  }

  async #mark(): Promise<void> {
    const slowest = this.#progress.slowest()
    if (!slowest?.end || slowest.parts === this.#markedParts) return
    const { parts, end } = slowest
    await this.#ports.enter({ type: 'mark', ...end })
    this.#markedParts = parts
  }

  #markNowAndThen(): void {
    const parts = this.#progress.slowest()?.parts ?? 0
    if (parts - this.#markedParts < MARK_EVERY_PARTS) return
    this.mark().catch(() => {}) // its failure fails the repository, and so the next put
  }

  /** Notes how far the log was sent on, now. @returns Says that the region has come so far. */
  join(region: Region): () => void {
    const joined = this.#progress.join(region)
    return () => {
      joined()
      this.#wake()
    }
  }

  /** What is durable of the runs since opening. */
  written(): readonly WalRange[] {
    const now = this.#progress.slowest()?.position
    return this.#begun.flatMap(({ timeline, startLsn }, at) => {
      const next = this.#begun[at + 1]
      const endLsn = next ? next.previousLsn : now?.timeline === timeline ? now.lsn : startLsn
      return endLsn > startLsn ? [{ timeline, startLsn, endLsn }] : []
    })
  }

  current(heldBytes: number, atMs: number): void {
    this.#progress.current(heldBytes, atMs)
  }

  unsafeMs(): number | undefined {
    return this.#progress.unsafeMs(this.#ports.clock.monotonicMs())
  }

  regions(): readonly RegionState[] {
    return this.#progress.states(this.#last, this.#ports.clock.monotonicMs())
  }
}

type WalPiece = { readonly startLsn: Lsn; readonly bytes: Uint8Array }

/** Copies of the bytes, none crossing the end of a segment. */
export function cutAtSegments(
  startLsn: Lsn,
  bytes: Uint8Array,
  walSegmentSize: number,
): WalPiece[] {
  const pieces: WalPiece[] = []
  for (let at = 0; at < bytes.length;) {
    const lsn = startLsn + BigInt(at)
    const room = walSegmentSize - Number(lsn % BigInt(walSegmentSize))
    const piece = bytes.slice(at, at + room)
    pieces.push({ startLsn: lsn, bytes: piece })
    at += piece.length
  }
  return pieces
}
