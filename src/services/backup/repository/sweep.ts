/**
 * Deletes what something else has taken the place of: parts of the log that were made into one,
 * entries of the catalogue that a fold says.
 *
 * Only what took the place one sweep ago or longer: whoever listed the old names has read them.
 *
 * @module
 */
import { IntegrityError } from '#lib/errors.ts'
import type { CatalogueChain } from './chain.ts'
import { CATALOGUE_FOLDER, parseEntryName, walName, type WalName } from './names.ts'
import type { Region } from './regions.ts'
import type { RepositoryRoot } from './root.ts'
import { listWal, placeOf } from './wal-listing.ts'
import { parseWalPart } from './wal-part.ts'

/** What a sweep leaves to the next of the same region. */
type Seen = { readonly wholes: ReadonlySet<string>; readonly foldAt: number | undefined }

export class Sweeper {
  readonly #root: RepositoryRoot
  readonly #chain: CatalogueChain
  readonly #seen = new Map<Region, Seen>()

  constructor(root: RepositoryRoot, chain: CatalogueChain) {
    this.#root = root
    this.#chain = chain
  }

  /** @returns How many objects were deleted. @throws {FaultError} As the store. */
  async sweep(region: Region, signal: AbortSignal): Promise<number> {
    const before = this.#seen.get(region)
    const foldAt = this.#chain.foldAt
    const { wholes, parts } = await this.#list(region)
    this.#seen.set(region, { wholes: new Set(wholes.map(walName)), foldAt })
    if (!before) return 0
    const old = wholes.filter((whole) => before.wholes.has(walName(whole)))
    const doomed = await this.#covered(region, old, parts)
    if (before.foldAt !== undefined) doomed.push(...(await this.#folded(region, before.foldAt)))
    for (const name of doomed) {
      if (signal.aborted) break
      await region.place.store.delete(name)
    }
    return doomed.length
  }

  async #list({ place }: Region): Promise<{ wholes: WalName[]; parts: WalName[] }> {
    const wholes: WalName[] = []
    const parts: WalName[] = []
    for await (const part of listWal(place.store)) (part.whole ? wholes : parts).push(part)
    return { wholes, parts }
  }

  /** Parts whose log is in an object that is authentic: nothing else may take their place. */
  async #covered(
    { place }: Region,
    wholes: readonly WalName[],
    parts: readonly WalName[],
  ): Promise<string[]> {
    const byPlace = new Map<string, WalName[]>()
    for (const part of parts) {
      const neighbours = byPlace.get(placeOf(part))
      if (neighbours) neighbours.push(part)
      else byPlace.set(placeOf(part), [part])
    }
    const covered: string[] = []
    for (const whole of wholes) {
      const within = (byPlace.get(placeOf(whole)) ?? []).filter(
        ({ startLsn, endLsn }) => startLsn >= whole.startLsn && endLsn <= whole.endLsn,
      )
      if (within.length === 0 || !(await this.#authentic(place.store, walName(whole)))) continue
      covered.push(...within.map(walName))
    }
    return covered
  }

  async #authentic(store: Region['place']['store'], name: string): Promise<boolean> {
    try {
      const bytes = await store.get(name)
      this.#root.checkSignature(name, bytes)
      parseWalPart(name, bytes)
      return true
    } catch (error) {
      if (error instanceof IntegrityError) return false
      throw error
    }
  }

  async #folded({ place }: Region, foldAt: number): Promise<string[]> {
    const names: string[] = []
    for await (const { name } of place.store.list(CATALOGUE_FOLDER)) {
      const entry = parseEntryName(name)
      if (entry && entry.sequence < foldAt && this.#chain.isFolded(entry.sequence)) names.push(name)
    }
    return names
  }
}
