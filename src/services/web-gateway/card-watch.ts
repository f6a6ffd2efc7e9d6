/**
 * Looks for card numbers in the bodies of one exchange, both ways, without keeping or holding
 * back anything: what it sees is told, never shown.
 *
 * @module
 */
import { CARRY_MAX, mayHoldCard } from '#lib/cards/prefilter.ts'
import { CardScanner, type CardSighting } from '#lib/cards/scanner.ts'
import type { ResponseHead } from '#protocol/http/head.ts'

export type Where = 'request' | 'response'

/** Told of each sighting, at most once for each body. */
export type OnCard = (sighting: CardSighting, where: Where, host: string) => void

/** Looked at of each body: forms and pages are shorter, and a download need not be slower. */
export const SCANNED_MAX: number = 1024 * 1024

/** Kinds of content that are no text. */
const opaque = /^(?:image\/(?!svg)|font\/|audio\/|video\/)/

/** `carry` is the end of what came, since a number may be cut by the next piece. */
type Side = { carry: string; bytes: number; isTold: boolean }

export class CardWatch {
  readonly #host: string
  readonly #onCard: OnCard
  readonly #sides: Partial<Record<Where, Side>> = {}
  #responseIsOpaque = false

  constructor(host: string, onCard: OnCard) {
    this.#host = host
    this.#onCard = onCard
  }

  /** Compressed and binary content is passed over: there is no text to read. */
  onResponseHead(head: ResponseHead): void {
    const valueOf = (name: string): string => {
      const at = head.headers.findIndex(
        (field, index) => index % 2 === 0 && field.toLowerCase() === name,
      )
      return at < 0 ? '' : (head.headers[at + 1] ?? '').trim().toLowerCase()
    }
    this.#responseIsOpaque = opaque.test(valueOf('content-type'))
  }

  look(where: Where, content: Uint8Array): void {
    if (where === 'response' && this.#responseIsOpaque) return
    const side = (this.#sides[where] ??= { carry: '', bytes: 0, isTold: false })
    const room = SCANNED_MAX - side.bytes
    if (room <= 0 || side.isTold) return
    const piece = content.length > room ? content.subarray(0, room) : content
    side.bytes += piece.length
    const text = side.carry + Buffer.from(piece).toString('latin1')
    if (mayHoldCard(text)) this.#scan(side, where, text, false)
    side.carry = text.slice(-CARRY_MAX)
  }

  /** Both bodies are over. */
  end(): void {
    for (const where of ['request', 'response'] as const) {
      const side = this.#sides[where]
      if (side && mayHoldCard(side.carry)) this.#scan(side, where, side.carry, true)
    }
  }

  /** @param isEnd Whether a number that ends with the text ends there; else more may follow. */
  #scan(side: Side, where: Where, text: string, isEnd: boolean): void {
    const scanner = new CardScanner((sighting) => {
      if (side.isTold) return
      side.isTold = true
      this.#onCard(sighting, where, this.#host)
    })
    scanner.push(Buffer.from(text, 'latin1'))
    if (isEnd) scanner.end()
  }
}
