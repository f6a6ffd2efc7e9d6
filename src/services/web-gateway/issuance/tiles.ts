/**
 * The tree of a public log, read by its tiles: files of at most 256 hashes or certificates.
 *
 * Source: C2SP static-ct-api, "Merkle Tree" and "Log entries".
 *
 * @module
 */
import { TILE_WIDTH, tileIndexPath } from '#crypto/hash-tiles.ts'
import { nodeHash } from '#crypto/merkle.ts'
import type { SubtreeHash } from '#crypto/merkle-proof.ts'
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { FetchFile } from '#system/http-call.ts'

/** Levels of the tree in one tile. */
const TILE_HEIGHT = 8
const OK = 200
/** Tiles that one proof may need: two at each of seven levels, and some. */
const TILES_MAX = 32

export class LogTiles {
  readonly #url: string
  readonly #size: number
  readonly #fetch: FetchFile
  readonly #hashes = new Map<string, Buffer>()

  /**
   * @param url The log's monitoring prefix.
   * @param size Of the tree, as a checkpoint has it: no other tiles may be asked for.
   */
  constructor(url: string, size: number, fetch: FetchFile) {
    this.#url = url
    this.#size = size
    this.#fetch = fetch
  }

  /**
   * The certificates of one tile, as the log writes them.
   *
   * @throws {FaultError} HTTP_CALL_FAILED.
   */
  async data(tile: number): Promise<Buffer> {
    return await this.#read('data', tile, this.#size)
  }

  /**
   * Works something out from hashes of subtrees, and reads the tiles it needs.
   *
   * @throws {FaultError} HTTP_CALL_FAILED.
   * @throws {IntegrityError} CT_LOG_INCONSISTENT: a tile has not as many hashes as it must.
   */
  async compute<Result>(work: (subtree: SubtreeHash) => Result): Promise<Result> {
    for (let turn = 0; turn < TILES_MAX; turn++) {
      const missing: Missing[] = []
      const read: SubtreeHash = (level, index) => this.#subtree(level, index, missing)
      const result = work(read)
      if (missing.length === 0) return result
      for (const { level, tile } of missing.slice(0, TILES_MAX)) await this.#load(level, tile)
    }
    throw new IntegrityError('CT_LOG_INCONSISTENT', 'a proof needs more tiles than a tree has')
  }

  /** What is not there yet is noted, and stood for by nothing. */
  #subtree(level: number, index: number, missing: Missing[]): Uint8Array {
    const above = Math.floor(level / TILE_HEIGHT)
    const width = 2 ** (level % TILE_HEIGHT)
    const tile = Math.floor((index * width) / TILE_WIDTH)
    const hashes = this.#hashes.get(`${above}/${tile}`)
    if (!hashes) {
      if (!missing.some((each) => each.level === above && each.tile === tile)) {
        missing.push({ level: above, tile })
      }
      return nothing
    }
    return foldRange(hashes, (index * width) % TILE_WIDTH, width)
  }

  async #load(level: number, tile: number): Promise<void> {
    const count = Math.floor(this.#size / TILE_WIDTH ** level)
    const bytes = await this.#read(String(level), tile, count)
    const width = widthOf(tile, count)
    if (bytes.length < width * SHA256_SIZE) {
      throw new IntegrityError('CT_LOG_INCONSISTENT', `tile ${level}/${tile} is too short`)
    }
    this.#hashes.set(`${level}/${tile}`, bytes)
  }

  /** A log may have dropped a partial tile since the full one is there. */
  async #read(kind: string, tile: number, count: number): Promise<Buffer> {
    const width = widthOf(tile, count)
    const full = `tile/${kind}/${tileIndexPath(tile)}`
    if (width === TILE_WIDTH) return await readFile(this.#url, full, this.#fetch)
    const partial = await this.#fetch(fileOf(this.#url, `${full}.p/${width}`))
    return partial.status === OK ? partial.bytes : await readFile(this.#url, full, this.#fetch)
  }
}

/** One file of a log. @throws {FaultError} HTTP_CALL_FAILED: it did not come. */
export async function readFile(url: string, path: string, fetch: FetchFile): Promise<Buffer> {
  const { status, bytes } = await fetch(fileOf(url, path))
  if (status === OK) return bytes
  throw new FaultError('HTTP_CALL_FAILED', `${url} answered ${status} for ${path}`)
}

function fileOf(url: string, path: string): string {
  return `${url}${url.endsWith('/') ? '' : '/'}${path}`
}

type Missing = { readonly level: number; readonly tile: number }

const nothing: Uint8Array = new Uint8Array(SHA256_SIZE)

function widthOf(tile: number, count: number): number {
  return Math.min(TILE_WIDTH, count - tile * TILE_WIDTH)
}

function foldRange(hashes: Buffer, start: number, width: number): Uint8Array {
  if (width === 1) return hashes.subarray(start * SHA256_SIZE, (start + 1) * SHA256_SIZE)
  const half = width / 2
  return nodeHash(foldRange(hashes, start, half), foldRange(hashes, start + half, half))
}
