/**
 * Backups put together in the repository, on the side of the process that signs: it makes the key,
 * looks that every region has what another process copied, and enters it in the catalogue.
 *
 * It never sees contents. Positions, times and facts are of its own entry of the backup that the
 * copy was made from. Source: docs/decisions/0031-synthetic-full.md.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import { FaultError, UsageError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { Chains } from '../restore/choose.ts'
import type { CatalogueChain } from './chain.ts'
import { makeDataKey, type KeyMaker } from './data-key.ts'
import { backupRecord, type BackupEntry, type CatalogueEntry, type ObjectProof } from './entries.ts'
import { backupIdFrom, BACKUPS_FOLDER, manifestName, packName } from './names.ts'
import type { Region, Regions } from './regions.ts'
import type { BackupRecord } from './repository.ts'

export type SyntheticBegun = {
  readonly id: string
  /** Of the data key under which all of it is to be sealed; hex. */
  readonly key: string
}

/** What was stored. */
export type SyntheticContents = {
  readonly manifest: ObjectProof
  readonly fileCount: number
  readonly plainBytes: number
  readonly damagedPageCount: number
}

export type SyntheticPorts = {
  readonly regions: Regions
  readonly chain: CatalogueChain
  readonly keyMaker: KeyMaker
  readonly clock: Clock
  readonly enter: (entry: CatalogueEntry) => Promise<unknown>
  /** Backups being written: id → key id, hex. Retention leaves them alone. */
  readonly underWay: Map<string, string>
}

type Pending = SyntheticBegun & { readonly from: string; readonly packs: ObjectProof[] }

/** One at a time: who begins another gives up the one before. */
export class SyntheticBackups {
  readonly #ports: SyntheticPorts
  #pending: Pending | undefined

  constructor(ports: SyntheticPorts) {
    this.#ports = ports
  }

  /** @throws {UsageError} BACKUP_UNKNOWN, SYNTHETIC_NEEDLESS. @throws {FaultError} As stores. */
  async begin(from: string): Promise<SyntheticBegun> {
    const { chain, keyMaker, regions, underWay } = this.#ports
    const { backups, cluster } = chain.state
    const source = this.#source(from)
    const twin = backups.find(({ synthetic }) => synthetic?.from === from)
    if (source.parent === null || twin) {
      const builds = twin ? `${twin.id} was made from it` : 'it builds on nothing'
      throw new UsageError('SYNTHETIC_NEEDLESS', `${from} needs no synthetic backup: ${builds}`)
    }
    this.abort(this.#pending?.id ?? '')
    const { systemIdentifier = 0n } = cluster ?? {}
    // As old as what it will hold: retention goes by it.
    const periodStartMs = source.startedMs
    const made = makeDataKey(keyMaker, { purpose: 'backup', periodStartMs, systemIdentifier })
    const id = backupIdFrom(source.startedMs, keyMaker.random(8))
    const key = toHex(made.dataKey.header.keyId)
    this.#pending = { id, key, from, packs: [] }
    underWay.set(id, key)
    await regions.put('bulk', { name: made.name, bytes: made.bytes })
    return { id, key }
  }

  /**
   * Hears of packs that were stored, in order.
   *
   * @param first Number of the first of them.
   * @throws {UsageError} SYNTHETIC_UNKNOWN.
   */
  packs(id: string, first: number, packs: readonly ObjectProof[]): void {
    const pending = this.#find(id)
    if (first !== pending.packs.length) throw unknown(id)
    pending.packs.push(...packs)
  }

  /**
   * Enters it in the catalogue, once every required region has it.
   *
   * @throws {UsageError} SYNTHETIC_UNKNOWN, BACKUP_UNKNOWN. @throws {FaultError}
   *   SYNTHETIC_INCOMPLETE; as the stores.
   */
  async finish(id: string, contents: SyntheticContents): Promise<BackupRecord> {
    const { chain, clock, enter, underWay } = this.#ports
    const { key, from, packs } = this.#find(id)
    const { manifest } = contents
    const lacking = await this.#lacking(id, [
      [manifestName(id), manifest.size],
      ...packs.map(({ size }, number) => [packName(id, number), size] as const),
    ])
    for (const region of lacking) region.leave() // it is caught up from the others
    const source = this.#source(from)
    const entry: BackupEntry = {
      ...source,
      ...contents,
      id,
      key,
      packs,
      kind: 'full',
      parent: null,
      storedBytes: packs.reduce((sum, { size }) => sum + size, manifest.size),
      synthetic: { from, madeMs: clock.nowMs(), inPlaceOf: this.#inPlaceOf(source) },
    }
    await enter(entry)
    for (const region of lacking) region.leave() // caught up before, it would lack this one
    this.#pending = undefined
    underWay.delete(id)
    const { cluster } = chain.state
    if (!cluster) throw unknown(id)
    return backupRecord(entry, cluster)
  }

  /** What was stored of it is a left-over from now on. */
  abort(id: string): void {
    if (this.#pending?.id === id) this.#pending = undefined
    this.#ports.underWay.delete(id)
  }

  #find(id: string): Pending {
    if (this.#pending?.id !== id) throw unknown(id)
    return this.#pending
  }

  #source(from: string): BackupEntry {
    const source = this.#ports.chain.state.backups.find(({ id }) => id === from)
    if (source) return source
    throw new UsageError('BACKUP_UNKNOWN', `there is no backup ${from}; it may have been destroyed`)
  }

  /** All it builds on, and what those stand in for, as long as something builds on that. */
  #inPlaceOf(source: BackupEntry): readonly string[] {
    const { backups } = this.#ports.chain.state
    const parents = new Set(backups.map(({ parent }) => parent))
    const chains = new Chains(backups)
    const chain = [...chains.of(source), ...chains.of(source, true)]
    const inherited = chain.flatMap(({ synthetic }) => synthetic?.inPlaceOf ?? [])
    const ids = [...chain.map(({ id }) => id), ...inherited.filter((id) => parents.has(id))]
    return [...new Set(ids)]
  }

  /** Optional regions that have not all of it. @throws {FaultError} When a required one has not. */
  async #lacking(
    id: string,
    wanted: readonly (readonly [name: string, size: number])[],
  ): Promise<Region[]> {
    const lacking: Region[] = []
    for (const region of this.#ports.regions.all) {
      const { name: place, store, required } = region.place
      try {
        const sizes = new Map<string, number>()
        for await (const { name, size } of store.list(`${BACKUPS_FOLDER}/${id}`)) {
          sizes.set(name, size)
        }
        const missing = wanted.find(([name, size]) => sizes.get(name) !== size)
        if (!missing) continue
        const message = `region ${place} has no ${missing[0]} of ${missing[1]} bytes`
        throw new FaultError('SYNTHETIC_INCOMPLETE', message)
      } catch (error) {
        if (required || !(error instanceof FaultError)) throw error
        lacking.push(region)
      }
    }
    return lacking
  }
}

function unknown(id: string): UsageError {
  const message = `${id} is not being made, or not any more; begin again`
  return new UsageError('SYNTHETIC_UNKNOWN', message)
}
