/**
 * A bounded memory of records by key, which an attacker cannot cheaply make us forget.
 *
 * @module
 */

export interface Forgettable {
  /** How much was spent to make this record; the lighter goes first. */
  readonly weight: number
  isForgotten(nowMs: number): boolean
}

/** How many of the oldest records compete when one must go. */
const CANDIDATES = 64

/**
 * When full, the lightest of the oldest records goes. To push out a record of a hundred failures,
 * an attacker must first make as many others of as many failures each, and pay for them in waits.
 */
export class Remembered<Item extends Forgettable> {
  readonly #items = new Map<string, Item>()
  readonly #sizeMax: number
  readonly #create: () => Item

  constructor(sizeMax: number, create: () => Item) {
    this.#sizeMax = sizeMax
    this.#create = create
  }

  get size(): number {
    return this.#items.size
  }

  /** All records, the least lately used first. */
  [Symbol.iterator](): Iterator<[string, Item]> {
    return this.#items.entries()
  }

  /** The record of this key, made when there is none. */
  get(key: string, nowMs: number): Item {
    const item = this.#items.get(key) ?? this.#create()
    this.#items.delete(key) // and in again at the end: the order is the order of use
    if (this.#items.size >= this.#sizeMax) this.#makeRoom(nowMs)
    this.#items.set(key, item)
    return item
  }

  #makeRoom(nowMs: number): void {
    let lightest: string | undefined
    let least = Infinity
    let seen = 0
    for (const [key, item] of this.#items) {
      if (item.isForgotten(nowMs)) {
        this.#items.delete(key)
        return
      }
      if (item.weight < least) [lightest, least] = [key, item.weight]
      if (++seen === CANDIDATES) break
    }
    if (lightest !== undefined) this.#items.delete(lightest)
  }
}
