/**
 * Gives memory back now rather than when the collector comes. Pure.
 *
 * @module
 */

/** More than the pool has from which Node.js cuts small buffers: those are shared. */
const LARGE_BYTES = 128 * 1024

/**
 * Frees a large buffer; a small one is left to the collector.
 *
 * V8 answers growth outside its heap by collecting the whole heap: at hundreds of megabytes a
 * second that costs several times the work itself, and memory grows all the same. Nobody may use
 * these bytes afterwards, nor any other view of their buffer: they are then empty.
 */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= LARGE_BYTES) buffer.transfer(0)
}
