/**
 * Which chunks of which packs a restore opens, and where their bytes go. Pure.
 *
 * Of a pack only the chunks are opened that hold something still wanted: what a newer backup of the
 * chain has replaced is not even decrypted.
 *
 * @module
 */
import { packName } from '../repository/names.ts'
import type { FilePlan } from './data-directory.ts'
import { chunkParts, findPatches, type Patch, type PatchLimits, type Wanted } from './patches.ts'

/** Bytes [from, to) of a chunk are at `at` of a file. */
export type Piece = {
  readonly file: FilePlan
  readonly from: number
  readonly to: number
  readonly at: number
}

export type ChunkPlan = {
  /** Ascending. */
  readonly pieces: readonly Piece[]
  /** What is to be put into the chunk first. */
  readonly patches: readonly Patch[]
}

/** One pack: number of a chunk → what of it is wanted, ascending. */
export type PackPlan = {
  readonly name: string
  readonly chunks: ReadonlyMap<number, ChunkPlan>
}

export type PackPlans = {
  /** In the order of their names, each made when it is asked for. */
  readonly packs: Iterable<PackPlan>
  /** All patches that the plans hold. */
  readonly patches: Iterable<Patch>
}

export function packPlans(files: Iterable<FilePlan>, limits: PatchLimits): PackPlans {
  const wanted = wantedPacks(files)
  const { after, used } = findPatches(wanted, limits)
  const packs = function* (): Generator<PackPlan> {
    for (const [name, extents] of wanted) {
      wanted.delete(name)
      const chunks = byChunk(extents, after, used)
      if (chunks.size > 0) yield { name, chunks }
    }
  }
  return { packs: packs(), patches: [...after.values()].flat() }
}

/** Name of a pack → what is wanted of it; both ascending. */
function wantedPacks(files: Iterable<FilePlan>): Map<string, Wanted[]> {
  const packs = new Map<string, Wanted[]>()
  for (const file of files) {
    for (const extent of file.extents) {
      const name = packName(extent.backupId, extent.pack)
      const wanted = packs.get(name)
      if (wanted) wanted.push({ file, extent })
      else packs.set(name, [{ file, extent }])
    }
  }
  for (const wanted of packs.values()) wanted.sort((a, b) => a.extent.offset - b.extent.offset)
  return new Map([...packs].sort(([a], [b]) => (a < b ? -1 : 1)))
}

type GrowingChunk = {
  readonly pieces: { -readonly [K in keyof Piece]: Piece[K] }[]
  patches: Patch[]
}

function byChunk(
  wanted: readonly Wanted[],
  after: ReadonlyMap<FilePlan['extents'][number], readonly Patch[]>,
  used: ReadonlySet<FilePlan['extents'][number]>,
): Map<number, ChunkPlan> {
  const chunks = new Map<number, GrowingChunk>()
  let patches: readonly Patch[] | undefined
  for (const { file, extent } of wanted) {
    if (used.has(extent)) continue
    for (const { chunk: number, from, to, done } of chunkParts(extent)) {
      const chunk = chunks.get(number) ?? { pieces: [], patches: [] }
      chunks.set(number, chunk)
      const last = chunk.pieces.at(-1)
      if (done === 0 && patches && last) {
        last.to = to
        chunk.patches.push(...patches)
      } else chunk.pieces.push({ file, from, to, at: extent.at + done })
    }
    patches = after.get(extent)
  }
  return chunks
}
