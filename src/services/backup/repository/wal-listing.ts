/**
 * What WAL a region holds, by the names alone.
 *
 * @module
 */
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { IN_STEP_MAX } from './lane.ts'
import { parseWalName, WAL_FOLDER, walFolder, walName, type WalName } from './names.ts'
import type { WalRange } from './repository.ts'
import type { CatalogueState } from './state.ts'

/** Whether a part was given up: it is being deleted, and counts for nothing. */
export function isPartGivenUp(
  { logStarts }: Pick<CatalogueState, 'logStarts'>,
  { run, endLsn }: Pick<WalName, 'run' | 'endLsn'>,
): boolean {
  return endLsn <= (logStarts.get(run)?.endLsn ?? 0n)
}

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

/**
 * Ranges without a hole, and the last part of each timeline, from parts in any order.
 *
 * Parts of a run travel a few at once, so a crash may leave a hole with some of them behind it.
 * These are loose: nobody was promised them, and the log goes on where the hole begins. They do not
 * count. What else lies behind a hole does, so that the hole is seen.
 */
export class WalRanges {
  readonly #state: LogState | undefined
  readonly #runs = new Map<string, RunRanges>()
  readonly #others: WalRange[] = []

  /** @param state Tells where runs begin, and how far they surely came. */
  constructor(state?: LogState) {
    this.#state = state
  }

  add(part: WalName): void {
    if (this.#state && isPartGivenUp(this.#state, part)) return
    const run = this.#runs.get(part.run) ?? new RunRanges()
    this.#runs.set(part.run, run)
    run.add(part)
  }

  addRange(range: WalRange): void {
    this.#others.push(range)
  }

  get ranges(): readonly WalRange[] {
    const byTimeline = new Map<number, WalRange[]>()
    for (const { timeline, startLsn, endLsn } of [...this.#counted(), ...this.#others]) {
      const known = byTimeline.get(timeline)
      if (known) known.push({ timeline, startLsn, endLsn })
      else byTimeline.set(timeline, [{ timeline, startLsn, endLsn }])
    }
    const sorted = [...byTimeline.entries()].sort(([a], [b]) => a - b)
    return sorted.flatMap(([, ranges]) => merge(ranges))
  }

  lastOf(timeline: number): WalName | undefined {
    const own = this.#counted().filter((range) => range.timeline === timeline)
    return own.reduce<RunRange | undefined>(
      (last, range) => (last && last.endLsn >= range.endLsn ? last : range),
      undefined,
    )?.last
  }

  #counted(): RunRange[] {
    const { runs = [], runEnds, logStarts } = this.#state ?? {}
    const begun = new Map(runs.map(({ entry }) => [entry.run, entry.startLsn]))
    return [...this.#runs].flatMap(([run, ranges]) => {
      const beginLsn = logStarts?.get(run)?.endLsn ?? begun.get(run)
      return ranges.counted(beginLsn, runEnds?.get(run)?.endLsn ?? 0n)
    })
  }
}

export type LogState = Pick<CatalogueState, 'logStarts' | 'runEnds' | 'runs'>

type RunRange = WalRange & {
  /** How many objects it is of, at least. */
  readonly parts: number
  readonly last: WalName
}

/** What is there of one run. */
class RunRanges {
  /** Ascending, apart from each other. */
  #ranges: RunRange[] = []

  add(part: WalName): void {
    const { timeline, startLsn, endLsn } = part
    const tail = this.#ranges.at(-1)
    const range = { timeline, startLsn, endLsn, parts: 1, last: part }
    if (tail && startLsn >= tail.startLsn && startLsn <= tail.endLsn) {
      this.#ranges[this.#ranges.length - 1] = joined(tail, range)
    } else if (!tail || startLsn > tail.endLsn) this.#ranges.push(range)
    else this.#insert(range)
  }

  #insert(range: RunRange): void {
    const sorted = [...this.#ranges, range].sort((a, b) => (a.startLsn < b.startLsn ? -1 : 1))
    this.#ranges = []
    for (const next of sorted) {
      const tail = this.#ranges.at(-1)
      if (tail && next.startLsn <= tail.endLsn) this.#ranges.push(joined(this.#ranges.pop()!, next))
      else this.#ranges.push(next)
    }
  }

  /** @param beginLsn Where the run begins, where that is known. @param markLsn So far it came. */
  counted(beginLsn: Lsn | undefined, markLsn: Lsn): readonly RunRange[] {
    const startLsn = beginLsn ?? this.#ranges[0]?.startLsn ?? 0n
    const first = this.#ranges.find((at) => at.startLsn <= startLsn && startLsn <= at.endLsn)
    const reachedLsn = first?.endLsn ?? startLsn
    const behind = this.#ranges.filter((range) => range.startLsn > reachedLsn)
    const parts = behind.reduce((sum, range) => sum + range.parts, 0)
    const loose = parts < IN_STEP_MAX && markLsn <= reachedLsn
    return loose ? this.#ranges.slice(0, this.#ranges.length - behind.length) : this.#ranges
  }
}

/** @param a Begins no later, and `b` no later than where it ends. */
function joined(a: RunRange, b: RunRange): RunRange {
  if (b.endLsn <= a.endLsn) return { ...a, parts: Math.max(a.parts, b.parts) }
  const within = b.startLsn <= a.startLsn
  const parts = within ? Math.max(a.parts, b.parts) : a.parts + b.parts
  return { ...a, endLsn: b.endLsn, last: b.last, parts }
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
