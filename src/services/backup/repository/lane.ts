/**
 * A lane into one region: objects go in one after the other, and a failure is tried again for ever.
 *
 * Because an object is sent only once the one before it is durable, whatever a crash leaves behind
 * is a beginning of what was sent, without a hole. Packs are free of that: nothing counts on them
 * before the entry that names them, so several travel at once; what is not free waits for them.
 *
 * @module
 */
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { ObjectStore } from '#storage/object-store.ts'

const RETRY_FIRST_MS = 100
const RETRY_MAX_MS = 10_000
/** Free objects under way at once: a far server's answer takes longer than a pack's bytes. */
const FREE_AT_ONCE = 4

export type LaneItem = {
  readonly name: string
  readonly bytes: Uint8Array
  /** May travel beside its neighbours that are free too. */
  readonly free?: boolean
}

type Waiting = LaneItem & {
  /** How many were pushed before. */
  readonly number: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  sent: boolean
}

export class RegionLane {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #closing = new AbortController()
  /** In the order of their coming; the first ones are under way. */
  readonly #queue: Waiting[] = []
  readonly #sending = new Set<Promise<void>>()
  readonly #roomWaiters: (() => void)[] = []
  #pushed = 0
  #queuedBytes = 0
  #fault: string | undefined
  #retryMs = RETRY_FIRST_MS
  #held = false
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

  /**
   * Resolves when the object is durable; if it is not free, all pushed before it are too.
   *
   * @throws {IntegrityError} As the store: the lane is then dead, and so is all that waits in it.
   * @throws {FaultError} REPOSITORY_CLOSED, or why it was dropped.
   */
  push(item: LaneItem): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const durable = new Promise<void>((resolve, reject) => {
      this.#queue.push({ ...item, number: this.#pushed++, resolve, reject, sent: false })
    })
    this.#queuedBytes += item.bytes.length
    this.#sendMore()
    return durable
  }

  /** Resolves when fewer than `bytesMax` bytes wait. */
  async room(bytesMax: number): Promise<void> {
    while (this.#ended === undefined && this.#queuedBytes > bytesMax) {
      await this.#change()
    }
  }

  /** Resolves when what waits now is durable, or was given up. */
  async settled(): Promise<void> {
    const end = this.#pushed
    while ((this.#queue[0]?.number ?? end) < end) await this.#change()
  }

  /** From now on objects wait. */
  hold(): void {
    this.#held = true
  }

  /** Objects go again. */
  release(): void {
    this.#held = false
    this.#sendMore()
  }

  /** Gives up what waits; the lane may be used again. What is under way may still arrive. */
  drop(reason: FaultError): void {
    for (const item of this.#queue.splice(0)) this.#settle(item, reason)
  }

  /** Gives up what waits, and stops. What is under way may still arrive. */
  async close(): Promise<void> {
    this.#end(new FaultError('REPOSITORY_CLOSED', 'the repository was closed'))
    await Promise.all(this.#sending)
  }

  #sendMore(): void {
    for (const item of this.#queue) {
      if (item.sent) {
        if (item.free !== true) return
        continue
      }
      const beside = item.free === true ? FREE_AT_ONCE : 1
      if (this.#held || this.#sending.size >= beside) return
      item.sent = true
      const sending = this.#send(item).finally(() => {
        this.#sending.delete(sending)
        this.#sendMore()
      })
      this.#sending.add(sending)
    }
  }

  async #send(item: Waiting): Promise<void> {
    while (this.#queue.includes(item)) {
      try {
        await this.#store.put(item.name, item.bytes)
        this.#fault = undefined
        this.#retryMs = RETRY_FIRST_MS
        this.#finish(item)
      } catch (error) {
        if (!(error instanceof FaultError)) this.#end(error)
        if (this.#ended !== undefined) return
        this.#fault = error instanceof VeiligError ? error.message : 'unknown'
        await this.#pause()
      }
    }
  }

  #finish(item: Waiting): void {
    const at = this.#queue.indexOf(item)
    if (at < 0) return // dropped or closed meanwhile
    this.#queue.splice(at, 1)
    this.#settle(item, undefined)
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

  #change(): Promise<void> {
    return new Promise((resolve) => this.#roomWaiters.push(resolve))
  }

  #settle(item: Waiting, error: unknown): void {
    this.#queuedBytes -= item.bytes.length
    if (error === undefined) item.resolve()
    else item.reject(error)
    for (const wake of this.#roomWaiters.splice(0)) wake()
  }
}
