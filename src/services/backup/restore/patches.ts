/**
 * Which changed blocks are put into the chunk around them before it is written. Pure.
 *
 * A chain of backups leaves its oldest in thousands of pieces, with a newer block between any two.
 * Written one by one they cost more than everything else. Where a newer block lies between two
 * pieces of one chunk, at the place its older form had there, it is copied into the chunk in
 * memory, and all is one write again. What is held for that is bounded: a chunk that would be held
 * too long gives its blocks later, one by one.
 *
 * @module
 */
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { packName } from '../repository/names.ts'
import { firstFrom, type PlacedExtent } from './blocks.ts'
import type { FilePlan } from './data-directory.ts'

/** A chunk of which blocks are put into others. */
export type Donor = { readonly pack: string; readonly chunk: number }

/** Bytes [from, to) of a donor go to `into` of the chunk that is patched. */
export type Patch = {
  readonly donor: Donor
  readonly from: number
  readonly to: number
  readonly into: number
}

/** An extent of a pack, and whose it is. */
export type Wanted = { readonly file: FilePlan; readonly extent: PlacedExtent }

export type Patches = {
  /** Extent of a patched chunk → what comes after it, up to the next extent of its pack. */
  readonly after: ReadonlyMap<PlacedExtent, readonly Patch[]>
  /** Extents that are patches: nothing else is to be done about them. */
  readonly used: ReadonlySet<PlacedExtent>
}

export type PatchLimits = {
  /** Opened chunks that wait for their last use. */
  readonly chunksMax: number
  /** Bytes of packs of which chunks are still to be opened. */
  readonly packBytesMax: number
  readonly packSize: (name: string) => number
}

/** @param packs Name → extents, ascending. */
export function findPatches(
  packs: ReadonlyMap<string, readonly Wanted[]>,
  { chunksMax, packBytesMax, packSize }: PatchLimits,
): Patches {
  const holes = holesOf(packs)
  const packUses = usesOf(holes, ({ pack }) => pack)
  const packsHeld = admitted(packUses, packBytesMax, packSize)
  const inHeld = holes.filter(({ patches }) => patches.every((at) => packsHeld.has(at.donor.pack)))
  const donors = usesOf(inHeld, (donor) => donor)
  const held = admitted(donors, chunksMax, () => 1)
  const after = new Map<PlacedExtent, readonly Patch[]>()
  const used = new Set<PlacedExtent>()
  for (const { before, extents, patches } of inHeld) {
    if (!patches.every(({ donor }) => held.has(donor))) continue
    after.set(before, patches)
    for (const extent of extents) used.add(extent)
  }
  return { after, used }
}

/** Room in a chunk between two extents, and what belongs there. */
type Hole = {
  readonly before: PlacedExtent
  readonly extents: readonly PlacedExtent[]
  readonly patches: readonly Patch[]
  /** Grows with the chunk, in the order in which chunks are opened. */
  readonly position: number
}

/** Of the backup that gives most: the others are put into its chunks. */
function holesOf(packs: ReadonlyMap<string, readonly Wanted[]>): Hole[] {
  const holes: Hole[] = []
  const host = largest(packs)
  if (host === undefined) return holes
  const donors = new DonorTable()
  let position = 0
  for (const [, wanted] of packs) {
    if (wanted[0]?.extent.backupId !== host) continue
    let chunk = -1
    for (const [at, { file, extent }] of wanted.entries()) {
      const next = wanted[at + 1]
      if (next?.file !== file) continue
      const hole = holeBetween(file, extent, next.extent, donors)
      if (!hole) continue
      const number = Math.floor(next.extent.offset / CHUNK_SIZE)
      if (number !== chunk) position++
      chunk = number
      holes.push({ ...hole, position })
    }
    position++
  }
  return holes
}

function largest(packs: ReadonlyMap<string, readonly Wanted[]>): string | undefined {
  const sizes = new Map<string, number>()
  for (const wanted of packs.values()) {
    for (const { extent } of wanted) {
      sizes.set(extent.backupId, (sizes.get(extent.backupId) ?? 0) + extent.length)
    }
  }
  if (sizes.size < 2) return undefined
  return [...sizes].reduce((a, b) => (b[1] > a[1] ? b : a))[0]
}

/** Undefined when they are not as far from each other in the pack as in the file, or not all of
 *  what lies between is stored anywhere: then it is zero. */
function holeBetween(
  file: FilePlan,
  before: PlacedExtent,
  next: PlacedExtent,
  donors: DonorTable,
): Omit<Hole, 'position'> | undefined {
  const from = before.at + before.length
  const offset = before.offset + before.length
  const length = next.at - from
  if (length <= 0 || next.offset - offset !== length) return undefined
  const chunkStart = next.offset - (next.offset % CHUNK_SIZE)
  if (offset <= chunkStart) return undefined
  const extents: PlacedExtent[] = []
  const patches: Patch[] = []
  let at = from
  for (let index = firstFrom(file.extents, from); at < next.at; index++) {
    const extent = file.extents[index]
    if (extent?.at !== at) return undefined
    extents.push(extent)
    cut(extent, offset - chunkStart + (at - from), donors, patches)
    at += extent.length
  }
  return { before, extents, patches }
}

/** An extent as patches: it may cross chunks. */
function cut(extent: PlacedExtent, into: number, donors: DonorTable, patches: Patch[]): void {
  for (const { chunk, from, to, done } of chunkParts(extent)) {
    const donor = donors.of(extent.backupId, extent.pack, chunk)
    patches.push({ donor, from, to, into: into + done })
  }
}

/** One object for each chunk. */
class DonorTable {
  readonly #packs = new Map<string, Map<number, Donor[]>>()

  of(backupId: string, pack: number, chunk: number): Donor {
    const packs = this.#packs.get(backupId) ?? new Map<number, Donor[]>()
    this.#packs.set(backupId, packs)
    const chunks = packs.get(pack) ?? []
    packs.set(pack, chunks)
    return (chunks[chunk] ??= { pack: packName(backupId, pack), chunk })
  }
}

/** The chunks an extent lies in: bytes [from, to) of each, after `done` bytes of the extent. */
export function* chunkParts({
  offset: start,
  length,
}: Pick<PlacedExtent, 'offset' | 'length'>): Generator<{
  readonly chunk: number
  readonly from: number
  readonly to: number
  readonly done: number
}> {
  const end = start + length
  for (let offset = start; offset < end;) {
    const chunk = Math.floor(offset / CHUNK_SIZE)
    const to = Math.min(end - chunk * CHUNK_SIZE, CHUNK_SIZE)
    yield { chunk, from: offset - chunk * CHUNK_SIZE, to, done: offset - start }
    offset = chunk * CHUNK_SIZE + to
  }
}

/** From when to when something is needed. */
type Use = { readonly first: number; last: number }

function usesOf<Key>(holes: readonly Hole[], keyOf: (donor: Donor) => Key): Map<Key, Use> {
  const uses = new Map<Key, Use>()
  for (const { patches, position } of holes) {
    for (const { donor } of patches) {
      const use = uses.get(keyOf(donor))
      if (use) use.last = position
      else uses.set(keyOf(donor), { first: position, last: position })
    }
  }
  return uses
}

/** Which of them can be held, so that at no time more than `max` is: the longest held give way. */
function admitted<Key>(
  uses: ReadonlyMap<Key, Use>,
  max: number,
  weigh: (key: Key) => number,
): ReadonlySet<Key> {
  const held = new Set(uses.keys())
  let now: { readonly key: Key; readonly last: number; readonly weight: number }[] = []
  for (const [key, { first, last }] of uses) {
    now = now.filter((one) => one.last >= first) // they come in the order of their first use
    now.push({ key, last, weight: weigh(key) })
    let total = now.reduce((sum, { weight }) => sum + weight, 0)
    while (total > max) {
      const longest = now.reduce((a, b) => (b.last > a.last ? b : a))
      now.splice(now.indexOf(longest), 1)
      held.delete(longest.key)
      total -= longest.weight
    }
  }
  return held
}
