/**
 * What of a file is not yet what it shall be. Pure.
 *
 * @module
 */
import type { PlacedExtent } from './blocks.ts'

export type Range = { readonly from: number; readonly to: number }

/** PostgreSQL's usual page: less is seldom changed alone. */
const BLOCK_SIZE = 8192

/** Ranges of `wanted`, in whole blocks, that `kept` lacks or has otherwise; neighbours joined. */
export function differences(wanted: Uint8Array, kept: Uint8Array): Range[] {
  const [a, b] = [buffer(wanted), buffer(kept)]
  if (a.equals(b)) return []
  const ranges: { from: number; to: number }[] = []
  for (let from = 0; from < a.length; from += BLOCK_SIZE) {
    const to = Math.min(from + BLOCK_SIZE, a.length)
    if (to <= b.length && a.compare(b, from, to, from, to) === 0) continue
    const last = ranges.at(-1)
    if (last?.to === from) last.to = to
    else ranges.push({ from, to })
  }
  return ranges
}

/** What no extent covers below `size`. @param extents Ascending, without overlap. */
export function uncovered(extents: readonly PlacedExtent[], size: number): Range[] {
  const ranges: Range[] = []
  let from = 0
  for (const { at, length } of extents) {
    if (from < at) ranges.push({ from, to: Math.min(at, size) })
    from = at + length
  }
  if (from < size) ranges.push({ from, to: size })
  return ranges.filter((range) => range.from < range.to)
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
