/**
 * One run of WAL: what has come, what is safe, what PostgreSQL may be told. Pure. Its times are of
 * the monotonic clock: the machine's may be set at any moment.
 *
 * WAL is cut into parts: a part is sent on when it is full, or when its first byte has waited long
 * enough. What PostgreSQL is told is never more than what every required region holds.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { ProtocolError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import { encodeStandbyStatus } from '#protocol/postgres/replication/standby-status.ts'
import type { WalMessage } from '#protocol/postgres/replication/wal-stream.ts'
import type { WalBytes, WalPosition } from '../repository/repository.ts'

/** Kept of what came: a few records, each with its checksum, its transaction, its predecessor. */
const TAIL_BYTES = 512

export type SessionTail = {
  /** One past them. */
  readonly endLsn: Lsn
  /** A copy; at least one. */
  readonly bytes: Uint8Array
}

export class WalSession {
  readonly #timeline: number
  readonly #partMaxBytes: number
  #receivedLsn: Lsn
  #durableLsn: Lsn
  #serverEndLsn: Lsn
  #currentMs: number | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  #heldSinceMs = 0
  #tail: SessionTail | undefined

  /**
   * @param options.serverEndLsn Where the server was when the run began.
   * @param options.partMaxBytes At most 1 MiB.
   * @param options.durableLsn What is safe of it already; 0 when that is not known.
   */
  constructor(options: {
    readonly at: WalPosition
    readonly durableLsn: Lsn
    readonly serverEndLsn: Lsn
    readonly partMaxBytes: number
  }) {
    this.#timeline = options.at.timeline
    this.#receivedLsn = options.at.lsn
    this.#durableLsn = options.durableLsn
    this.#serverEndLsn = options.serverEndLsn
    this.#partMaxBytes = options.partMaxBytes
  }

  get receivedLsn(): Lsn {
    return this.#receivedLsn
  }

  /** The last bytes that came and say something; undefined before the first. */
  get tail(): SessionTail | undefined {
    return this.#tail
  }

  get durableLsn(): Lsn {
    return this.#durableLsn
  }

  get serverEndLsn(): Lsn {
    return this.#serverEndLsn
  }

  /** Bytes of the part begun. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * When we last knew that we had all the server has; undefined before the first time. An idle
   * server confirms it by its keepalives, so that silence never passes for freshness.
   */
  get currentMs(): number | undefined {
    return this.#currentMs
  }

  /**
   * Takes a message in.
   *
   * @param askedMs When the server was asked where it is, if nothing has waited with us since: a
   *   sign of life says no more than that we were current then.
   * @returns Full parts, in order, to be stored.
   * @throws {ProtocolError} WAL_NOT_CONTIGUOUS when the server skips or repeats a byte.
   */
  take(message: WalMessage, atMs: number, askedMs: number | undefined): readonly WalBytes[] {
    if (message.serverEndLsn > this.#serverEndLsn) this.#serverEndLsn = message.serverEndLsn
    const parts = message.kind === 'wal' ? this.#append(message, atMs) : []
    if (askedMs !== undefined && this.#receivedLsn >= this.#serverEndLsn) {
      this.#currentMs = Math.max(askedMs, this.#currentMs ?? askedMs)
    }
    return parts
  }

  #append(message: Extract<WalMessage, { kind: 'wal' }>, atMs: number): readonly WalBytes[] {
    if (message.startLsn !== this.#receivedLsn) {
      const wanted = formatLsn(this.#receivedLsn)
      const came = formatLsn(message.startLsn)
      throw new ProtocolError('WAL_NOT_CONTIGUOUS', `WAL at ${came} came after ${wanted}`)
    }
    const parts: WalBytes[] = []
    this.#keepTail(message.startLsn, message.bytes)
    let rest = message.bytes
    while (rest.length > 0) {
      if (this.#heldBytes === 0) this.#heldSinceMs = atMs
      const taken = rest.subarray(0, this.#partMaxBytes - this.#heldBytes)
      this.#held.push(taken)
      this.#heldBytes += taken.length
      this.#receivedLsn += BigInt(taken.length)
      rest = rest.subarray(taken.length)
      if (this.#heldBytes === this.#partMaxBytes) parts.push(...this.cut())
    }
    return parts
  }

  /** What a segment is filled up with when it is ended early says nothing, and is passed over. */
  #keepTail(startLsn: Lsn, bytes: Uint8Array): void {
    let size = bytes.length
    while (size > 0 && bytes[size - 1] === 0) size--
    if (size === 0) return
    const { endLsn, bytes: before } = this.#tail ?? { endLsn: -1n, bytes: new Uint8Array(0) }
    const own = bytes.subarray(Math.max(0, size - TAIL_BYTES), size)
    const room = endLsn === startLsn ? TAIL_BYTES - own.length : 0
    const kept = room === 0 ? own.slice() : Buffer.concat([before.slice(-room), own])
    this.#tail = { endLsn: startLsn + BigInt(size), bytes: kept }
  }

  /** When the part begun must be sent on, or undefined when there is none. */
  cutDueMs(partMs: number): number | undefined {
    return this.#heldBytes === 0 ? undefined : this.#heldSinceMs + partMs
  }

  /** The part begun, as it is: one, or none. */
  cut(): readonly WalBytes[] {
    if (this.#heldBytes === 0) return []
    const bytes = Buffer.concat(this.#held)
    const startLsn = this.#receivedLsn - BigInt(bytes.length)
    this.#held = []
    this.#heldBytes = 0
    return [{ timeline: this.#timeline, startLsn, bytes }]
  }

  /** The regions' word. Another timeline's, or an older one, changes nothing. */
  safe(position: WalPosition | undefined): void {
    if (position?.timeline !== this.#timeline) return
    if (position.lsn > this.#durableLsn) this.#durableLsn = position.lsn
  }

  /**
   * What PostgreSQL is told: how far we are. What merely came is not told as written: a commit may
   * wait for that word (`synchronous_commit = remote_write`), and memory is no place for it.
   *
   * @param nowMs Since the Unix epoch.
   * @param replyRequested Whether it shall say how far it is, at once.
   * @throws {AssertionError} When more was promised than has come: a bug.
   */
  status(nowMs: number, replyRequested: boolean): Uint8Array {
    assert(this.#durableLsn <= this.#receivedLsn)
    return encodeStandbyStatus({
      receivedLsn: this.#durableLsn,
      durableLsn: this.#durableLsn,
      nowMs: BigInt(Math.trunc(nowMs)),
      replyRequested,
    })
  }
}
