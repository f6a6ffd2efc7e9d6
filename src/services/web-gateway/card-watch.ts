/**
 * Looks for card numbers in the bodies of one exchange, both ways, without keeping or holding
 * back anything: what it sees is told, never shown.
 *
 * @module
 */
import { createGunzip, type Gunzip } from 'node:zlib'
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

/** How a body is to be read; `opaque` is not read at all. */
export type Packing = 'plain' | 'gzip' | 'opaque'

/** @param headers Of the message; names in lower case. */
export function packingOf(headers: FlatHeaders): Packing {
  let packing: Packing = 'plain'
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!
    const value = headers[at + 1]!
    if (name === 'content-type' && opaque.test(value)) return 'opaque'
    if (name !== 'content-encoding' || /^identity$/i.test(value)) continue
    if (!/^(?:x-)?gzip$/i.test(value)) return 'opaque'
    packing = 'gzip'
  }
  return packing
}

/** The look at one body. Made when its first bytes come, so that a message without pays nothing. */
export class CardWatch {
  readonly #look: CardLook
  #room = SCANNED_MAX
  #isTold = false
  readonly #unpacked: Gunzip | undefined

  constructor(place: CardPlace, onCard: OnCard, packing: Exclude<Packing, 'opaque'> = 'plain') {
    this.#look = new CardLook((sighting) => {
      if (this.#isTold) return
      this.#isTold = true
      onCard(sighting, place)
    })
    this.#unpacked = packing === 'gzip' ? this.#unpack() : undefined
  }

  push(content: Buffer): void {
    if (this.#room <= 0 || this.#isTold || this.#unpacked?.destroyed === true) return
    const piece = content.length > this.#room ? content.subarray(0, this.#room) : content
    this.#room -= piece.length
    if (this.#unpacked) this.#unpacked.write(piece)
    else this.#look.push(piece)
  }

  /** The body is over. */
  end(): void {
    if (this.#unpacked) this.#unpacked.end()
    else this.#look.end()
  }

  /** Aside, in a thread of zlib: the body itself goes on as it is. A bomb ends after a mebibyte. */
  #unpack(): Gunzip {
    const gunzip = createGunzip()
    let room = SCANNED_MAX
    gunzip.on('data', (piece: Buffer) => {
      room -= piece.length
      this.#look.push(piece)
      if (room <= 0 || this.#isTold) gunzip.destroy()
    })
    gunzip.on('end', () => this.#look.end())
    gunzip.on('error', () => gunzip.destroy()) // not gzip, or cut: its reader will say so
    return gunzip
  }
}
