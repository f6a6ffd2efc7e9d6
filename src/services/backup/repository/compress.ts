/**
 * Chunks to zstd frames on Node's thread pool, by contexts that are used again.
 *
 * A context of its own for every chunk is a megabyte allocated, told to V8 and collected again:
 * more work for the main thread than all else it does for a chunk.
 *
 * @module
 */
import { constants, createZstdCompress, zstdCompressSync, type ZstdCompress } from 'node:zlib'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { concatBytes } from '#lib/byte-fields.ts'

const params = { [constants.ZSTD_c_compressionLevel]: 1 }
/** With Node's 16 KiB a chunk crosses to the thread pool 64 times. */
const OPTIONS = { params, chunkSize: 256 * 1024 }
/** Room for what becomes larger (ZSTD_compressBound): zstd then needs no buffers of its own. */
const NOW_OPTIONS = { params, chunkSize: CHUNK_SIZE + CHUNK_SIZE / 256 + 64 }
/** As many as the thread pool has threads; those beyond are closed when they are done. */
const IDLE_MAX = 4

const idle: ZstdCompress[] = []

/** @returns One frame. @throws As zlib, which for any input means that memory is short. */
export async function compress(plain: Uint8Array): Promise<Uint8Array> {
  const context = idle.pop() ?? createZstdCompress(OPTIONS)
  const parts: Uint8Array[] = []
  const take = (part: Uint8Array): void => void parts.push(part)
  context.on('data', take)
  try {
    await new Promise<void>((resolve, reject) => {
      context.once('error', reject)
      context.write(plain)
      context.flush(constants.ZSTD_e_end, () => {
        context.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    context.destroy()
    throw error
  }
  context.off('data', take)
  if (idle.length < IDLE_MAX) idle.push(context)
  else context.destroy()
  return concatBytes(parts)
}

/** The same on this thread, which it blocks for a millisecond. */
export function compressNow(plain: Uint8Array): Uint8Array {
  return zstdCompressSync(plain, NOW_OPTIONS)
}
