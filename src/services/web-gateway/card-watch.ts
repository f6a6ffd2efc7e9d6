/**
 * Looks for card numbers in the bodies of one exchange, both ways, without keeping or holding
 * back anything: what it sees is told, never shown.
 *
 * @module
 */
import { CardLook } from '#lib/cards/look.ts'
import type { CardSighting } from '#lib/cards/scanner.ts'
import type { FlatHeaders } from '#protocol/http/head.ts'

export type Where = 'request' | 'response'

/** Told of each sighting, at most once for each body. */
export type OnCard = (sighting: CardSighting, place: CardPlace) => void

export type CardPlace = {
  readonly where: Where
  readonly host: string
  /** What the prober sent, to see that it is noticed. */
  readonly isDrill: boolean
}

/** Looked at of each body: forms and pages are shorter, and a download need not be slower. */
export const SCANNED_MAX: number = 1024 * 1024

/** Content without text to read: pictures, sound, and what is compressed within. */
const opaque =
  /^(?:image\/(?!svg)|font\/|audio\/|video\/|application\/(?:wasm|pdf|zip|gzip|zstd|x-gzip|x-7z))/i

/** @param headers Of the message; names in lower case. */
export function isOpaque(headers: FlatHeaders): boolean {
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!
    const value = headers[at + 1]!
    if (name === 'content-type' && opaque.test(value)) return true
    if (name === 'content-encoding' && value.toLowerCase() !== 'identity') return true
  }
  return false
}

/** The look at one body. Made when its first bytes come, so that a message without pays nothing. */
export class CardWatch {
  readonly #look: CardLook
  #room = SCANNED_MAX
  #isTold = false

  constructor(place: CardPlace, onCard: OnCard) {
    this.#look = new CardLook((sighting) => {
      if (this.#isTold) return
      this.#isTold = true
      onCard(sighting, place)
    })
  }

  push(content: Buffer): void {
    if (this.#room <= 0 || this.#isTold) return
    const piece = content.length > this.#room ? content.subarray(0, this.#room) : content
    this.#room -= piece.length
    this.#look.push(piece)
  }

  /** The body is over. */
  end(): void {
    this.#look.end()
  }
}
