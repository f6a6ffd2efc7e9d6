/**
 * `INCREMENTAL.*`: what the server sends instead of a file of which only some blocks changed.
 *
 * Source: PostgreSQL 17, basebackup.c (sendFile) and reconstruct.c; little-endian as the server.
 * The comment above GetIncrementalHeaderSize gives another order; the code writes this one.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

/** `INCREMENTAL_MAGIC` of basebackup_incremental.h. */
const MAGIC = 0xd3ae1f0d
const HEAD_SIZE = 12
const NUMBER_SIZE = 4
const PREFIX = 'INCREMENTAL.'
/** RELSEG_SIZE of every build in use: 1 GiB of 8 KiB blocks; larger only with larger segments. */
const BLOCKS_MAX = 1024 * 1024

export type IncrementalHeader = {
  /** Block numbers within the file, ascending. */
  readonly blocks: readonly number[]
  /** Below this block the earlier backup counts for what is not in `blocks`. */
  readonly truncationBlocks: number
}

/** The path of the file itself, when this is the path of an incremental one; else undefined. */
export function incrementalTarget(path: string): string | undefined {
  const at = path.lastIndexOf('/') + 1
  if (!path.startsWith(PREFIX, at)) return undefined
  return path.slice(0, at) + path.slice(at + PREFIX.length)
}

/** Bytes of the file once restored. */
export function restoredSize(
  { blocks, truncationBlocks }: IncrementalHeader,
  block: number,
): number {
  return Math.max(truncationBlocks, (blocks.at(-1) ?? -1) + 1) * block
}

/** Takes the file's first bytes in any pieces until its header is whole. */
export class IncrementalHeaderReader {
  readonly #path: string
  readonly #blockSize: number
  readonly #fileSize: number
  #held: Uint8Array = new Uint8Array(HEAD_SIZE)
  #have = 0
  #sized = false

  /** @param fileSize As the archive announced it. */
  constructor(path: string, blockSize: number, fileSize: number) {
    this.#path = path
    this.#blockSize = blockSize
    this.#fileSize = fileSize
  }

  /**
   * @returns How many bytes of `bytes` belong to the header, and the header once it is whole.
   * @throws {ProtocolError} INCREMENTAL_FILE_INVALID.
   */
  push(bytes: Uint8Array): { readonly used: number; readonly header?: IncrementalHeader } {
    let used = 0
    for (;;) {
      const part = bytes.subarray(used, used + this.#held.length - this.#have)
      this.#held.set(part, this.#have)
      this.#have += part.length
      used += part.length
      if (this.#have < this.#held.length) return { used }
      if (this.#sized) return { used, header: this.#parse() }
      this.#size()
    }
  }

  get #view(): DataView {
    return new DataView(this.#held.buffer, this.#held.byteOffset, this.#held.length)
  }

  #size(): void {
    const view = this.#view
    const count = view.getUint32(4, true)
    if (view.getUint32(0, true) !== MAGIC) throw this.#invalid('has another beginning')
    if (count > BLOCKS_MAX || view.getUint32(8, true) > BLOCKS_MAX) throw this.#invalid('is absurd')
    const bare = HEAD_SIZE + count * NUMBER_SIZE
    const size = count === 0 ? bare : Math.ceil(bare / this.#blockSize) * this.#blockSize
    if (this.#fileSize !== size + count * this.#blockSize) throw this.#invalid('has another size')
    const whole = new Uint8Array(size)
    whole.set(this.#held)
    this.#held = whole
    this.#sized = true
  }

  #parse(): IncrementalHeader {
    const view = this.#view
    const blocks: number[] = []
    for (let at = 0; at < view.getUint32(4, true); at++) {
      const block = view.getUint32(HEAD_SIZE + at * NUMBER_SIZE, true)
      if (block <= (blocks.at(-1) ?? -1) || block >= BLOCKS_MAX) {
        throw this.#invalid('names its blocks out of order')
      }
      blocks.push(block)
    }
    return { blocks, truncationBlocks: view.getUint32(8, true) }
  }

  #invalid(what: string): ProtocolError {
    return new ProtocolError('INCREMENTAL_FILE_INVALID', `${this.#path} ${what}`)
  }
}
