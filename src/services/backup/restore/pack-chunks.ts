/**
 * Which chunks of which packs a restore opens, and where their bytes go. Pure.
 *
 * A pack is opened once, and of it only the chunks that hold something still wanted: what a newer
 * backup of the chain has replaced is not even decrypted.
 *
 * @module
 */
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { packName } from '../repository/names.ts'
import type { FilePlan } from './data-directory.ts'

/** Bytes [from, to) of a chunk are at `at` of a file. */
export type Piece = {
  readonly file: FilePlan
  readonly from: number
  readonly to: number
  readonly at: number
}

/** One pack: number of a chunk → what of it is wanted, ascending. */
export type PackPlan = {
  readonly name: string
  readonly chunks: ReadonlyMap<number, readonly Piece[]>
}

/** @returns Packs in the order of their names, each made when it is asked for. */
export function* packPlans(files: Iterable<FilePlan>): Generator<PackPlan> {
  const packs = new Map<string, Wanted[]>()
  for (const file of files) {
    for (const extent of file.extents) {
      const name = packName(extent.backupId, extent.pack)
      const wanted = packs.get(name)
      if (wanted) wanted.push({ file, extent })
      else packs.set(name, [{ file, extent }])
    }
  }
  for (const name of [...packs.keys()].sort()) {
    yield { name, chunks: byChunk(packs.get(name) ?? []) }
    packs.delete(name)
  }
}

type Wanted = { readonly file: FilePlan; readonly extent: FilePlan['extents'][number] }

function byChunk(wanted: readonly Wanted[]): Map<number, Piece[]> {
  const chunks = new Map<number, Piece[]>()
  for (const { file, extent } of wanted.toSorted((a, b) => a.extent.offset - b.extent.offset)) {
    const end = extent.offset + extent.length
    for (let offset = extent.offset; offset < end;) {
      const number = Math.floor(offset / CHUNK_SIZE)
      const start = number * CHUNK_SIZE
      const to = Math.min(end - start, CHUNK_SIZE)
      const piece = { file, from: offset - start, to, at: extent.at + (offset - extent.offset) }
      const pieces = chunks.get(number)
      if (pieces) pieces.push(piece)
      else chunks.set(number, [piece])
      offset = start + to
    }
  }
  return new Map([...chunks].sort(([a], [b]) => a - b))
}
