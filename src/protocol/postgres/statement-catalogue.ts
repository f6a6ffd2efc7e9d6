/**
 * What one session's names stand for: its prepared statements, or its portals. Bounded.
 *
 * @module
 */

export type Entry<Text> = {
  readonly text: Text | undefined
  /** Sequence of the Parse (or SQL PREPARE) that brought the text; 0 when unknown. */
  readonly parsedAt: number
  readonly parameters: number
  /** For a portal: the name of its statement. */
  readonly statement?: string
  /** When it was made, in the order of the client's messages. */
  readonly order: number
  /** For a portal: what its statement's name stood for. */
  readonly source?: Entry<Text> | undefined
  /** What the owner made of its RowDescription, when the client asked for one. */
  columns?: string
  /** For a portal that stopped at its row limit. */
  suspended?: boolean
}

/**
 * Names → entries. Beyond `max` the oldest is forgotten: its statements are then recorded without
 * their text, but under their name, and the text is in the record of the Parse.
 */
export class Catalogue<Text> {
  /** The one without a name: most drivers bind it anew for every execution. */
  #unnamed: Entry<Text> | undefined
  readonly #named = new Map<string, Entry<Text>>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(name: string): Entry<Text> | undefined {
    return name === '' ? this.#unnamed : this.#named.get(name)
  }

  set(name: string, entry: Entry<Text>): void {
    if (name === '') {
      this.#unnamed = entry
      return
    }
    if (this.#named.size >= this.#max && !this.#named.has(name)) {
      for (const oldest of this.#named.keys()) {
        this.#named.delete(oldest)
        break
      }
    }
    this.#named.set(name, entry)
  }

  delete(name: string): void {
    if (name === '') this.#unnamed = undefined
    else this.#named.delete(name)
  }

  /** Puts back what a name stood for. */
  restore(name: string, before: Entry<Text> | undefined): void {
    if (before) this.set(name, before)
    else this.delete(name)
  }

  /** Forgets what was made before message `order`; what came later in the pipeline stays. */
  clearBefore(order: number): void {
    if (this.#unnamed && this.#unnamed.order < order) this.#unnamed = undefined
    if (this.#named.size === 0) return
    for (const [name, entry] of this.#named) {
      if (entry.order < order) this.#named.delete(name)
    }
  }
}
