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
import type { DamagedPage } from '../../repository/repository.ts'
import type { Piece } from './piece-reader.ts'
import type { PlannedFile } from './read-plan.ts'

/** How many are listed by name. */
const LISTED_MAX = 10_000
const WORD = 4

type Suspect = Pick<PlannedFile, 'path'> & { readonly at: number; readonly block: number }

export class PageCheck {
  readonly #blockSize: number
  readonly #startLsn: number
  readonly #active: boolean
  readonly #suspects: Suspect[] = []
  /** A page that came at an odd place of memory. */
  readonly #aligned: Uint8Array

  /** @param active Whether the server's pages have checksums. */
  constructor(blockSize: number, startLsn: Lsn, active: boolean) {
    this.#blockSize = blockSize
    this.#startLsn = Number(startLsn)
    this.#active = active
    this.#aligned = new Uint8Array(blockSize)
  }

  /** Sees bytes of a file that begin at a page. */
  see({ path, firstBlock }: PlannedFile, at: number, bytes: Uint8Array): void {
    if (!this.#active || firstBlock === undefined) return
    const size = this.#blockSize
    for (let from = 0; from + size <= bytes.length; from += size) {
      if (this.#suspects.length >= LISTED_MAX) return
      const block = firstBlock + (at + from) / size
      const page = bytes.subarray(from, from + size)
      if (!this.#isSound(page, block)) this.#suspects.push({ path, at: at + from, block })
    }
  }

  /** Those that are wrong again; numbers of blocks count within the file, as the server's do. */
  async damaged(
    read: (piece: Piece) => Promise<Uint8Array | undefined>,
  ): Promise<readonly DamagedPage[]> {
    const damaged: DamagedPage[] = []
    for (const { path, at, block } of this.#suspects) {
      const page = await read({ path, at, length: this.#blockSize })
      if (page?.length !== this.#blockSize || this.#isSound(page, block)) continue
      damaged.push({ path, block: at / this.#blockSize })
    }
    return damaged
  }

  #isSound(page: Uint8Array, block: number): boolean {
    const view = new DataView(page.buffer, page.byteOffset, 2 * WORD)
    const lsn = view.getUint32(0, true) * 2 ** 32 + view.getUint32(WORD, true)
    if (lsn >= this.#startLsn) return true
    if (page.byteOffset % WORD === 0) return pageIsSound(page, block)
    this.#aligned.set(page)
    return pageIsSound(this.#aligned, block)
  }
}
