/**
 * What is missing of the log: every position on the way to every timeline is kept, or listed here.
 * Pure.
 *
 * @module
 */
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import { parseTimelineHistory } from '#protocol/postgres/replication/timeline-history.ts'
import type { Catalogue, WalRange } from '../repository/repository.ts'

type Stretch = { readonly startLsn: Lsn; readonly endLsn: Lsn }

/**
 * The gaps between what is kept, by timeline and position. What lies before the first byte kept on
 * the way to a timeline is no gap: there was no backup then.
 *
 * @param ranges As the catalogue has them.
 * @param histories Timeline → its history file.
 * @throws {ProtocolError} PG_VALUE_INVALID when a history file is none.
 */
export function findGaps(
  ranges: readonly WalRange[],
  histories: ReadonlyMap<number, Uint8Array>,
): readonly WalRange[] {
  const timelines = new Set([...ranges.map(({ timeline }) => timeline), ...histories.keys()])
  const gaps = new Map<string, WalRange>()
  for (const timeline of timelines) {
    for (const gap of gapsOnPath(pathTo(timeline, ranges, histories), ranges)) {
      gaps.set(`${gap.timeline} ${gap.startLsn} ${gap.endLsn}`, gap)
    }
  }
  return [...gaps.values()].sort(
    (a, b) => a.timeline - b.timeline || (a.startLsn < b.startLsn ? -1 : 1),
  )
}

/** Whether log was lost on the way to the newest timeline, and no full backup was taken since. */
export function hasOpenGap(catalogue: Pick<Catalogue, 'backups' | 'histories' | 'wal'>): boolean {
  const { backups, histories, wal } = catalogue
  const newest = Math.max(0, ...wal.map(({ timeline }) => timeline))
  const gaps = gapsOnPath(pathTo(newest, wal, histories), wal)
  const full = backups.findLast(({ kind }) => kind === 'full')
  return full !== undefined && gaps.some(({ endLsn }) => endLsn > full.startLsn)
}

/** The stretches of the path, oldest first; the last one ends where the log of it ends. */
function pathTo(
  timeline: number,
  ranges: readonly WalRange[],
  histories: ReadonlyMap<number, Uint8Array>,
): readonly WalRange[] {
  const history = histories.get(timeline)
  const ancestors = history ? parseTimelineHistory(Buffer.from(history).toString('utf8')) : []
  const path: WalRange[] = []
  let startLsn = 0n
  for (const { timeline: ancestor, endLsn } of ancestors) {
    path.push({ timeline: ancestor, startLsn, endLsn })
    startLsn = endLsn
  }
  const ends = ranges.filter((range) => range.timeline === timeline).map(({ endLsn }) => endLsn)
  const endLsn = ends.reduce((a, b) => (b > a ? b : a), startLsn)
  return [...path, { timeline, startLsn, endLsn }]
}

function gapsOnPath(path: readonly WalRange[], ranges: readonly WalRange[]): readonly WalRange[] {
  const missing = path.flatMap((stretch, at) => {
    // A timeline's first segment is kept whole: it has the last bytes of the ones before it too.
    const later = new Set(path.slice(at).map(({ timeline }) => timeline))
    const kept = ranges.filter(({ timeline }) => later.has(timeline))
    return holes(stretch, kept).map((hole) => ({ timeline: stretch.timeline, ...hole }))
  })
  const first = path.flatMap((stretch, at) => {
    const later = new Set(path.slice(at).map(({ timeline }) => timeline))
    return ranges
      .filter((range) => later.has(range.timeline) && range.endLsn > stretch.startLsn)
      .filter((range) => range.startLsn < stretch.endLsn)
      .map(({ startLsn }) => (startLsn > stretch.startLsn ? startLsn : stretch.startLsn))
  })
  const beginLsn = first.reduce<Lsn | undefined>(
    (least, lsn) => (least === undefined || lsn < least ? lsn : least),
    undefined,
  )
  return beginLsn === undefined ? [] : missing.filter(({ startLsn }) => startLsn >= beginLsn)
}

/** What of a stretch no range covers. */
function holes(stretch: Stretch, kept: readonly Stretch[]): readonly Stretch[] {
  const sorted = kept.toSorted((a, b) => (a.startLsn < b.startLsn ? -1 : 1))
  const found: Stretch[] = []
  let atLsn = stretch.startLsn
  for (const { startLsn, endLsn } of sorted) {
    if (startLsn >= stretch.endLsn) break
    if (startLsn > atLsn) found.push({ startLsn: atLsn, endLsn: startLsn })
    if (endLsn > atLsn) atLsn = endLsn
  }
  if (atLsn < stretch.endLsn) found.push({ startLsn: atLsn, endLsn: stretch.endLsn })
  return found
}
