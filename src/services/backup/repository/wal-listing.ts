/**
 * What WAL a region holds, by the names alone.
 *
 * @module
 */
import type { ObjectStore } from '#storage/object-store.ts'
import { parseWalName, WAL_FOLDER, walFolder, walName, type WalName } from './names.ts'
import type { WalRange } from './repository.ts'

/** All WAL objects of a store, or of one timeline, or of one segment. */
export async function* listWal(
  store: ObjectStore,
  where: { readonly timeline?: number; readonly segmentLsn?: bigint } = {},
): AsyncGenerator<WalName> {
  const { timeline, segmentLsn } = where
  const folder = timeline === undefined ? WAL_FOLDER : walFolder(timeline, segmentLsn)
  for await (const { name } of store.list(folder)) {
    const part = parseWalName(name)
    if (part && walName(part) === name) yield part
  }
}

/** Which parts of the log have been made into one: they may be gone. */
export class WholeLog {
  readonly #wholes = new Map<string, WalName[]>()

  add(part: WalName): void {
    if (!part.whole) return
    const place = placeOf(part)
    const known = this.#wholes.get(place)
    if (known) known.push(part)
    else this.#wholes.set(place, [part])
  }

  /** Whether this is the name of a part that an added object replaces. */
  covers(name: string): boolean {
    const part = parseWalName(name)
    if (!part || part.whole) return false
    const near = this.#wholes.get(placeOf(part)) ?? []
    return near.some((whole) => whole.startLsn <= part.startLsn && part.endLsn <= whole.endLsn)
  }
}

/** What of a store's log is in one object. */
export async function wholeLog(
  store: ObjectStore,
  where?: Parameters<typeof listWal>[1],
): Promise<WholeLog> {
  const wholes = new WholeLog()
  for await (const part of listWal(store, where)) wholes.add(part)
  return wholes
}

/** Only parts of the same run, in the same segment, are replaced. */
export function placeOf({ run, timeline, segmentLsn }: WalName): string {
  return `${run} ${timeline} ${segmentLsn}`
}

/** Ranges without a hole, and the last part of each timeline, from parts in any order. */
export class WalRanges {
  readonly #byTimeline = new Map<number, WalRange[]>()
  readonly #last = new Map<number, WalName>()

  add(part: WalName): void {
    const last = this.#last.get(part.timeline)
    if (!last || part.endLsn > last.endLsn) this.#last.set(part.timeline, part)
    this.addRange(part)
  }

  addRange({ timeline, startLsn, endLsn }: WalRange): void {
    const ranges = this.#byTimeline.get(timeline) ?? []
    this.#byTimeline.set(timeline, ranges)
    const tail = ranges.at(-1)
    if (tail && tail.startLsn <= startLsn && startLsn <= tail.endLsn) {
      ranges[ranges.length - 1] = { ...tail, endLsn: later(tail.endLsn, endLsn) }
      return
    }
    ranges.push({ timeline, startLsn, endLsn })
    if (tail && startLsn < tail.startLsn) this.#byTimeline.set(timeline, merge(ranges))
  }

  get ranges(): readonly WalRange[] {
    return [...this.#byTimeline.entries()]
      .sort(([a], [b]) => a - b)
      .flatMap(([, ranges]) => merge(ranges))
  }

  lastOf(timeline: number): WalName | undefined {
    return this.#last.get(timeline)
  }
}

function merge(ranges: readonly WalRange[]): WalRange[] {
  const sorted = ranges.toSorted((a, b) => (a.startLsn < b.startLsn ? -1 : 1))
  const merged: WalRange[] = []
  for (const range of sorted) {
    const tail = merged.at(-1)
    if (tail && range.startLsn <= tail.endLsn) {
      merged[merged.length - 1] = { ...tail, endLsn: later(tail.endLsn, range.endLsn) }
    } else merged.push(range)
  }
  return merged
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
