/**
 * The writing end of a book: one process, one open segment, one promise per mode.
 *
 * Everything `append` does is synchronous: encode, chain, hand to the operating system. What takes
 * a disk's time (sync, checkpoint) runs behind it, in two loops that end when there is nothing to
 * do. The first failure of any kind ends the book for this process: after a failed sync nobody can
 * say what the disk holds.
 *
 * @module
 */
import { dirname, join } from 'node:path'
import { encodeCheckpoint } from '#crypto/checkpoint.ts'
import { MerkleTree, rootOf, type Frontier } from '#crypto/merkle.ts'
import { signNote, type NoteSigner } from '#crypto/signed-note.ts'
import { FaultError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { AppendFile, Disk } from '#system/disk.ts'
import type { AuditMode, TrailLimits } from './config.ts'
import { RecordEncoder } from './record.ts'
import { encodeHeader, originOf, segmentName, TRAILER_SIZE, CHECKPOINT_FILE } from './segment.ts'
import type { SegmentHeader } from './segment.ts'
import type { AuditEvent, AuditTrail } from './trail.ts'

/** What a writer begins with: a segment that exists, is durable, and holds only its header. */
export type WriterStart = {
  readonly disk: Disk
  readonly clock: Clock
  readonly mode: AuditMode
  readonly limits: TrailLimits
  readonly signer: NoteSigner | undefined
  /** Absolute path of the segment. */
  readonly path: string
  readonly header: SegmentHeader
  readonly headerBytes: Uint8Array
}

type Waiter = {
  readonly count: number
  readonly resolve: () => void
  readonly reject: (error: FaultError) => void
}

type OpenSegment = {
  readonly file: AppendFile
  readonly number: number
  readonly openedMs: number
  bytes: number
}

export class TrailWriter implements AuditTrail, AsyncDisposable {
  readonly #start: WriterStart
  readonly #tree: MerkleTree
  readonly #encoder: RecordEncoder
  #segment: OpenSegment
  /** Closed segments whose bytes may not be on disk yet, oldest first. */
  #leaving: OpenSegment[] = []
  /** Records appended, and of these, known to be on disk. */
  #count: number
  #durable: number
  #durableTree: Frontier
  #checkpointed: number
  #checkpointedMs = -Infinity
  #waiters: Waiter[] = []
  #syncing: Promise<void> | undefined
  #checkpointing: Promise<void> | undefined
  /** Ends the wait before a sync: somebody wants the disk to have it. */
  #hurry = new AbortController()
  #urgent = false
  /** Ends the wait before a checkpoint. */
  readonly #closing = new AbortController()
  #failure: FaultError | undefined

  constructor(start: WriterStart) {
    const { header, headerBytes } = start
    this.#start = start
    this.#tree = new MerkleTree(header.frontier)
    this.#encoder = new RecordEncoder(headerBytes.subarray(-TRAILER_SIZE))
    this.#segment = this.#open(header.segment, start.path)
    this.#segment.bytes = headerBytes.length
    this.#count = this.#durable = header.sequence
    this.#durableTree = header.frontier
    this.#checkpointed = -1 // one at once: whoever opens a book vouches for what is there
    if (this.#count > 0) this.#wantCheckpoint()
  }

  append(events: readonly AuditEvent[]): Promise<void> | undefined {
    if (this.#failure) throw this.#failure
    if (events.length === 0) return undefined
    this.#rotateWhenDue()
    const first = {
      sequence: this.#count,
      timeMs: Math.max(0, Math.trunc(this.#start.clock.nowMs())),
      durable: this.#durable,
    }
    this.#encoder.encode(events, first, (bytes, at) => this.#tree.append(bytes, at))
    this.#count += events.length
    const { mode, limits } = this.#start
    if (mode !== 'relaxed' || this.#encoder.size >= limits.relaxedBytesMax) this.#handOver()
    if (mode === 'durable') return this.flush()
    this.#wantSync()
    return undefined
  }

  async flush(): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#durable === this.#count) return
    const count = this.#count
    const done = new Promise<void>((resolve, reject) => {
      this.#waiters.push({ count, resolve, reject })
    })
    this.#urgent = true
    this.#hurry.abort()
    this.#wantSync()
    await done
  }

  /** Resolves once the checkpoint under way is written. @throws {FaultError} AUDIT_WRITE_FAILED. */
  async signed(): Promise<void> {
    await this.#checkpointing
    if (this.#failure) throw this.#failure
  }

  /** Finishes what was appended, signs it, and closes. @throws {FaultError} AUDIT_WRITE_FAILED. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    try {
      this.append([{ code: 'AUDIT_BOOK_CLOSED', detail: {} }])?.catch(() => {}) // flush tells
      await this.flush()
    } finally {
      this.#closing.abort()
      this.#hurry.abort()
      await this.#syncing
      await this.#checkpointing
      for (const { file } of [...this.#leaving, this.#segment]) file[Symbol.dispose]()
      this.#failure ??= new FaultError('AUDIT_WRITE_FAILED', 'the audit book is closed')
    }
    if (this.#failure.cause !== undefined) throw this.#failure
  }

  #open(number: number, path: string): OpenSegment {
    const file = this.#start.disk.openAppend(path)
    return { file, number, openedMs: this.#start.clock.monotonicMs(), bytes: 0 }
  }

  #rotateWhenDue(): void {
    const { bytes, openedMs } = this.#segment
    const { segmentBytesMax, segmentAgeMs } = this.#start.limits
    const ageMs = this.#start.clock.monotonicMs() - openedMs
    if (bytes + this.#encoder.size >= segmentBytesMax || ageMs >= segmentAgeMs) this.#rotate()
  }

  #rotate(): void {
    this.#handOver()
    const old = this.#segment
    const number = old.number + 1
    const header = {
      ...this.#start.header,
      createdMs: Math.trunc(this.#start.clock.nowMs()),
      cut: undefined,
      durable: this.#durable,
      frontier: this.#tree.frontier(),
      previous: {
        segment: old.number,
        bytes: old.bytes,
        hash: Buffer.from(this.#encoder.hash).toString('hex'),
      },
      segment: number,
      sequence: this.#count,
    }
    const bytes = encodeHeader(header)
    try {
      this.#segment = this.#open(number, join(dirname(this.#start.path), segmentName(number)))
      this.#leaving.push(old)
      this.#segment.file.append(bytes)
    } catch (error) {
      throw this.#fail(error)
    }
    this.#segment.bytes = bytes.length
    this.#encoder.follow(bytes.subarray(-TRAILER_SIZE))
  }

  /** Gives the encoded records to the operating system. */
  #handOver(): void {
    const { size } = this.#encoder
    if (size === 0) return
    try {
      this.#encoder.take((bytes) => this.#segment.file.append(bytes))
    } catch (error) {
      throw this.#fail(error)
    }
    this.#segment.bytes += size
  }

  #wantSync(): void {
    if (this.#durable < this.#count) this.#syncing ??= this.#syncLoop()
  }

  async #syncLoop(): Promise<void> {
    try {
      while (this.#durable < this.#count && !this.#failure) {
        await this.#delay()
        this.#urgent = false
        this.#handOver()
        await this.#sync()
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#syncing = undefined // in the same turn as the check above: no append falls between
    }
  }

  /** Waits as the mode allows, unless somebody waits for the disk. */
  async #delay(): Promise<void> {
    const { mode, limits, clock } = this.#start
    if (mode === 'durable' || this.#urgent) return
    this.#hurry = new AbortController()
    await sleep(clock, mode === 'written' ? limits.syncDelayMs : limits.relaxedDelayMs, this.#hurry)
  }

  async #sync(): Promise<void> {
    const count = this.#count // before the wait: appends during it are not covered
    const tree = this.#tree.frontier()
    const current = this.#segment
    const leaving = this.#leaving.slice()
    for (const { file } of leaving) await file.sync() // in order: no record before those it follows
    await current.file.sync()
    for (const { file } of leaving) file[Symbol.dispose]()
    this.#leaving = this.#leaving.filter((segment) => !leaving.includes(segment))
    this.#durable = count
    this.#durableTree = tree
    const done = this.#waiters.filter((waiter) => waiter.count <= count)
    this.#waiters = this.#waiters.filter((waiter) => waiter.count > count)
    for (const waiter of done) waiter.resolve()
    this.#wantCheckpoint()
  }

  #wantCheckpoint(): void {
    const { signer } = this.#start
    if (signer && this.#checkpointed < this.#durable)
      this.#checkpointing ??= this.#checkpointLoop(signer)
  }

  async #checkpointLoop(signer: NoteSigner): Promise<void> {
    const { clock, disk, limits, header, path } = this.#start
    const name = join(dirname(path), CHECKPOINT_FILE)
    try {
      while (this.#checkpointed < this.#durable && !this.#failure) {
        const dueMs = this.#checkpointedMs + limits.checkpointIntervalMs
        const waitMs = Math.max(0, dueMs - clock.monotonicMs())
        if (waitMs > 0) await sleep(clock, waitMs, this.#closing)
        this.#checkpointedMs = clock.monotonicMs()
        const tree = this.#durableTree
        const text = encodeCheckpoint({
          origin: originOf(header),
          size: tree.size,
          root: rootOf(tree),
        })
        await disk.replace(name, Buffer.from(signNote(text, [signer])))
        this.#checkpointed = tree.size
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#checkpointing = undefined
    }
  }

  #fail(error: unknown): FaultError {
    if (this.#failure) return this.#failure
    const reason = error instanceof Error ? error.message : String(error)
    const message = `the audit book can be written no longer; restart the service (${reason})`
    this.#failure = new FaultError('AUDIT_WRITE_FAILED', message, { cause: error })
    for (const waiter of this.#waiters.splice(0)) waiter.reject(this.#failure)
    return this.#failure
  }
}

async function sleep(clock: Clock, ms: number, until: AbortController): Promise<void> {
  try {
    await clock.sleep(ms, until.signal)
  } catch (error) {
    if (!until.signal.aborted) throw error
  }
}
