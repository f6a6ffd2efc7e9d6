/**
 * Looks at the checksum of every page that is read, as the server does within BASE_BACKUP: a page
 * that seems wrong may have been torn by a write at that moment, so it is read once more; one that
 * changed since the start is mended by the log.
 *
 * Source: PostgreSQL 15 and 16, basebackup.c (sendFile).
 *
 * @module
 */
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import { pageIsSound } from '#protocol/postgres/page-checksum.ts'
import { uint32 } from '#protocol/postgres/wal/record-reader.ts'
import type { DamagedPage } from '../../repository/repository.ts'
import type { Piece } from './piece-reader.ts'
import type { PlannedFile } from './read-plan.ts'

/** How many are listed by name. */
const LISTED_MAX = 10_000

type Suspect = Pick<PlannedFile, 'path'> & { readonly at: number; readonly block: number }

export class PageCheck {
  readonly #blockSize: number
  readonly #startLsn: number
  readonly #active: boolean
  readonly #suspects: Suspect[] = []
  /** The page that is looked at: where it came it may begin anywhere. */
  readonly #page: Uint8Array
  readonly #words: Int32Array

  /** @param active Whether the server's pages have checksums. */
  constructor(blockSize: number, startLsn: Lsn, active: boolean) {
    this.#blockSize = blockSize
    this.#startLsn = Number(startLsn)
    this.#active = active
    this.#page = new Uint8Array(blockSize)
    this.#words = new Int32Array(this.#page.buffer)
  }

  /** Sees bytes of a file that begin at a page. */
  see({ path, firstBlock }: PlannedFile, at: number, bytes: Uint8Array): void {
    if (!this.#active || firstBlock === undefined) return
    const size = this.#blockSize
    for (let from = 0; from + size <= bytes.length; from += size) {
      if (this.#suspects.length >= LISTED_MAX) return
      const block = firstBlock + (at + from) / size
      if (!this.#isSound(bytes, from, block)) this.#suspects.push({ path, at: at + from, block })
    }
  }

  /** Those that are wrong again; numbers of blocks count within the file, as the server's do. */
  async damaged(
    read: (piece: Piece) => Promise<Uint8Array | undefined>,
  ): Promise<readonly DamagedPage[]> {
    const damaged: DamagedPage[] = []
    for (const { path, at, block } of this.#suspects) {
      const page = await read({ path, at, length: this.#blockSize })
      if (page?.length !== this.#blockSize || this.#isSound(page, 0, block)) continue
      damaged.push({ path, block: at / this.#blockSize })
    }
    return damaged
  }

  #isSound(bytes: Uint8Array, from: number, block: number): boolean {
    // A page begins with the position of the record that changed it last: the upper half first.
    const lsn = uint32(bytes, from) * 2 ** 32 + uint32(bytes, from + 4)
    if (lsn >= this.#startLsn) return true
    this.#page.set(bytes.subarray(from, from + this.#blockSize))
    return pageIsSound(this.#words, block)
  }
}
