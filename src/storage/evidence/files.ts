/**
 * Names of the evidence log's files, and reading them back whole.
 *
 * Source: docs/formats/evidence.md §4, which is C2SP tlog-tiles.
 *
 * @module
 */
import { join } from 'node:path'
import { BUNDLE_WIDTH, unpackEntries } from '#crypto/evidence.ts'
import { HashTiles, TILE_WIDTH, tileIndexPath } from '#crypto/hash-tiles.ts'
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'

/** Where a log is kept. */
export type EvidencePlace = { readonly disk: Disk; readonly folder: string }

export const CHECKPOINT_FILE = 'checkpoint'
export const KEY_FILE = 'vkey'

/** Level of a tile's path: hashes of a level, or the entries themselves. */
export type TileLevel = number | 'entries'

export function tileFile(folder: string, level: TileLevel, index: number): string {
  return join(folder, 'tile', String(level), tileIndexPath(index))
}

/** @param width Of the part, 1 to 255. */
export function partFile(folder: string, level: TileLevel, index: number, width: number): string {
  return join(`${tileFile(folder, level, index)}.p`, String(width))
}

/**
 * A tile as far as it is on disk, at least `width` wide.
 *
 * @throws {IntegrityError} EVIDENCE_ALTERED when nothing that wide is there.
 */
export async function readTile(
  place: EvidencePlace,
  level: TileLevel,
  index: number,
  width: number,
): Promise<Uint8Array> {
  const { disk, folder } = place
  const whole = tileFile(folder, level, index)
  if ((await disk.size(whole)) !== undefined) return disk.read(whole)
  const parts = (await disk.list(`${whole}.p`)).map(Number).filter(Number.isSafeInteger)
  const widest = Math.max(0, ...parts)
  if (widest < width)
    throw new IntegrityError('EVIDENCE_ALTERED', `tile ${level}/${index} is missing or cut`)
  return disk.read(partFile(folder, level, index, widest))
}

/** All hashes of the first `size` leaves. @throws {IntegrityError} EVIDENCE_ALTERED. */
export async function loadTiles(place: EvidencePlace, size: number): Promise<HashTiles> {
  const tiles = new HashTiles()
  await extendTiles(place, tiles, size)
  return tiles
}

/** Reads leaf hashes until the tree has `size`. @throws {IntegrityError} EVIDENCE_ALTERED. */
export async function extendTiles(
  place: EvidencePlace,
  tiles: HashTiles,
  size: number,
): Promise<void> {
  while (tiles.size < size) {
    const index = Math.floor(tiles.size / TILE_WIDTH)
    const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
    const bytes = await readTile(place, 0, index, width)
    if (bytes.length < width * SHA256_SIZE)
      throw new IntegrityError('EVIDENCE_ALTERED', `tile 0/${index} is cut`)
    for (let at = tiles.size % TILE_WIDTH; at < width; at++) {
      tiles.append(bytes.subarray(at * SHA256_SIZE, (at + 1) * SHA256_SIZE))
    }
  }
}

/** Entries from `start` to before `end`, in order. @throws {IntegrityError} EVIDENCE_ALTERED. */
export async function readEntries(
  place: EvidencePlace,
  start: number,
  end: number,
): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = []
  for (let at = start; at < end;) {
    const index = Math.floor(at / BUNDLE_WIDTH)
    const stop = Math.min(end, (index + 1) * BUNDLE_WIDTH)
    const width = stop - index * BUNDLE_WIDTH
    const bundle = unpackEntries(await readTile(place, 'entries', index, width))
    if (bundle.length < width)
      throw new IntegrityError('EVIDENCE_ALTERED', `entry bundle ${index} is cut`)
    entries.push(...bundle.slice(at - index * BUNDLE_WIDTH, width))
    at = stop
  }
  return entries
}
