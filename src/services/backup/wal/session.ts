/**
 * One run of WAL: what has come, what is safe, what PostgreSQL may be told. Pure.
 *
 * WAL is cut into parts: a part is sent on when it is full, or when its first byte has waited long
 * enough. What PostgreSQL is told is never more than what every required region holds.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import { encodeStandbyStatus } from '#protocol/postgres/replication/standby-status.ts'
import type { WalMessage } from '#protocol/postgres/replication/wal-stream.ts'
import type { WalBytes, WalPosition } from '../repository/repository.ts'

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

  /**
   * @param options.serverEndLsn Where the server was when the run began.
   * @param options.partMaxBytes At most 1 MiB.
   */
  constructor(options: {
    readonly at: WalPosition
    readonly serverEndLsn: Lsn
    readonly partMaxBytes: number
  }) {
    this.#timeline = options.at.timeline
    this.#receivedLsn = this.#durableLsn = options.at.lsn
    this.#serverEndLsn = options.serverEndLsn
    this.#partMaxBytes = options.partMaxBytes
  }

  get receivedLsn(): Lsn {
    return this.#receivedLsn
  }

  get durableLsn(): Lsn {
    return this.#durableLsn
  }

  get serverEndLsn(): Lsn {
    return this.#serverEndLsn
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
   * @returns Full parts, in order, to be stored.
   * @throws {ProtocolError} WAL_NOT_CONTIGUOUS when the server skips or repeats a byte.
   */
  take(message: WalMessage, nowMs: number): readonly WalBytes[] {
    if (message.serverEndLsn > this.#serverEndLsn) this.#serverEndLsn = message.serverEndLsn
    const parts = message.kind === 'wal' ? this.#append(message, nowMs) : []
    if (this.#receivedLsn >= this.#serverEndLsn) this.#currentMs = nowMs
    return parts
  }

  #append(message: Extract<WalMessage, { kind: 'wal' }>, nowMs: number): readonly WalBytes[] {
    if (message.startLsn !== this.#receivedLsn) {
      const wanted = formatLsn(this.#receivedLsn)
      const came = formatLsn(message.startLsn)
      throw new ProtocolError('WAL_NOT_CONTIGUOUS', `WAL at ${came} came after ${wanted}`)
    }
    const parts: WalBytes[] = []
    let rest = message.bytes
    while (rest.length > 0) {
      if (this.#heldBytes === 0) this.#heldSinceMs = nowMs
      const taken = rest.subarray(0, this.#partMaxBytes - this.#heldBytes)
      this.#held.push(taken)
      this.#heldBytes += taken.length
      this.#receivedLsn += BigInt(taken.length)
      rest = rest.subarray(taken.length)
      if (this.#heldBytes === this.#partMaxBytes) parts.push(...this.cut())
    }
    return parts
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
   * What PostgreSQL is told: how far we are.
   *
   * @param replyRequested Whether it shall say how far it is, at once.
   * @throws {AssertionError} When more was promised than has come: a bug.
   */
  status(nowMs: number, replyRequested: boolean): Uint8Array {
    return encodeStandbyStatus({
      receivedLsn: this.#receivedLsn,
      durableLsn: this.#durableLsn,
      nowMs: BigInt(Math.trunc(nowMs)),
      replyRequested,
    })
  }
}
