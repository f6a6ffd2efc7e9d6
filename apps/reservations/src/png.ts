/**
 * A PNG somebody hands in: looked at byte by byte, and only what makes the picture is kept.
 *
 * Text, dates, places and whatever else may hide in a file is dropped, so that what is served later
 * is an image and nothing besides. Source: https://www.w3.org/TR/png-3/ (§5, §11).
 *
 * @module
 */
import { crc32, inflateSync } from 'node:zlib'

/** Of the file as it comes and as it is kept. */
export const PNG_BYTES_MAX: number = 64 * 1024
/** Pixels, either way. */
export const PNG_SIDE_MAX = 512

/** Why a file is no logo; the word names the sentence. */
export class PngError extends Error {
  override readonly name = 'PngError'
  readonly word: 'logo.tooBig' | 'logo.notPng' | 'logo.tooWide' | 'logo.broken'

  constructor(word: PngError['word']) {
    super(word)
    this.word = word
  }
}

export type Png = { readonly width: number; readonly height: number; readonly bytes: Buffer }

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex')
/** What is kept; all else is ancillary. */
const kept: ReadonlySet<string> = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'])
/** Samples of a pixel by colour type, with the bit depths each may have (§11.2.1). */
const kinds: ReadonlyMap<number, readonly [samples: number, depths: readonly number[]]> = new Map([
  [0, [1, [1, 2, 4, 8, 16]]],
  [2, [3, [8, 16]]],
  [3, [1, [1, 2, 4, 8]]],
  [4, [2, [8, 16]]],
  [6, [4, [8, 16]]],
])

type Chunk = { readonly type: string; readonly data: Buffer; readonly whole: Buffer }

/** @throws {PngError} */
export function readPng(file: Uint8Array): Png {
  if (file.length > PNG_BYTES_MAX) throw new PngError('logo.tooBig')
  const bytes = Buffer.from(file)
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw new PngError('logo.notPng')
  const chunks = chunksOf(bytes)
  const [head] = chunks
  if (head?.type !== 'IHDR' || head.data.length !== 13) throw new PngError('logo.notPng')
  const [width, height] = [head.data.readUInt32BE(0), head.data.readUInt32BE(4)]
  if (width > PNG_SIDE_MAX || height > PNG_SIDE_MAX) throw new PngError('logo.tooWide')
  checkPixels(chunks, head.data, width, height)
  const parts = chunks.filter(({ type }) => kept.has(type)).map(({ whole }) => whole)
  return { width, height, bytes: Buffer.concat([SIGNATURE, ...parts]) }
}

/** Every chunk up to IEND, each with the right checksum, and nothing after. */
function chunksOf(bytes: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = SIGNATURE.length; at < bytes.length;) {
    if (at + 12 > bytes.length) throw new PngError('logo.broken')
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new PngError('logo.broken')
    const type = bytes.toString('latin1', at + 4, at + 8)
    const isWhole = crc32(bytes.subarray(at + 4, end - 4)) === bytes.readUInt32BE(end - 4)
    if (!isWhole) throw new PngError('logo.broken')
    chunks.push({
      type,
      data: bytes.subarray(at + 8, end - 4),
      whole: bytes.subarray(at, end),
    })
    at = end
    if (type === 'IEND' && at !== bytes.length) throw new PngError('logo.broken')
  }
  if (chunks.at(-1)?.type !== 'IEND') throw new PngError('logo.broken')
  return chunks
}

/** The pixels unpack to exactly what the head says: no bomb, no half picture. */
function checkPixels(chunks: readonly Chunk[], head: Buffer, width: number, height: number): void {
  const [depth = 0, colour = 0, method = 0, filter = 0, interlace = 0] = head.subarray(8)
  const [samples, depths] = kinds.get(colour) ?? []
  const isKnown =
    samples !== undefined && depths?.includes(depth) && width > 0 && height > 0 && method === 0
  if (!isKnown || filter !== 0 || interlace > 1) throw new PngError('logo.broken')
  const isIndexed = colour === 3
  if (isIndexed && !chunks.some(({ type }) => type === 'PLTE')) throw new PngError('logo.broken')
  const rowBytes = (pixels: number): number => Math.ceil((pixels * samples * depth) / 8)
  const passes = interlace === 0 ? [{ width, height }] : adam7(width, height)
  const expected = passes.reduce(
    (sum, pass) => sum + (pass.width === 0 ? 0 : pass.height * (1 + rowBytes(pass.width))),
    0,
  )
  const packed = Buffer.concat(chunks.flatMap(({ type, data }) => (type === 'IDAT' ? [data] : [])))
  try {
    const { length } = inflateSync(packed, { maxOutputLength: expected + 1 })
    if (length === expected) return
  } catch {
    // said below
  }
  throw new PngError('logo.broken')
}

/** The seven reduced images of an interlaced one (§8.1). */
function adam7(width: number, height: number): { width: number; height: number }[] {
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ] as const
  return passes.map(([x, y, dx, dy]) => ({
    width: Math.max(0, Math.ceil((width - x) / dx)),
    height: Math.max(0, Math.ceil((height - y) / dy)),
  }))
}
