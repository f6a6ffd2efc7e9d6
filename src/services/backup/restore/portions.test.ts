/** A restore cut into portions: every byte in one of them, and none much larger than the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { mulberry32 } from '#kit/random.ts'
import type { PlacedExtent } from './blocks.ts'
import type { FilePlan } from './data-directory.ts'
import { portionsOf, storedBytes } from './portions.ts'

const BACKUP = '20260101t000000z-0123456789abcdef'
const BLOCK = 8192

function madeUp(seed: number): FilePlan[] {
  const random = mulberry32(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  let offset = 0
  return Array.from({ length: below(30) }, (_, number) => {
    const extents: PlacedExtent[] = []
    let at = 0
    const [pieces, blocksMax] = [below(6), random() < 0.2 ? 20_000 : 300]
    for (let piece = 0; piece < pieces; piece++) {
      at += below(3) * BLOCK
      const length = (1 + below(blocksMax)) * BLOCK
      extents.push({ at, length, backupId: BACKUP, pack: 0, offset })
      at += length
      offset += length
    }
    return { path: `f${number}`, size: at, mode: 0o600, extents }
  })
}

test('portions: together they are every file, each extent once and where it was', () => {
  for (let seed = 0; seed < 200; seed++) {
    const files = madeUp(seed)
    for (const count of [1, 2, 3, 7]) {
      const portions = portionsOf(files, count)
      assert(portions.length <= count)
      for (const file of files) {
        const parts = portions.flat().filter(({ path }) => path === file.path)
        assert.deepEqual(joined(parts), joined([file]), `seed ${seed}`)
        const shared = parts.length > 1
        assert(parts.every((part) => (part.shared ?? false) === shared))
        assert(parts.every(({ size, mode }) => size === file.size && mode === file.mode))
      }
    }
  }
})

test('portions: none is larger than its share, but for a chunk and a small file', () => {
  for (let seed = 0; seed < 200; seed++) {
    const files = madeUp(seed)
    const total = files.reduce((sum, file) => sum + storedBytes(file), 0)
    const allowed = 2 * CHUNK_SIZE + (files.length * CHUNK_SIZE) / 8
    for (const count of [2, 4]) {
      for (const portion of portionsOf(files, count)) {
        const bytes = portion.reduce((sum, file) => sum + storedBytes(file), 0)
        assert(bytes <= total / count + allowed, `seed ${seed}: ${bytes} of ${total}`)
      }
    }
  }
})

test('portions: a table is cut where a chunk ends, so that no chunk is opened twice', () => {
  const length = 100 * CHUNK_SIZE + 5 * BLOCK
  const offset = 3 * BLOCK
  const table = { at: 0, length, backupId: BACKUP, pack: 0, offset }
  const portions = portionsOf([{ path: 't', size: length, mode: 0o600, extents: [table] }], 2)
  const [first, second] = portions.map((files) => files[0]?.extents[0])
  assert.equal(second?.offset, 50 * CHUNK_SIZE)
  assert.equal((first?.length ?? 0) + second.length, length)
})

/** What the parts say of the file's bytes, neighbours together. */
function joined(parts: readonly FilePlan[]): PlacedExtent[] {
  const all: { -readonly [K in keyof PlacedExtent]: PlacedExtent[K] }[] = []
  for (const extent of parts.flatMap(({ extents }) => extents)) {
    const last = all.at(-1)
    const follows =
      last?.at !== undefined &&
      last.at + last.length === extent.at &&
      last.offset + last.length === extent.offset
    if (last && follows) last.length += extent.length
    else all.push({ ...extent })
  }
  return all
}
