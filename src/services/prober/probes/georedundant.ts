/**
 * backup.georedundant: what one region has, every region has.
 *
 * @module
 */
import type { Finding } from '#lib/claims/statement.ts'
import { FaultError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import type { Clock } from '#system/clock.ts'
import { finding, verdictOf, type Probe } from '../probe.ts'

export type RegionView = {
  readonly name: string
  readonly store: ObjectStore
  /** One that is not may be away without the claim being false. Default true. */
  readonly required?: boolean
}

export type RegionsTarget = {
  readonly regions: readonly RegionView[]
  readonly clock: Clock
  /** Tells names that retention has given up: they go, in each region in its own time. */
  readonly givenUp?: () => Promise<(name: string) => boolean>
}

/** Copies travel at the same time: what one region has, another may get this much later. */
const TRAVEL_MS = 5000
const OBJECTS_MAX = 500_000
const REGIONS_MIN = 2

export function georedundantProbe({ regions, clock, givenUp }: RegionsTarget): Probe {
  return {
    version: 2,
    measure: async (signal) => {
      const before = await look(regions)
      if (before.length < REGIONS_MIN)
        return verdictOf([], [finding('BACKUP_ONE_REGION', { regions: before.length })])
      const names = new Set(before.flatMap(({ names }) => [...names]))
      await clock.sleep(TRAVEL_MS, signal)
      const after = await look(regions)
      const isGone = (await givenUp?.()) ?? (() => false)
      // Gone everywhere meanwhile (expired, merged) is no missing copy.
      const expected = [...names].filter((name) => after.some((region) => region.names.has(name)))
      const bad = after.flatMap(({ name: region, names: present }) => {
        const replaced = new Replaced(present)
        const missing = expected.filter(
          (name) => !present.has(name) && !replaced.has(name) && !isGone(name),
        )
        const [object] = missing
        if (object === undefined) return []
        return [finding('BACKUP_COPY_MISSING', { region, count: missing.length, object })]
      })
      if (expected.length === 0) return verdictOf([], [finding('BACKUP_FULL_MISSING')])
      if (after.length < REGIONS_MIN) {
        bad.push(finding('BACKUP_ONE_REGION', { regions: after.length }))
      }
      const good = [
        finding('BACKUP_COPIES_EQUAL', { objects: expected.length, regions: after.length }),
      ]
      return verdictOf([...good, ...silent(regions, after)], bad)
    },
  }
}

type Seen = { readonly name: string; readonly names: ReadonlySet<string> }

/** @throws {FaultError} When a required region does not answer. */
async function look(regions: readonly RegionView[]): Promise<Seen[]> {
  const seen = await Promise.all(
    regions.map(async (region) => {
      try {
        return [{ name: region.name, names: new Set(await namesIn(region)) }]
      } catch (error) {
        if (region.required === false && error instanceof FaultError) return []
        throw error
      }
    }),
  )
  return seen.flat()
}

function silent(regions: readonly RegionView[], seen: readonly Seen[]): Finding[] {
  const heard = new Set(seen.map(({ name }) => name))
  return regions
    .filter(({ name }) => !heard.has(name))
    .map(({ name }) => finding('BACKUP_REGION_SILENT', { region: name }))
}

export async function namesIn({ store }: RegionView): Promise<string[]> {
  const found: string[] = []
  for await (const { name } of store.list('')) {
    found.push(name)
    if (found.length > OBJECTS_MAX) throw new RangeError(`more than ${OBJECTS_MAX} objects`)
  }
  return found
}

const WAL_NAME = /^(wal\/.*\/)([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{16})(-whole)?$/

/**
 * Parts of the log and entries of the catalogue go, in each region in its own time, when one
 * object says the same. Source: docs/formats/repository.md §4.7 and §9.3.
 */
class Replaced {
  readonly #wholes = new Map<string, { readonly from: string; readonly to: string }[]>()
  /** Key id → the newest of its objects. */
  readonly #keys = new Map<string, string>()
  #newestFold = ''

  constructor(names: ReadonlySet<string>) {
    for (const name of names) {
      if (/^catalogue\/.*-fold$/.test(name) && name > this.#newestFold) this.#newestFold = name
      if (name.startsWith('keys/') && name > (this.#keys.get(keyOf(name)) ?? '')) {
        this.#keys.set(keyOf(name), name)
      }
      const [, folder = '', from = '', to = '', run = '', whole] = WAL_NAME.exec(name) ?? []
      if (whole === undefined) continue
      const place = folder + run
      this.#wholes.set(place, [...(this.#wholes.get(place) ?? []), { from, to }])
    }
  }

  has(name: string): boolean {
    // Which entries a fold keeps, only the catalogue's readers know: verify looks for them.
    if (name.startsWith('catalogue/')) return name < this.#newestFold
    if (name.startsWith('keys/')) return name < (this.#keys.get(keyOf(name)) ?? '')
    const [, folder = '', start = '', end = '', run = ''] = WAL_NAME.exec(name) ?? []
    const near = this.#wholes.get(folder + run) ?? []
    return near.some(({ from, to }) => from <= start && end <= to)
  }
}

/** `keys/ID-GENERATION` → its ID. */
function keyOf(name: string): string {
  return name.slice(0, name.lastIndexOf('-'))
}
