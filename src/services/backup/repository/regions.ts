/**
 * All regions as one place to write: required ones are waited for, others may fall behind.
 *
 * @module
 */
import { FaultError, type VeiligError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { RegionLane, type LaneItem } from './lane.ts'
import { BACKUPS_FOLDER } from './names.ts'

/** One region as the operator names it. */
export type RegionPlace = {
  /** For people: 'region-a'. */
  readonly name: string
  readonly store: ObjectStore
  /** Whether nothing counts as durable before it is durable here. */
  readonly required: boolean
}

/** What waits for a region, at most, before it is left behind. */
const QUEUED_BYTES_MAX = 32 * 1024 * 1024
/** What waits for a required one before more is made: two packs are then under way. */
const ROOM_BYTES_MAX = 16 * 1024 * 1024

/** Log and bulk travel apart, so that a backup never delays the log. */
export type LaneName = 'log' | 'bulk'

export class Region {
  readonly place: RegionPlace
  readonly #lanes: Readonly<Record<LaneName, RegionLane>>
  /** Behind: gets no objects directly; the catch-up copies them from another region. */
  behind = false

  constructor(place: RegionPlace, clock: Clock) {
    this.place = place
    this.#lanes = {
      log: new RegionLane(place.store, clock),
      bulk: new RegionLane(place.store, clock),
    }
  }

  get fault(): string | undefined {
    return this.#lanes.log.fault ?? this.#lanes.bulk.fault ?? (this.behind ? 'behind' : undefined)
  }

  /** Resolves with whether the object is durable here: false when the region is behind. */
  async push(lane: LaneName, item: LaneItem): Promise<boolean> {
    const { queuedBytes } = this.#lanes[lane]
    if (!this.place.required && queuedBytes + item.bytes.length > QUEUED_BYTES_MAX) this.leave()
    if (this.behind) return false
    try {
      // A backup's packs in any order: its entry, which goes alone, comes after them.
      const free = lane === 'bulk' && item.name.startsWith(`${BACKUPS_FOLDER}/`)
      await this.#lanes[lane].push(free ? { ...item, pace: 'free' } : item)
      return true
    } catch (error) {
      if (this.place.required || !(error instanceof FaultError)) throw error
      return false
    }
  }

  /** Falls behind: what waits for it is given up, and nothing more is kept for it. */
  leave(): void {
    this.behind = true
    for (const lane of this.#each()) {
      lane.drop(tooSlow(this.place.name))
      lane.release()
    }
  }

  /**
   * Is no longer behind: from now on objects are kept for it, and go when `release` says so. Too
   * many, and it is behind again.
   */
  admit(): void {
    for (const lane of this.#each()) lane.hold()
    this.behind = false
  }

  release(): void {
    for (const lane of this.#each()) lane.release()
  }

  /** Resolves when what was pushed until now is durable here, or was given up. */
  async settled(): Promise<void> {
    await Promise.all(this.#each().map((lane) => lane.settled()))
  }

  room(lane: LaneName): Promise<void> {
    return this.place.required ? this.#lanes[lane].room(ROOM_BYTES_MAX) : Promise.resolve()
  }

  async close(): Promise<void> {
    await Promise.all(this.#each().map((lane) => lane.close()))
  }

  #each(): RegionLane[] {
    return Object.values(this.#lanes)
  }
}

/** Resolves when every required region holds the object. `each` hears of every region that does. */
export type PutEverywhere = (
  lane: LaneName,
  item: LaneItem,
  each?: (region: Region) => void,
) => Promise<void>

export class Regions {
  readonly all: readonly Region[]
  /** Rejects when a region holds what we did not write: someone else writes. */
  readonly failed: Promise<never>
  #fail: (error: unknown) => void = () => {}

  constructor(places: readonly RegionPlace[], clock: Clock) {
    this.all = places.map((place) => new Region(place, clock))
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {}) // heard by whoever awaits it
  }

  get required(): readonly Region[] {
    return this.all.filter(({ place }) => place.required)
  }

  readonly put: PutEverywhere = async (lane, item, each) => {
    const pushes = this.all.map(async (region) => {
      try {
        if (await region.push(lane, item)) each?.(region)
      } catch (error) {
        throw this.#refused(error, region)
      }
    })
    const waited = pushes.filter((_, at) => this.all[at]?.place.required)
    for (const push of pushes) push.catch(() => {}) // an optional one is told through `failed`
    await Promise.all(waited)
  }

  /** Waits while a required region has too much before it. */
  async room(lane: LaneName): Promise<void> {
    await Promise.all(this.all.map((region) => region.room(lane)))
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((region) => region.close()))
  }

  #refused(error: unknown, region: Region): unknown {
    if (error instanceof FaultError) return error
    const cause = error as VeiligError
    const message =
      `${region.place.name} holds other content under a name we write (${cause.message}); ` +
      'is a second backup process writing to this repository?'
    const other = new FaultError('REPOSITORY_OTHER_WRITER', message, { cause })
    this.#fail(other)
    return other
  }
}

function tooSlow(name: string): FaultError {
  return new FaultError('REGION_BEHIND', `${name} is too slow; it is caught up from another region`)
}
