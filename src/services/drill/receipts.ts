/**
 * Receipts as they are kept: named by time, opened once, remembered.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { isNoReceipt, openReceipt, signReceipt } from '#crypto/receipt.ts'
import type { Receipt, ReceiptKey } from '#crypto/receipt.ts'
import type { ReceiptPlaces } from './ports.ts'

export class ReceiptBook {
  readonly #places: ReceiptPlaces
  readonly #key: () => Promise<KeyObject>
  #receipts: Receipt[] = []

  private constructor(places: ReceiptPlaces, key: () => Promise<KeyObject>) {
    this.#places = places
    this.#key = key
  }

  /**
   * Reads all that were kept; what was signed by none of the keys is left out.
   *
   * @param key The one that signs, asked for each time.
   */
  static async open(
    places: ReceiptPlaces,
    key: () => Promise<KeyObject>,
    keys: readonly ReceiptKey[],
  ): Promise<ReceiptBook> {
    const book = new ReceiptBook(places, key)
    for await (const { bytes } of places.all()) {
      try {
        book.#receipts.push(openReceipt(bytes, keys))
      } catch (error) {
        if (!isNoReceipt(error)) throw error
      }
    }
    book.#receipts.sort((a, b) => a.endedMs - b.endedMs)
    return book
  }

  /** Oldest first. */
  get all(): readonly Receipt[] {
    return this.#receipts
  }

  /** Signs, keeps beside us durably, then gives it to every region that answers. */
  async add(receipt: Receipt): Promise<void> {
    await this.#places.keep(receiptName(receipt), signReceipt(receipt, await this.#key()))
    this.#receipts = [...this.#receipts, receipt]
    await this.#places.spread()
  }

  spread(): Promise<void> {
    return this.#places.spread()
  }
}

/** `20261123t051500123z-drill`: sorts as time runs, and no two of a process end at once. */
function receiptName({ kind, endedMs }: Receipt): string {
  const time = new Date(endedMs).toISOString().replace(/[-:.]/g, '').toLowerCase()
  return `${time}-${kind}`
}
