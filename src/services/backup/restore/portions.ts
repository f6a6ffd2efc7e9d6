/**
 * Cuts what a restore writes into portions of about the same size, one for each thread. Pure.
 *
 * Files follow each other as they lie in the packs, so that each thread has packs of its own but
 * for the few in which a cut falls. A large table is cut like everything else: whoever writes a
 * part of a file leaves the file's size to somebody who waits for all of them.
 *
 * @module
 */
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import type { PlacedExtent } from './blocks.ts'
import type { FilePlan } from './data-directory.ts'

/** What making and syncing a file costs, in bytes that could be written meanwhile. */
const FILE_COST = 128 * 1024

/** @returns At most `count`, together every extent of every file once. */
export function portionsOf(files: Iterable<FilePlan>, count: number): FilePlan[][] {
  const all = [...files]
  const total = all.reduce((sum, file) => sum + storedBytes(file) + FILE_COST, 0)
  const share = Math.ceil(total / count)
  const portions: FilePlan[][] = [[]]
  let room = share
  const next = (): void => {
    portions.push([])
    room = share
  }
  for (const file of all) {
    let rest: FilePlan | undefined = file
    while (rest) {
      if (room <= 0 && portions.length < count) next()
      const last = portions.length === count
      const [mine, left]: Cut = last ? [rest, undefined] : cutAfter(rest, room - FILE_COST)
      portions.at(-1)?.push(mine)
      room -= storedBytes(mine) + FILE_COST
      rest = left
    }
  }
  return portions.filter((portion) => portion.length > 0)
}

export function storedBytes({ extents }: FilePlan): number {
  return extents.reduce((sum, { length }) => sum + length, 0)
}

type Cut = readonly [mine: FilePlan, left: FilePlan | undefined]

/** Cuts a file where so many of its bytes are through, or as soon after that as a chunk ends. */
function cutAfter(file: FilePlan, bytes: number): Cut {
  let through = 0
  for (const [index, extent] of file.extents.entries()) {
    const before = through
    through += extent.length
    if (through < bytes) continue
    const end = Math.ceil((extent.offset + Math.max(0, bytes - before)) / CHUNK_SIZE) * CHUNK_SIZE
    const [mine, left] = cutExtent(extent, end - extent.offset)
    const later = [...left, ...file.extents.slice(index + 1)]
    if (later.length === 0) return [file, undefined]
    const earlier = [...file.extents.slice(0, index), ...mine]
    return [part(file, earlier), part(file, later)]
  }
  return [file, undefined]
}

function part(file: FilePlan, extents: readonly PlacedExtent[]): FilePlan {
  return { ...file, extents, shared: true }
}

function cutExtent(
  extent: PlacedExtent,
  after: number,
): readonly [mine: PlacedExtent[], left: PlacedExtent[]] {
  const { at, length, offset } = extent
  if (after >= length) return [[extent], []]
  const left = { ...extent, at: at + after, length: length - after, offset: offset + after }
  return [[{ ...extent, length: after }], [left]]
}
