/**
 * Where each byte of a file is, when several backups together make it: the newest extent wins.
 *
 * @module
 */
import type { Extent, ManifestFile } from '../repository/manifest.ts'

/** One backup of a chain, newest first; its extents name packs of `sources`. */
export type ChainLink = {
  readonly sources: readonly string[]
  readonly files: ReadonlyMap<string, ManifestFile>
}

/** An extent whose pack is named. */
export type PlacedExtent = Omit<Extent, 'source'> & { readonly backupId: string }

/**
 * @param chain Newest first; the last is a full backup.
 * @returns Extents that ascend and do not overlap; what they leave uncovered is zero.
 */
export function resolveFile(chain: readonly ChainLink[], path: string): PlacedExtent[] {
  const placed: PlacedExtent[] = []
  let gaps: readonly Range[] = [{ from: 0, to: chain[0]?.files.get(path)?.size ?? 0 }]
  for (const link of chain) {
    const file = link.files.get(path)
    if (!file || gaps.length === 0) break
    const left: Range[] = []
    for (const gap of gaps) left.push(...fill(gap, file, link.sources, placed))
    gaps = left.flatMap(({ from, to }) => {
      const end = Math.min(to, file.inherits)
      return from < end ? [{ from, to: end }] : []
    })
  }
  return placed.sort((a, b) => a.at - b.at)
}

type Range = { readonly from: number; readonly to: number }

/** Takes from a file what lies in the gap. @returns What is left of the gap. */
function fill(
  gap: Range,
  file: ManifestFile,
  sources: readonly string[],
  placed: PlacedExtent[],
): Range[] {
  const left: Range[] = []
  let from = gap.from
  for (let index = firstFrom(file.extents, gap.from); index < file.extents.length; index++) {
    const extent = file.extents[index]
    if (!extent || extent.at >= gap.to) break
    const start = Math.max(extent.at, from)
    const end = Math.min(extent.at + extent.length, gap.to)
    if (start >= end) continue
    if (from < start) left.push({ from, to: start })
    placed.push({
      at: start,
      length: end - start,
      backupId: sources[extent.source] ?? '',
      pack: extent.pack,
      offset: extent.offset + (start - extent.at),
    })
    from = end
  }
  if (from < gap.to) left.push({ from, to: gap.to })
  return left
}

/** Index of the first extent that ends after `at`. */
function firstFrom(extents: readonly Extent[], at: number): number {
  let low = 0
  let high = extents.length
  while (low < high) {
    const middle = (low + high) >> 1
    const extent = extents[middle]
    if (extent && extent.at + extent.length <= at) low = middle + 1
    else high = middle
  }
  return low
}
