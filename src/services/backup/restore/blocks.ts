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

/** Where the bytes of one file are, while a chain is gone through from its newest backup on. */
export class FileBlocks {
  readonly #path: string
  readonly #placed: PlacedExtent[] = []
  #gaps: readonly Range[]

  /** @param size In the newest backup. */
  constructor(path: string, size: number) {
    this.#path = path
    this.#gaps = [{ from: 0, to: size }]
  }

  /** Takes what the next older backup has of what is still wanted, and keeps no more of it. */
  add({ files, sources }: ChainLink): void {
    if (this.#gaps.length === 0) return
    const file = files.get(this.#path)
    // What this backup lacks no older one has.
    this.#gaps = file ? inherited(fill(this.#gaps, file, sources, this.#placed), file.inherits) : []
  }

  /** Ascending, without overlap; what they leave uncovered is zero. */
  extents(): PlacedExtent[] {
    return this.#placed.sort((a, b) => a.at - b.at)
  }
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
