/**
 * A lane into one region: objects go in one after the other, and a failure is tried again for ever.
 *
 * Because an object is sent only once the one before it is durable, whatever a crash leaves behind
 * is a beginning of what was sent, without a hole.
 *
 * @module
 */
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { ObjectStore } from '#storage/object-store.ts'

const RETRY_FIRST_MS = 100
const RETRY_MAX_MS = 10_000

export type LaneItem = { readonly name: string; readonly bytes: Uint8Array }

type Waiting = LaneItem & {
  readonly queuedAtMs: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export class RegionLane {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #closing = new AbortController()
  readonly #queue: Waiting[] = []
  readonly #roomWaiters: (() => void)[] = []
  #queuedBytes = 0
  #working: Promise<void> | undefined
  #fault: string | undefined
  #retryMs = RETRY_FIRST_MS
  #ended: unknown

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Why the last attempt failed; undefined after a success. */
  get fault(): string | undefined {
    return this.#fault
  }

  /** When the oldest object that is not yet durable was pushed, on the monotonic clock. */
  get oldestAtMs(): number | undefined {
    return this.#queue[0]?.queuedAtMs
  }

  /**
   * Resolves when the object, and all pushed before it, are durable.
   *
   * @throws {IntegrityError} As the store: the lane is then dead, and so is all that waits in it.
   * @throws {FaultError} REPOSITORY_CLOSED.
   */
  push(item: LaneItem): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const durable = new Promise<void>((resolve, reject) => {
      this.#queue.push({ ...item, queuedAtMs: this.#clock.monotonicMs(), resolve, reject })
    })
    this.#queuedBytes += item.bytes.length
    this.#working ??= this.#work()
    return durable
  }

  /** Resolves when fewer than `bytesMax` bytes wait. */
  async room(bytesMax: number): Promise<void> {
    while (this.#ended === undefined && this.#queuedBytes > bytesMax) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    }
  }

  /** Gives up what waits; the lane may be used again. */
  drop(reason: FaultError): void {
    for (const item of this.#queue.splice(1)) this.#settle(item, reason) // the first is under way
  }

  /** Gives up what waits, and stops. The object under way may still arrive. */
  async close(): Promise<void> {
    this.#end(new FaultError('REPOSITORY_CLOSED', 'the repository was closed'))
    await this.#working
  }

  async #work(): Promise<void> {
    for (let item = this.#queue[0]; item; item = this.#queue[0]) {
      try {
        await this.#store.put(item.name, item.bytes)
        this.#fault = undefined
        this.#retryMs = RETRY_FIRST_MS
        if (this.#queue[0] !== item) break // closed meanwhile
        this.#queue.shift()
        this.#settle(item, undefined)
      } catch (error) {
        if (!(error instanceof FaultError)) this.#end(error)
        if (this.#ended !== undefined) break
        this.#fault = error instanceof VeiligError ? error.message : 'unknown'
        await this.#pause()
      }
    }
    this.#working = undefined
  }

  async #pause(): Promise<void> {
    const waitMs = this.#retryMs
    this.#retryMs = Math.min(RETRY_MAX_MS, waitMs * 2)
    await this.#clock.sleep(waitMs, this.#closing.signal).catch(() => {})
  }

  #end(error: unknown): void {
    this.#ended ??= error
    this.#closing.abort()
    for (const item of this.#queue.splice(0)) this.#settle(item, this.#ended)
  }

  #settle(item: Waiting, error: unknown): void {
    this.#queuedBytes -= item.bytes.length
    if (error === undefined) item.resolve()
    else item.reject(error)
    for (const wake of this.#roomWaiters.splice(0)) wake()
  }
}
