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
  /** Of the log, in these parts. */
  bytes: number
  end: RunEnd | undefined
  position: WalPosition | undefined
  /** Whether `parts` is true: not before a region that was away has been compared. */
  known: boolean
}

/** Moments are kept this far apart, and at most so many. */
const MOMENTS_APART_MS = 20
const MOMENTS_MAX = 4096

export class WalProgress {
  readonly #regions: readonly Region[]
  readonly #progress: ReadonlyMap<Region, Progress>
  readonly #moments = new Moments()
  #acceptedParts = 0
  #acceptedBytes = 0
  /** What was sent on to the regions: as far as the furthest of them can be. */
  readonly #sent: Progress = {
    parts: 0,
    bytes: 0,
    end: undefined,
    position: undefined,
    known: true,
  }
  /** How many regions must hold what PostgreSQL may forget. */
  #needed = 0
  #heldBack = false

  constructor(regions: readonly Region[], position: WalPosition | undefined) {
    this.#regions = regions
    const start = (region: Region): Progress => ({
      parts: 0,
      bytes: 0,
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

  /** Log is missing before what comes: until a full backup has it all, nothing is complete. */
  holdBack(): void {
    this.#heldBack = true
  }

  healed(): void {
    this.#heldBack = false
  }

  /** A part was accepted, and is not stored anywhere yet. */
  accept(bytes: number): void {
    this.#acceptedParts++
    this.#acceptedBytes += bytes
  }

  /** Then the server had no more than was accepted, and so many bytes that are not yet. */
  current(heldBytes: number, atMs: number): void {
    if (!this.#heldBack) this.#moments.add(this.#acceptedBytes + heldBytes, atMs)
  }

  /** A part is on its way to all regions. */
  sent(end: RunEnd, position: WalPosition, bytes: number): void {
    this.#sent.parts++
    this.#sent.bytes += bytes
    Object.assign(this.#sent, { end, position })
  }

  /** A region holds the next part. */
  stored(region: Region, end: RunEnd, position: WalPosition, bytes: number): void {
    const progress = this.#of(region)
    progress.parts++
    progress.bytes += bytes
    progress.end = end
    progress.position = position
    this.#moments.forget(Math.min(...[...this.#progress.values()].map((each) => each.bytes)))
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
    if (this.#heldBack && this.#needed > 0) return undefined // commits wait for it
    const slowest = this.slowest()
    const level = this.#regions.filter((region) => !region.behind && this.#of(region).known)
    const furthest = level.map((region) => this.#of(region)).sort((a, b) => b.parts - a.parts)
    const needed = Math.max(1, this.#needed)
    const last = furthest[needed - 1]
    return slowest && last && lesser(slowest, last)
  }

  /** How long ago all that the server had was safe; undefined: not known. */
  unsafeMs(nowMs: number): number | undefined {
    const safe = this.safe()
    const atMs = safe && this.#moments.of(safe.bytes)
    return atMs === undefined ? undefined : nowMs - atMs
  }

  /** @param last Where the log ends that was accepted. @param nowMs On the monotonic clock. */
  states(last: WalPosition | undefined, nowMs: number): readonly RegionState[] {
    return this.#regions.map((region) => {
      const { position, bytes, known } = this.#of(region)
      const apart = last && position && last.timeline === position.timeline
      const completeMs = known ? this.#moments.of(bytes) : undefined
      return {
        name: region.place.name,
        required: region.place.required,
        durable: position,
        lagBytes: apart ? last.lsn - position.lsn : 0n,
        lagMs: completeMs === undefined ? undefined : nowMs - completeMs,
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
 * Moments at which we had all that the server had, and how much that was. A region was complete at
 * the last of them that it has come to: not when it got the bytes, for those may be hours old.
 */
class Moments {
  #known: { bytes: number; atMs: number }[] = []

  add(bytes: number, atMs: number): void {
    const [before, last] = [this.#known.at(-2), this.#known.at(-1)]
    if (last && bytes === last.bytes) last.atMs = Math.max(last.atMs, atMs)
    else if (last && before && atMs - before.atMs < MOMENTS_APART_MS)
      Object.assign(last, { bytes, atMs })
    else this.#known.push({ bytes, atMs })
    // A region may be away for weeks: fewer moments only make it look older.
    if (this.#known.length > MOMENTS_MAX) {
      this.#known = this.#known.filter((_, at) => at % 2 === 0 || at === this.#known.length - 1)
    }
  }

  of(bytes: number): number | undefined {
    return this.#known.findLast((moment) => moment.bytes <= bytes)?.atMs
  }

  /** All up to here is stored everywhere. */
  forget(bytes: number): void {
    const keep = this.#known.findLastIndex((moment) => moment.bytes <= bytes)
    if (keep > 0) this.#known.splice(0, keep)
  }
}
