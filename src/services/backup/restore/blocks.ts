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
    gaps = inherited(fill(gaps, file, link.sources, placed), file.inherits)
  }
  return placed.sort((a, b) => a.at - b.at)
}

type Range = { readonly from: number; readonly to: number }

/** Gaps may be tens of thousands and links many: both are walked once, in step. */
function fill(
  gaps: readonly Range[],
  { extents }: ManifestFile,
  sources: readonly string[],
  placed: PlacedExtent[],
): readonly Range[] {
  if (extents.length === 0) return gaps
  const left: Range[] = []
  let index = 0
  for (const gap of gaps) {
    let { from } = gap
    for (; index < extents.length; index++) {
      const extent = extents[index]!
      const end = extent.at + extent.length
      if (extent.at >= gap.to) break
      if (end <= from) continue
      const [start, to] = [Math.max(extent.at, from), Math.min(end, gap.to)]
      if (from < start) left.push({ from, to: start })
      placed.push({
        at: start,
        length: to - start,
        backupId: sources[extent.source] ?? '',
        pack: extent.pack,
        offset: extent.offset + (start - extent.at),
      })
      from = to
      if (end > gap.to) break // the next gap may have the rest of it
    }
    if (from === gap.from) left.push(gap)
    else if (from < gap.to) left.push({ from, to: gap.to })
  }
  return left
}

/** What of the gaps the parent may have. */
function inherited(gaps: readonly Range[], end: number): readonly Range[] {
  const last = gaps.at(-1)
  if (!last || last.to <= end) return gaps
  return gaps
    .filter(({ from }) => from < end)
    .map((gap) => (gap.to <= end ? gap : { from: gap.from, to: end }))
}

/** Index of the first extent that ends after `at`. */
export function firstFrom(extents: readonly Pick<Extent, 'at' | 'length'>[], at: number): number {
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
