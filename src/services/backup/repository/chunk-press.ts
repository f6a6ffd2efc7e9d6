/**
 * What is done to every chunk of a backup before it is sealed: summed and compressed.
 *
 * @module
 */
import { crc32c } from '#crypto/crc32c.ts'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { prepareChunk, type PreparedChunk } from './sealing.ts'

/** Bytes [from, to) of a chunk. */
export type ChunkPart = { readonly from: number; readonly to: number }

/** The first `size` bytes of a buffer. */
export type RawChunk = {
  readonly buffer: Uint8Array
  readonly size: number
  /** To be summed, each for itself. */
  readonly parts: readonly ChunkPart[]
}

/** Lasts until its buffer is given back. */
export type PressedChunk = PreparedChunk & {
  /** CRC-32C of each part. */
  readonly sums: readonly number[]
}

export type ChunkPress = {
  /** A buffer of CHUNK_SIZE: a new megabyte for each chunk would keep the collector behind. */
  readonly take: () => Uint8Array
  /** @throws {FaultError} BACKUP_THREAD_ENDED. */
  readonly press: (raw: RawChunk) => Promise<PressedChunk>
  readonly giveBack: (buffer: Uint8Array) => void
  readonly close: () => Promise<void>
}

/** Sums here and compresses on the thread pool: for what is small, or has time. */
export function poolPress(): ChunkPress {
  const spare: Uint8Array[] = []
  return {
    take: () => spare.pop() ?? new Uint8Array(CHUNK_SIZE),
    press: async ({ buffer, size, parts }) => {
      const plain = buffer.subarray(0, size)
      return { sums: sumsOf(plain, parts), ...(await prepareChunk(plain)) }
    },
    giveBack: (buffer) => void spare.push(buffer),
    close: () => Promise.resolve(),
  }
}

export function sumsOf(plain: Uint8Array, parts: readonly ChunkPart[]): number[] {
  return parts.map(({ from, to }) => crc32c(0, plain.subarray(from, to)))
}
