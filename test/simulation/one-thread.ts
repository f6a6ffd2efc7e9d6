/**
 * Compression without the thread pool, so that nothing simulated depends on the machine's pace.
 * To be imported first: whoever is loaded after it gets these.
 *
 * @module
 */
import { syncBuiltinESMExports } from 'node:module'
import zlib from 'node:zlib'

type Done = (error: Error | null, result: Buffer) => void
type Work = (bytes: zlib.InputType, options: zlib.ZstdOptions, done: Done) => void

function atOnce(work: (bytes: zlib.InputType, options: zlib.ZstdOptions) => Buffer): Work {
  return (bytes, options, done) => {
    const result = work(bytes, options)
    queueMicrotask(() => done(null, result))
  }
}

Object.assign(zlib, {
  zstdCompress: atOnce(zlib.zstdCompressSync),
  zstdDecompress: atOnce(zlib.zstdDecompressSync),
})
syncBuiltinESMExports()
