/**
 * A lane into one region: objects are called durable in the order in which they came, and a failure
 * is tried again for ever.
 *
 * An object that goes alone is sent once all before it are durable, and all after it wait: whatever
 * a crash leaves behind is then a beginning of what was sent, without a hole. Parts of the log go
 * in step: a few at once, for a disk's sync or a far server's answer takes longer than their bytes,
 * but never further ahead of the first that is not durable than `IN_STEP_MAX`; so a hole has few
 * parts behind it, and whoever reads knows them (wal-listing.ts). Packs are free: nothing counts on
 * them before the entry that names them.
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
/**
 * Objects in step, from the first that is not durable to the last that may be sent. A repository's
 * readers count on it (docs/formats/repository.md §9.2): it may become less, never more.
 */
export const IN_STEP_MAX = 16

export type Pace = 'alone' | 'in-step' | 'free'

export type LaneItem = {
  readonly name: string
  readonly bytes: Uint8Array
  /** Beside whom it may travel: nobody (the default), or neighbours of its own pace. */
  readonly pace?: Pace
}

const NEW = { sent: false, stored: false }

type Waiting = LaneItem & {
  /** How many were pushed before. */
  readonly number: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
  sent: boolean
  /** In the region; called durable when all before it are too, unless it is free. */
  stored: boolean
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
  readonly #failing = new Set<Waiting>()
  /** Aborted at each success. */
  #anew = new AbortController()
  #held = false
  #ended: unknown

  constructor(store: ObjectStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Why the last attempt failed; undefined once all that failed has succeeded. */
  get fault(): string | undefined {
    return this.#fault
  }

  /**
   * Resolves when the object is durable; if it is not free, all pushed before it are too, and it
   * resolves after them.
   *
   * @throws {IntegrityError} As the store: the lane is then dead, and so is all that waits in it.
   * @throws {FaultError} REPOSITORY_CLOSED, or why it was dropped.
   */
  push(item: LaneItem): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    const durable = new Promise<void>((resolve, reject) => {
      this.#queue.push({ ...item, number: this.#pushed++, resolve, reject, ...NEW })
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
    this.#failing.clear()
  }

  /** Gives up what waits, and stops. What is under way may still arrive. */
  async close(): Promise<void> {
    this.#end(new FaultError('REPOSITORY_CLOSED', 'the repository was closed'))
    await Promise.all(this.#sending)
  }

  #sendMore(): void {
    for (const [at, item] of this.#queue.entries()) {
      if (item.sent) continue
      if (this.#held || !this.#mayGo(item, at)) return
      item.sent = true
      const sending = this.#send(item).finally(() => {
        this.#sending.delete(sending)
        this.#sendMore()
      })
      this.#sending.add(sending)
    }
  }

  /** @param at How many before it are not done with. */
  #mayGo({ pace = 'alone' }: Waiting, at: number): boolean {
    if (at === 0) return this.#sending.size === 0 // what was dropped may be under way still
    const before = this.#queue[at - 1]?.pace ?? 'alone'
    if (pace === 'alone' || before !== pace) return false
    return pace === 'free' ? this.#sending.size < FREE_AT_ONCE : at < IN_STEP_MAX
  }

  async #send(item: Waiting): Promise<void> {
    let waitMs = RETRY_FIRST_MS
    while (!item.stored && this.#queue.includes(item)) {
      try {
        await this.#store.put(item.name, item.bytes)
        this.#answered(item)
        this.#finish(item)
      } catch (error) {
        if (!(error instanceof FaultError)) this.#end(error)
        if (this.#ended !== undefined) return
        this.#fault = error instanceof VeiligError ? error.message : 'unknown'
        this.#failing.add(item)
        if (await this.#pause(waitMs)) waitMs = RETRY_FIRST_MS
        else waitMs = Math.min(RETRY_MAX_MS, waitMs * 2)
      }
    }
    this.#failing.delete(item)
  }

  /** The region takes objects: what failed beside this one is tried again soon. */
  #answered(item: Waiting): void {
    this.#failing.delete(item)
    if (this.#failing.size === 0) this.#fault = undefined
    this.#anew.abort()
    this.#anew = new AbortController()
  }

  #finish(item: Waiting): void {
    const at = this.#queue.indexOf(item)
    if (at < 0) return // dropped or closed meanwhile
    item.stored = true
    if (item.pace === 'free') {
      this.#queue.splice(at, 1)
      return this.#settle(item, undefined)
    }
    while (this.#queue[0]?.stored) this.#settle(this.#queue.shift()!, undefined)
  }

  /** @returns Whether the region has answered meanwhile: then the wait was short. */
  async #pause(waitMs: number): Promise<boolean> {
    const { signal } = this.#anew
    const closing = this.#closing.signal
    await this.#clock.sleep(RETRY_FIRST_MS, closing).catch(() => {})
    const restMs = waitMs - RETRY_FIRST_MS
    if (restMs > 0 && !signal.aborted && !closing.aborted) {
      await this.#clock.sleep(restMs, AbortSignal.any([closing, signal])).catch(() => {})
    }
    return signal.aborted
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
