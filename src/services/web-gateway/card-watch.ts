/**
 * Looks for card numbers in the bodies of one exchange, both ways, without keeping or holding
 * back anything: what it sees is told, never shown.
 *
 * @module
 */
import { CardScanner, type CardSighting } from '#lib/cards/scanner.ts'
import type { ResponseHead } from '#protocol/http/head.ts'

export type Where = 'request' | 'response'

/** Told of each sighting, at most once for each body. */
export type OnCard = (sighting: CardSighting, where: Where, host: string) => void

/** Looked at of each body: forms and pages are shorter, and a download need not be slower. */
export const SCANNED_MAX: number = 1024 * 1024

/** Kinds of content that are no text. */
const opaque = /^(?:image\/(?!svg)|font\/|audio\/|video\/)/

type Side = { readonly scanner: CardScanner; bytes: number; isTold: boolean }

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
    const side = (this.#sides[where] ??= this.#open(where))
    const room = SCANNED_MAX - side.bytes
    if (room <= 0 || side.isTold) return
    side.bytes += content.length
    side.scanner.push(content.length > room ? content.subarray(0, room) : content)
  }

  /** Both bodies are over. */
  end(): void {
    this.#sides.request?.scanner.end()
    this.#sides.response?.scanner.end()
  }

  #open(where: Where): Side {
    const side: Side = {
      scanner: new CardScanner((sighting) => {
        if (side.isTold) return
        side.isTold = true
        this.#onCard(sighting, where, this.#host)
      }),
      bytes: 0,
      isTold: false,
    }
    return side
  }
}
