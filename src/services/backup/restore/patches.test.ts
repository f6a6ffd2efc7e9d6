/** Newer blocks put into older chunks: every byte as the extents say, each written once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { mulberry32 } from '#kit/random.ts'
import { packName } from '../repository/names.ts'
import type { FilePlan } from './data-directory.ts'
import { packPlans, type PackPlan } from './pack-chunks.ts'
import type { Donor, PatchLimits } from './patches.ts'

const BLOCK = 64 * 1024
const id = (number: number): string => `20260101t00000${number}z-0123456789abcdef`
const plenty: PatchLimits = { chunksMax: 100, packBytesMax: 100, packSize: () => 1 }

/** Files of an oldest backup, one after the other as it was taken; blocks of them replaced. */
function madeUp(seed: number): { files: FilePlan[]; packs: Map<string, Uint8Array> } {
  const random = mulberry32(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const links = 1 + below(4)
  const ends = Array.from({ length: links + 1 }, () => below(9000)) // blocks cross chunks
  const files: FilePlan[] = []
  for (let number = 0; number < 4; number++) {
    const extents: FilePlan['extents'][number][] = []
    const blocks = below(40)
    for (let block = 0; block < blocks; block++) {
      const replaced = random() < 0.4
      const link = replaced ? 1 + below(links) : 0
      const skipped = random() < 0.05
      const end = ends[link] ?? 0
      if (!skipped) {
        const at = { at: block * BLOCK, length: BLOCK, pack: 0, offset: end }
        extents.push({ ...at, backupId: id(link) })
      }
      // What was replaced or became zero is in the oldest all the same.
      if (link > 0 && !skipped) ends[link] = end + BLOCK
      ends[0] = (ends[0] ?? 0) + (random() < 0.95 ? BLOCK : 0)
    }
    const size = blocks * BLOCK
    files.push({ path: `f${number}`, size, mode: 0o600, extents })
  }
  const packs = new Map(
    ends.map((end, link) => {
      const bytes = new Uint8Array(end + BLOCK)
      for (let at = 0; at < bytes.length; at += 509) bytes[at] = below(256) + 1
      return [packName(id(link), 0), bytes] as const
    }),
  )
  return { files, packs }
}

/** The most donors that are held at once, from their first use to their last. */
function heldAtOnce(plans: Iterable<PackPlan>): number {
  const lefts = new Map<Donor, number>()
  const patched = [...plans].flatMap(({ chunks }) => [...chunks.values()])
  for (const { patches } of patched) {
    for (const { donor } of patches) lefts.set(donor, (lefts.get(donor) ?? 0) + 1)
  }
  const held = new Set<Donor>()
  let most = 0
  for (const { patches } of patched) {
    for (const { donor } of patches) held.add(donor)
    most = Math.max(most, held.size)
    for (const { donor } of patches) {
      const left = (lefts.get(donor) ?? 0) - 1
      lefts.set(donor, left)
      if (left === 0) held.delete(donor)
    }
  }
  return most
}

/** What a restore does: chunks patched, then written. */
function written(plans: Iterable<PackPlan>, packs: Map<string, Uint8Array>, files: FilePlan[]) {
  const chunkOf = ({ pack, chunk }: Donor): Uint8Array =>
    (packs.get(pack) ?? new Uint8Array(0)).slice(chunk * CHUNK_SIZE, (chunk + 1) * CHUNK_SIZE)
  const found = new Map(files.map((file) => [file, new Uint8Array(file.size)]))
  const times = new Map(files.map((file) => [file, new Uint8Array(file.size / BLOCK)]))
  let writes = 0
  for (const { name, chunks } of plans) {
    for (const [number, { pieces, patches }] of chunks) {
      const chunk = chunkOf({ pack: name, chunk: number })
      for (const { donor, from, to, into } of patches) {
        chunk.set(chunkOf(donor).subarray(from, to), into)
      }
      for (const { file, from, to, at } of pieces) {
        found.get(file)?.set(chunk.subarray(from, to), at)
        const first = Math.ceil(at / BLOCK)
        for (let block = first; block * BLOCK < at + to - from; block++) times.get(file)![block]!++
        writes++
      }
    }
  }
  return { found, times, writes }
}

function expected({ size, extents }: FilePlan, packs: Map<string, Uint8Array>): Uint8Array {
  const bytes = new Uint8Array(size)
  for (const { at, length, backupId, pack, offset } of extents) {
    bytes.set(packs.get(packName(backupId, pack))!.subarray(offset, offset + length), at)
  }
  return bytes
}

test('patches: whatever is held, every byte comes from where its extent says, once', () => {
  let [patched, single] = [0, 0]
  for (let seed = 0; seed < 20; seed++) {
    const { files, packs } = madeUp(seed)
    for (const limits of [plenty, { ...plenty, chunksMax: 1 }, { ...plenty, packBytesMax: 0 }]) {
      const { found, times, writes } = written(packPlans(files, limits).packs, packs, files)
      for (const file of files) {
        assert(Buffer.from(found.get(file)!).equals(expected(file, packs)), `seed ${seed}`)
        const stored = file.extents.map(({ at }) => at / BLOCK)
        const once = Array.from(times.get(file)!.keys(), (block) => Number(stored.includes(block)))
        assert.deepEqual([...times.get(file)!], once, `seed ${seed}`)
      }
      assert(heldAtOnce(packPlans(files, limits).packs) <= limits.chunksMax, `seed ${seed}`)
      if (limits === plenty) patched += writes
      if (limits.packBytesMax === 0) single += writes
    }
  }
  assert(patched < 0.75 * single, `${patched} writes instead of ${single}`)
})

test('patches: what lies between two pieces of a file in the chunk is not written over', () => {
  // As old synthetic backups have it: another file's bytes just where a newer block would fit.
  const at = { length: BLOCK, pack: 0 }
  const mine: FilePlan = {
    path: 'mine',
    size: 3 * BLOCK,
    mode: 0o600,
    extents: [
      { ...at, at: 0, backupId: id(0), offset: 0 },
      { ...at, at: BLOCK, backupId: id(1), offset: 0 },
      { ...at, at: 2 * BLOCK, backupId: id(0), offset: 2 * BLOCK },
    ],
  }
  const other: FilePlan = {
    path: 'other',
    size: BLOCK,
    mode: 0o600,
    extents: [{ ...at, at: 0, backupId: id(0), offset: BLOCK }],
  }
  assert.deepEqual([...packPlans([mine, other], plenty).patches], [])
  assert.equal([...packPlans([mine], plenty).patches].length, 1)
})
