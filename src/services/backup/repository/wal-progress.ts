/**
 * How far each region has come with the log, and what may be called safe. Pure but for what the
 * regions say of themselves.
 *
 * Parts are counted from the opening of the repository on: each is stored in a region only after
 * the one before it, so a count says all.
 *
 * @module
 */
import assert from 'node:assert/strict'
import type { RunEnd } from './entries.ts'
import type { Region } from './regions.ts'
import type { RegionState, WalPosition } from './repository.ts'

/** How far a region has come. */
export type Progress = {
  parts: number
  end: RunEnd | undefined
  position: WalPosition | undefined
  /** Whether `parts` is true: not before a region that was away has been compared. */
  known: boolean
}

/** Times of acceptance are kept this far apart, and at most so many. */
const TIMES_APART_MS = 20
const TIMES_MAX = 8192

export class WalProgress {
  readonly #regions: readonly Region[]
  readonly #progress: ReadonlyMap<Region, Progress>
  readonly #accepted = new AcceptTimes()
  #acceptedParts = 0
  /** What was sent on to the regions: as far as the furthest of them can be. */
  readonly #sent: Progress = { parts: 0, end: undefined, position: undefined, known: true }
  /** How many regions must hold what PostgreSQL may forget. */
  #needed = 0

  constructor(regions: readonly Region[], position: WalPosition | undefined) {
    this.#regions = regions
    const start = (region: Region): Progress => ({
      parts: 0,
      end: undefined,
      position: region.behind ? undefined : position,
      known: !region.behind,
    })
    this.#progress = new Map(regions.map((region) => [region, start(region)]))
    this.#sent.position = position
  }

  /** At least so many regions, the required ones among them. */
  need(regions: number): void {
    this.#needed = regions
  }

  /** A part was accepted, and is not stored anywhere yet. */
  accept(nowMs: number): void {
    this.#accepted.add(this.#acceptedParts++, nowMs)
  }

  /** A part is on its way to all regions. */
  sent(end: RunEnd, position: WalPosition): void {
    this.#sent.parts++
    Object.assign(this.#sent, { end, position })
  }

  /** A region holds the next part. */
  stored(region: Region, end: RunEnd, position: WalPosition): void {
    const progress = this.#of(region)
    progress.parts++
    progress.end = end
    progress.position = position
    this.#accepted.forget(Math.min(...[...this.#progress.values()].map(({ parts }) => parts)))
  }

  /** A run begins where nothing lies before it that is still on its way. */
  begin(position: WalPosition): void {
    this.#sent.position = position
    for (const progress of this.#progress.values()) {
      if (progress.known && progress.parts === this.#acceptedParts) progress.position = position
    }
  }

  /** Notes how far the log was sent on, now. @returns Says that the region has come so far. */
  join(region: Region): () => void {
    const sent = { ...this.#sent }
    return () => Object.assign(this.#of(region), sent)
  }

  /** Of the required regions, the one that is least far. */
  slowest(): Progress | undefined {
    const required = this.#regions.filter(({ place }) => place.required)
    return required.map((region) => this.#of(region)).reduce(lesser)
  }

  /** What PostgreSQL may be told; undefined while fewer regions are level than it needs. */
  safe(): Progress | undefined {
    const slowest = this.slowest()
    const level = this.#regions.filter((region) => !region.behind && this.#of(region).known)
    const furthest = level.map((region) => this.#of(region)).sort((a, b) => b.parts - a.parts)
    const needed = Math.max(1, this.#needed)
    const last = furthest[needed - 1]
    return slowest && last && lesser(slowest, last)
  }

  /** Age of the oldest part that is not safe; 0: all is; undefined: not known. */
  unsafeMs(nowMs: number): number | undefined {
    const safe = this.safe()
    if (!safe) return undefined
    if (safe.parts === this.#acceptedParts) return 0
    return nowMs - (this.#accepted.of(safe.parts) ?? nowMs)
  }

  /** @param last Where the log ends that was accepted. @param nowMs On the monotonic clock. */
  states(last: WalPosition | undefined, nowMs: number): readonly RegionState[] {
    return this.#regions.map((region) => {
      const { position, parts, known } = this.#of(region)
      const apart = last && position && last.timeline === position.timeline
      const oldestMs = parts < this.#acceptedParts ? this.#accepted.of(parts) : undefined
      const lagMs = oldestMs === undefined ? 0 : nowMs - oldestMs
      return {
        name: region.place.name,
        required: region.place.required,
        durable: position,
        lagBytes: apart ? last.lsn - position.lsn : 0n,
        lagMs: known ? lagMs : undefined,
        fault: region.fault,
      }
    })
  }

  #of(region: Region): Progress {
    const progress = this.#progress.get(region)
    assert(progress)
    return progress
  }
}

function lesser(a: Progress, b: Progress): Progress {
  return b.parts < a.parts ? b : a
}

/**
 * When parts were accepted, about: never later than it was. A region may be away for weeks, so not
 * every part has an entry.
 */
class AcceptTimes {
  #times: { readonly part: number; readonly atMs: number }[] = []

  add(part: number, atMs: number): void {
    const last = this.#times.at(-1)
    if (last && atMs - last.atMs < TIMES_APART_MS) return
    this.#times.push({ part, atMs })
    if (this.#times.length > TIMES_MAX) this.#times = this.#times.filter((_, at) => at % 2 === 0)
  }

  of(part: number): number | undefined {
    return this.#times.findLast((time) => time.part <= part)?.atMs
  }

  /** All before this part are stored everywhere. */
  forget(part: number): void {
    const keep = this.#times.findLastIndex((time) => time.part <= part)
    if (keep > 0) this.#times.splice(0, keep)
  }
}
