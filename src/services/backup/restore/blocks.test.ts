/** One pass over a chain gives what applying its backups one after the other would give. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import type { Extent, ManifestFile } from '../repository/manifest.ts'
import { FileBlocks, type ChainLink, type PlacedExtent } from './blocks.ts'

const BLOCK = 8
const BLOCKS_MAX = 12

/** A backup of one file: its manifest, and the bytes of its only pack. */
type Made = { link: ChainLink; pack: Uint8Array }

function make(
  id: string,
  file: Omit<ManifestFile, 'path' | 'mode' | 'modifiedMs'>,
  pack: Uint8Array,
): Made {
  const files = new Map([['f', { ...file, path: 'f', mode: 0o600, modifiedMs: 0 }]])
  return { link: { sources: [id], files }, pack }
}

function full(id: string, content: Uint8Array): Made {
  const whole = { at: 0, length: content.length, source: 0, pack: 0, offset: 0 }
  const extents = content.length > 0 ? [whole] : []
  return make(id, { size: content.length, inherits: 0, extents }, content)
}

/** Some blocks new, the length changed; below `inherits` the rest is the parent's. */
function differential(id: string, before: Uint8Array, random: () => number): [Made, Uint8Array] {
  const blocks = Math.floor(random() * BLOCKS_MAX)
  const size = blocks * BLOCK
  const inherits = Math.min(size, Math.floor(random() * (before.length / BLOCK + 1)) * BLOCK)
  const after = new Uint8Array(size)
  after.set(before.subarray(0, inherits))
  const extents: Extent[] = []
  const pack: number[] = []
  for (let block = 0; block < blocks; block++) {
    if (random() < 0.6) continue
    const bytes = Array.from({ length: BLOCK }, () => Math.floor(random() * 256))
    extents.push({ at: block * BLOCK, length: BLOCK, source: 0, pack: 0, offset: pack.length })
    pack.push(...bytes)
    after.set(bytes, block * BLOCK)
  }
  return [make(id, { size, inherits, extents }, Uint8Array.from(pack)), after]
}

test('blocks: of each byte the newest wins, whatever the chain', () => {
  for (let seed = 0; seed < 500; seed++) {
    const random = mulberry32(seed)
    let content = Uint8Array.from({ length: BLOCK * 9 }, () => Math.floor(random() * 256))
    const chain: Made[] = [full('b0', content)]
    for (let at = 1; at <= 5; at++) {
      const [made, after] = differential(`b${at}`, content, random)
      chain.unshift(made)
      content = Uint8Array.from(after)
    }
    const packs = new Map(chain.map(({ link, pack }) => [link.sources[0], pack]))
    const restored = new Uint8Array(content.length)
    let end = 0
    for (const extent of resolved(chain.map(({ link }) => link))) {
      assert(extent.at >= end, `seed ${seed}: extents overlap`)
      end = extent.at + extent.length
      const pack = packs.get(extent.backupId)!
      restored.set(pack.subarray(extent.offset, extent.offset + extent.length), extent.at)
    }
    assert.deepEqual(restored, content, `seed ${seed}`)
  }
})

test('blocks: a file that an older backup lacks ends the search there', () => {
  const older: ChainLink = { sources: ['old'], files: new Map() }
  const newer = make('new', { size: 16, inherits: 16, extents: [] }, new Uint8Array(0))
  assert.deepEqual(resolved([newer.link, older, newer.link]), [])
})

/** @param chain Newest first. */
function resolved(chain: readonly ChainLink[]): PlacedExtent[] {
  const blocks = new FileBlocks('f', chain[0]?.files.get('f')?.size ?? 0)
  for (const link of chain) blocks.add(link)
  return blocks.extents()
}
