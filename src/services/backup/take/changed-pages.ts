/**
 * What changed in a file since a full backup, told by its pages themselves: for PostgreSQL 15 and
 * 16, which send every file whole.
 *
 * Each page begins with the position of the last log record that changed it. A page whose position
 * is before the start of the full backup is in the full backup as it is now: it was on the server's
 * disk before that began. Three things escape the position and are taken care of: hint bits, which
 * may be lost; pages that were never filled, which are kept; and, without data checksums, the flag
 * that says "all visible", so that the visibility map, which must never say more than its pages, is
 * left out of such a backup. Other forks are kept whole.
 *
 * Source: PostgreSQL, storage/bufpage.h (PageHeaderData) and visibilitymap.c (visibilitymap_set).
 *
 * @module
 */
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import { ManifestReader } from '#protocol/postgres/replication/manifest.ts'
import type { BackupWriter, FileRange, FileStart } from '../repository/repository.ts'
import type { IncomingFile } from './incoming-file.ts'

/** Path → size of the files of a full backup, from the server's own list of them. */
export function filesOf(serverManifest: Uint8Array): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  const reader = new ManifestReader(({ path, sizeBytes }) => sizes.set(path, sizeBytes))
  reader.push(serverManifest)
  reader.finish()
  return sizes
}

/** The main fork of a table or an index, and its further segments. */
const RELATION =
  /^(?:global|base\/[0-9]+|pg_tblspc\/[0-9]+\/PG_[^/]+\/[0-9]+)\/[0-9]+(?:\.[0-9]+)?$/
const LSN_SIZE = 8

/** Whether a file consists of pages that tell when they were changed. */
export function hasPages({ path, size }: FileStart, blockSize: number): boolean {
  return RELATION.test(path) && size % blockSize === 0
}

export type Since = {
  readonly blockSize: number
  /** Of the file in the full backup, in bytes. */
  readonly fullSize: number
  /** Where the full backup began. */
  readonly sinceLsn: Lsn
}

/** Keeps the pages that changed. */
export class ChangedPagesFile implements IncomingFile {
  readonly #writer: BackupWriter
  readonly #size: number
  readonly #blockSize: number
  readonly #inherits: number
  /** Plain numbers are many times quicker than bigint, and exact up to nine petabytes of log. */
  readonly #since: number
  readonly #ranges: { at: number; length: number }[] = []
  /** A page of which only the beginning came. */
  readonly #page: Uint8Array
  #pageSize = 0
  /** Of the next page, in the file. */
  #at = 0

  constructor(writer: BackupWriter, start: FileStart, since: Since) {
    this.#writer = writer
    this.#size = start.size
    this.#blockSize = since.blockSize
    this.#inherits = Math.min(start.size, since.fullSize - (since.fullSize % since.blockSize))
    this.#since = Number(since.sinceLsn)
    this.#page = new Uint8Array(since.blockSize)
    writer.beginFile(start)
  }

  data(bytes: Uint8Array): Promise<void> | undefined {
    const parts = this.#kept(bytes)
    for (let part = parts.next(); !part.done; part = parts.next()) {
      const waiting = this.#writer.write(part.value)
      if (waiting) return waiting.then(() => this.#rest(parts))
    }
    return undefined
  }

  async #rest(parts: Generator<Uint8Array>): Promise<void> {
    for (const part of parts) await this.#writer.write(part)
  }

  end(): undefined {
    const ranges: readonly FileRange[] = this.#ranges
    this.#writer.endFile({ size: this.#size, inherits: this.#inherits, ranges })
  }

  /** The bytes of changed pages, neighbours together. */
  *#kept(bytes: Uint8Array): Generator<Uint8Array> {
    const blockSize = this.#blockSize
    let at = 0
    if (this.#pageSize > 0) {
      at = this.#hold(bytes)
      if (this.#pageSize < blockSize) return
      this.#pageSize = 0
      if (this.#changed(this.#page, 0)) yield this.#page
    }
    let from = -1
    for (; at + blockSize <= bytes.length; at += blockSize) {
      if (this.#changed(bytes, at)) {
        if (from < 0) from = at
      } else if (from >= 0) {
        yield bytes.subarray(from, at)
        from = -1
      }
    }
    if (from >= 0) yield bytes.subarray(from, at)
    this.#hold(bytes.subarray(at))
  }

  /** @returns How many bytes it took. */
  #hold(bytes: Uint8Array): number {
    const part = bytes.subarray(0, this.#blockSize - this.#pageSize)
    this.#page.set(part, this.#pageSize)
    this.#pageSize += part.length
    return part.length
  }

  /** Looks at the next page of the file; one that changed is noted. */
  #changed(bytes: Uint8Array, at: number): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, LSN_SIZE)
    const lsn = view.getUint32(0, true) * 2 ** 32 + view.getUint32(4, true)
    const place = this.#at
    this.#at += this.#blockSize
    const isKept = lsn >= this.#since || lsn === 0 || place >= this.#inherits
    if (!isKept) return false
    const last = this.#ranges.at(-1)
    if (last && last.at + last.length === place) last.length += this.#blockSize
    else this.#ranges.push({ at: place, length: this.#blockSize })
    return true
  }
}
