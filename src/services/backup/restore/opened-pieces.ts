/**
 * The chunks that hold what is wanted of some files, pack by pack; each opened once.
 *
 * @module
 */
import { ahead } from '#lib/ahead.ts'
import { release } from '#lib/release.ts'
import { sealedChunks, type SealedChunks } from '../repository/sealing.ts'
import type { FilePlan } from './data-directory.ts'
import { Donors, tooShort } from './donors.ts'
import { packPlans, type PackPlan, type Piece } from './pack-chunks.ts'
import type { PackSource } from './pack-source.ts'
import type { PatchLimits } from './patches.ts'

/** What may be held in memory at once. */
export type HeldMax = Omit<PatchLimits, 'packSize'> & {
  /** Packs fetched and authenticated before their turn: of some 17 MiB each, or many small ones. */
  readonly aheadBytes: number
}

const HELD_MAX: HeldMax = {
  chunksMax: 36,
  packBytesMax: 40 * 1024 * 1024,
  aheadBytes: 24 * 1024 * 1024,
}

/** For each of some who share the memory of one. */
export function heldMaxOf(hands: number): HeldMax {
  const { chunksMax, packBytesMax, aheadBytes } = HELD_MAX
  return {
    chunksMax: Math.floor(chunksMax / hands),
    packBytesMax: Math.floor(packBytesMax / hands),
    aheadBytes: Math.floor(aheadBytes / hands),
  }
}

/** Opens a chunk: on the thread pool, or at once, for whoever has a thread for nothing else. */
export type Opening = (sealed: SealedChunks, number: number) => Promise<Uint8Array> | Uint8Array

export const aside: Opening = ({ open }, number) => open(number)
export const atOnce: Opening = ({ openNow }, number) => openNow(number)

/** One chunk, and where its bytes go. */
export type WantedChunk = {
  readonly pieces: readonly Piece[]
  /** @throws As `sealedChunks`; BACKUP_MANIFEST_DAMAGED when it is too short for its pieces. */
  readonly open: () => Promise<Uint8Array>
}

/** The wanted chunks of all packs, one pack after the other; the next ones are being fetched. */
export async function* openedPieces(
  source: PackSource,
  files: Iterable<FilePlan>,
  opening: Opening = aside,
  held: HeldMax = HELD_MAX,
): AsyncGenerator<WantedChunk> {
  const { repositoryId, dataKeys, packSize } = source
  const { packs, patches: all } = packPlans(files, { ...held, packSize })
  const donors = new Donors(source, opening, all)
  const fetch = async (plan: PackPlan): Promise<[PackPlan, Uint8Array]> => [
    plan,
    await source.read(plan.name),
  ]
  const sizeOf = ({ name }: PackPlan): number => packSize(name)
  for await (const [{ name, chunks }, bytes] of ahead(packs, held.aheadBytes, fetch, sizeOf)) {
    const sealed = await sealedChunks(name, bytes, ['pack'], repositoryId, dataKeys)
    let left = chunks.size
    for (const [number, { pieces, patches }] of chunks) {
      const open = async (): Promise<Uint8Array> => {
        const chunk = await opening(sealed, number)
        if (!pieces.every(({ to }) => to <= chunk.length)) throw tooShort(name)
        if (--left === 0) release(bytes) // nobody else reads a pack that was fetched for us
        if (patches.length > 0) await donors.patch(chunk, patches)
        return chunk
      }
      yield { pieces, open }
    }
  }
}

/** A small file, in memory. @throws As the source and `openedPieces`. */
export async function readPlanned(source: PackSource, file: FilePlan): Promise<Uint8Array> {
  const whole = new Uint8Array(file.size)
  for await (const { pieces, open } of openedPieces(source, [file])) {
    const chunk = await open()
    for (const { from, to, at } of pieces) whole.set(chunk.subarray(from, to), at)
  }
  return whole
}
