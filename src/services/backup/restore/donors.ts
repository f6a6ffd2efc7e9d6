/**
 * Chunks whose blocks are put into other chunks: each opened once, held until its last use.
 *
 * @module
 */
import { IntegrityError } from '#lib/errors.ts'
import { release } from '#lib/release.ts'
import { sealedChunks, type SealedChunks } from '../repository/sealing.ts'
import type { Opening } from './opened-pieces.ts'
import type { PackSource } from './pack-source.ts'
import type { Donor, Patch } from './patches.ts'

type Pack = {
  readonly bytes: Promise<Uint8Array>
  readonly sealed: Promise<SealedChunks>
}

export class Donors {
  readonly #source: PackSource
  readonly #opening: Opening
  /** Patches that are still to be taken from each. */
  readonly #uses = new Map<Donor, number>()
  /** Pack → chunks of it that are still to be opened. */
  readonly #unopened = new Map<string, number>()
  readonly #packs = new Map<string, Pack>()
  readonly #opened = new Map<Donor, Promise<Uint8Array>>()

  /** @param patches All there will be. */
  constructor(source: PackSource, opening: Opening, patches: Iterable<Patch>) {
    this.#source = source
    this.#opening = opening
    for (const { donor } of patches) {
      const uses = this.#uses.get(donor) ?? 0
      this.#uses.set(donor, uses + 1)
      if (uses > 0) continue
      this.#unopened.set(donor.pack, (this.#unopened.get(donor.pack) ?? 0) + 1)
    }
  }

  /**
   * Puts newer blocks into a chunk.
   *
   * @throws As the source and `sealedChunks`; BACKUP_MANIFEST_DAMAGED when a donor is too short.
   */
  async patch(chunk: Uint8Array, patches: readonly Patch[]): Promise<void> {
    const donors = new Map<Donor, Uint8Array>()
    const wanted = new Set(patches.map(({ donor }) => donor))
    await Promise.all([...wanted].map(async (donor) => donors.set(donor, await this.#open(donor))))
    for (const { donor, from, to, into } of patches) {
      const bytes = donors.get(donor)!
      if (to > bytes.length) throw tooShort(donor.pack)
      chunk.set(bytes.subarray(from, to), into)
      const uses = (this.#uses.get(donor) ?? 0) - 1
      this.#uses.set(donor, uses)
      if (uses > 0) continue
      this.#opened.delete(donor)
      release(bytes)
    }
  }

  #open(donor: Donor): Promise<Uint8Array> {
    const known = this.#opened.get(donor)
    if (known) return known
    const opened = this.#openNow(donor)
    opened.catch(() => {}) // whoever waits for it hears of it
    this.#opened.set(donor, opened)
    return opened
  }

  async #openNow({ pack: name, chunk }: Donor): Promise<Uint8Array> {
    const pack = this.#packs.get(name) ?? this.#fetch(name)
    this.#packs.set(name, pack)
    const opened = await this.#opening(await pack.sealed, chunk)
    const left = (this.#unopened.get(name) ?? 0) - 1
    this.#unopened.set(name, left)
    if (left > 0) return opened
    this.#packs.delete(name)
    release(await pack.bytes)
    return opened
  }

  #fetch(name: string): Pack {
    const { repositoryId, dataKeys } = this.#source
    const bytes = this.#source.read(name)
    const sealed = bytes.then((all) => sealedChunks(name, all, ['pack'], repositoryId, dataKeys))
    return { bytes, sealed }
  }
}

/** A chunk does not hold what the manifest says. */
export function tooShort(pack: string): IntegrityError {
  return new IntegrityError('BACKUP_MANIFEST_DAMAGED', `${pack} is too short`)
}
