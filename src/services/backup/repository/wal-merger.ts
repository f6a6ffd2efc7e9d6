/**
 * Makes the many small parts of the log into few: while their plaintext and key are still in
 * memory, neighbours are sealed again as one object. The parts go later (sweep.ts).
 *
 * Parts come at least every second; ninety days of them would be millions of objects. What is not
 * merged, because the process ended or a region was slow, stays in parts and is as good.
 *
 * Source: docs/formats/repository.md §9.3.
 *
 * @module
 */
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import { concatBytes } from '#lib/byte-fields.ts'
import type { DataKey, Random } from './data-key.ts'
import type { Regions } from './regions.ts'
import { prepareChunk } from './sealing.ts'
import { sealWalWhole, type WalPart } from './wal-part.ts'

/** A part that was just sealed and is on its way. */
export type SealedPart = {
  readonly part: WalPart
  readonly link: Uint8Array
  /** Its WAL. */
  readonly plain: Uint8Array
  readonly dataKey: DataKey
  readonly walSegmentSize: number
  /** Resolves when the required regions hold it. */
  readonly durable: Promise<void>
}

export type WalMergerPorts = {
  readonly regions: Regions
  readonly signingKey: SigningKey
  readonly repositoryId: Uint8Array
  readonly random: Random
}

const GROUP_BYTES_MAX = 16 * 1024 * 1024
const GROUP_PARTS_MAX = 4096
const GROUP_MS = 10 * 60_000
/** Plaintext that waits to be merged; beyond it parts stay parts. */
const WAITING_BYTES_MAX = 48 * 1024 * 1024

export class WalMerger {
  readonly #ports: WalMergerPorts
  #group: SealedPart[] = []
  #groupBytes = 0
  #waitingBytes = 0
  #merging: Promise<void> = Promise.resolve()

  constructor(ports: WalMergerPorts) {
    this.#ports = ports
  }

  /** Takes the next part of the log. Never waits, never throws. */
  take(sealed: SealedPart): void {
    const first = this.#group[0]
    if (first && !this.#fits(first, sealed)) this.#close()
    this.#group.push(sealed)
    this.#groupBytes += sealed.plain.length
    const { endLsn } = sealed.part
    if (endLsn % BigInt(sealed.walSegmentSize) === 0n) this.#close() // the segment is complete
  }

  /** Resolves when what was taken so far, but for the last unfinished group, is merged. */
  async settled(): Promise<void> {
    await this.#merging
  }

  #fits(first: SealedPart, next: SealedPart): boolean {
    const last = this.#group.at(-1) ?? first
    return (
      first.dataKey === next.dataKey &&
      last.part.run === next.part.run &&
      last.part.endLsn === next.part.startLsn &&
      next.part.writtenMs - first.part.writtenMs < GROUP_MS &&
      this.#groupBytes + next.plain.length <= GROUP_BYTES_MAX &&
      this.#group.length < GROUP_PARTS_MAX
    )
  }

  #close(): void {
    const [group, bytes] = [this.#group, this.#groupBytes]
    this.#group = []
    this.#groupBytes = 0
    if (group.length < 2 || this.#waitingBytes + bytes > WAITING_BYTES_MAX) return
    this.#waitingBytes += bytes
    this.#merging = this.#merging
      .then(() => this.#merge(group))
      .catch(() => undefined) // they stay parts
      .finally(() => (this.#waitingBytes -= bytes))
  }

  async #merge(group: readonly SealedPart[]): Promise<void> {
    const [first, last] = [group[0], group.at(-1)]
    if (!first || !last) return
    await last.durable // and so are all before it
    const plain = concatBytes(group.map((one) => one.plain))
    const chunks = []
    for (let at = 0; at < plain.length; at += CHUNK_SIZE) {
      chunks.push(await prepareChunk(plain.subarray(at, at + CHUNK_SIZE)))
    }
    const { endLsn, writtenMs } = last.part
    const whole = { ...first.part, endLsn, writtenMs, link: last.link, parts: group.length }
    const { regions, random, ...how } = this.#ports
    const { dataKey, walSegmentSize } = first
    const salt = random(16)
    const object = sealWalWhole(whole, chunks, { ...how, dataKey, walSegmentSize, salt })
    await regions.put('bulk', object)
  }
}
