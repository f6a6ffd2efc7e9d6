/**
 * A row of bytes that becomes sealed objects, one after the other, in every region.
 *
 * Memory is bounded whatever its length: a few chunks in work, one growing object, and what the
 * slowest required region has before it.
 *
 * @module
 */
import { joinCrc32c } from '#crypto/crc32c-join.ts'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { toHex } from '#lib/byte-fields.ts'
import { release } from '#lib/release.ts'
import { poolPress, sumsOf, type ChunkPart, type ChunkPress } from './chunk-press.ts'
import type { DataKey, Random } from './data-key.ts'
import type { ObjectProof } from './entries.ts'
import { encodeLine, type Extent, type ManifestLine } from './manifest.ts'
import { sha256Aside } from './object-frame.ts'
import type { Regions } from './regions.ts'
import { SealedObject, type PreparedChunk } from './sealing.ts'

const PACK_SEALED_BYTES = 16 * 1024 * 1024
const PACK_PLAIN_BYTES = 1024 * 1024 * 1024
/** The chunk that closes a pack may be a whole one; and something for heads and tags. */
const PACK_MAX_BYTES = PACK_SEALED_BYTES + CHUNK_SIZE + 64 * 1024
/** Chunks compressed at once: as many as the thread pool has threads. */
const CHUNKS_IN_WORK = 4

export type PackRowPorts = {
  readonly regions: Regions
  readonly random: Random
  readonly repositoryId: Uint8Array
  readonly dataKey: DataKey
}

/** CRC-32C of what was written since it began, once all of it is through. */
export type RunningSum = { crc32c: number }

/** Bytes of a chunk that belong to a sum. */
type Part = ChunkPart & { readonly sum: RunningSum }

/** A row of bytes; of manifests, one object takes it all. */
export class PackRow {
  readonly #nameOf: (number: number) => string
  readonly #kind: 'pack' | 'manifest'
  readonly #ports: PackRowPorts
  readonly #press: ChunkPress
  readonly #proofs: Promise<ObjectProof>[] = []
  /** Where in the row each object begins. */
  readonly #starts: number[] = []
  readonly chunkSizes: number[][] = []
  #current: SealedObject | undefined
  /**
   * Where packs grew that every region holds by now: left to the collector, there would be many. A
   * region that did not take one may still be reading it.
   */
  readonly #spare: Uint8Array[] = []
  #chunk: Uint8Array
  #chunkSize = 0
  /** Parts of the chunk that have ended. */
  #parts: Part[] = []
  #sum: RunningSum | undefined
  /** Where in the chunk the sum goes on. */
  #sumFrom = 0
  #tail: Promise<void> = Promise.resolve()
  #inWork = 0
  #sealedTo = 0
  #waiter: (() => void) | undefined
  #failure: unknown
  length = 0

  /** @param press Is closed by whoever gave it. */
  constructor(
    nameOf: (number: number) => string,
    kind: 'pack' | 'manifest',
    ports: PackRowPorts,
    press: ChunkPress = poolPress(),
  ) {
    this.#nameOf = nameOf
    this.#kind = kind
    this.#ports = ports
    this.#press = press
    this.#chunk = press.take()
  }

  get packCount(): number {
    return this.chunkSizes.length
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure
    for (let at = 0; at < bytes.length;) {
      if (this.#chunkSize === CHUNK_SIZE) this.#cut(false) // only now: the last chunk is known last
      const part = bytes.subarray(at, at + CHUNK_SIZE - this.#chunkSize)
      this.#chunk.set(part, this.#chunkSize)
      this.#chunkSize += part.length
      at += part.length
    }
    this.length += bytes.length
    return this.#inWork >= CHUNKS_IN_WORK ? this.#untilRoom() : undefined
  }

  /** From now on bytes count for this sum; undefined: for none. */
  sumInto(sum: RunningSum | undefined): void {
    this.#endPart()
    this.#sum = sum
  }

  /** Resolves when every sum holds all that was written for it. */
  async summed(): Promise<void> {
    this.#endPart()
    const parts = this.#parts.splice(0)
    const sums = sumsOf(this.#chunk, parts)
    await this.#tail
    if (this.#failure !== undefined) throw this.#failure
    join(parts, sums)
  }

  #endPart(): void {
    const [from, to] = [this.#sumFrom, this.#chunkSize]
    if (this.#sum && from < to) this.#parts.push({ sum: this.#sum, from, to })
    this.#sumFrom = to
  }

  async writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += CHUNK_SIZE) {
      await this.write(bytes.subarray(at, at + CHUNK_SIZE))
    }
  }

  /** Ends the row. @returns Proofs of its objects, once every required region holds them. */
  async finish(): Promise<ObjectProof[]> {
    if (this.#chunkSize > 0) this.#cut(true)
    await this.#tail
    if (this.#failure !== undefined) throw this.#failure
    const proofs = await Promise.all(this.#proofs)
    for (const spare of this.#spare.splice(0)) release(spare)
    return proofs
  }

  /** Where `length` bytes of the row from `start` are; after `finish`. */
  extents(start: number, length: number): Extent[] {
    const extents: Extent[] = []
    let pack = this.#starts.findLastIndex((at) => at <= start)
    for (let done = 0; done < length; pack++) {
      const packStart = this.#starts[pack] ?? 0
      const packEnd = this.#starts[pack + 1] ?? this.length
      const offset = start + done - packStart
      const size = Math.min(length - done, packEnd - packStart - offset)
      extents.push({ at: done, length: size, source: 0, pack, offset })
      done += size
    }
    return extents
  }

  #cut(final: boolean): void {
    this.#endPart()
    const [buffer, size, parts] = [this.#chunk, this.#chunkSize, this.#parts]
    const places = parts.map(({ from, to }) => ({ from, to }))
    const pressed = this.#press.press({ buffer, size, parts: places })
    pressed.catch(() => {}) // awaited in its turn
    this.#chunk = this.#press.take()
    this.#chunkSize = 0
    this.#parts = []
    this.#sumFrom = 0
    this.#inWork++
    this.#tail = this.#tail
      .then(async () => {
        const chunk = await pressed
        join(parts, chunk.sums)
        await this.#seal(chunk, size, final)
      })
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#press.giveBack(buffer) // sealed by now, and so copied
        this.#inWork--
        this.#waiter?.()
      })
  }

  async #seal(chunk: PreparedChunk, plainSize: number, final: boolean): Promise<void> {
    if (this.#failure !== undefined) return
    const pack = (this.#current ??= this.#begin())
    const packPlain = this.#sealedTo + plainSize - (this.#starts.at(-1) ?? 0)
    const sealedSize = pack.size + chunk.bytes.length
    const full = sealedSize >= PACK_SEALED_BYTES || packPlain >= PACK_PLAIN_BYTES
    const last = final || (full && this.#kind === 'pack')
    pack.add(chunk, last)
    if (chunk.compressed) release(chunk.bytes)
    this.#sealedTo += plainSize
    if (!last) return
    this.chunkSizes.push(pack.chunkSizes)
    this.#current = undefined
    await this.#send(pack)
  }

  #begin(): SealedObject {
    const { dataKey, repositoryId, random } = this.#ports
    const name = this.#nameOf(this.#starts.length)
    this.#starts.push(this.#sealedTo)
    const kind = this.#kind
    const into = kind === 'pack' ? (this.#spare.pop() ?? new Uint8Array(PACK_MAX_BYTES)) : undefined
    return new SealedObject({ kind, name, dataKey, repositoryId, salt: random(16), into })
  }

  async #send(pack: SealedObject): Promise<void> {
    const { regions } = this.#ports
    const bytes = pack.finish()
    await regions.room('bulk')
    let users = regions.all.length + 1
    const used = (): void => {
      if (--users === 0 && pack.into) this.#spare.push(pack.into)
    }
    const sent = regions.put('bulk', { name: pack.name, bytes }, used)
    const proof = proofOf(bytes).then(async (made) => {
      used()
      await sent
      return made
    })
    proof.catch((error: unknown) => {
      this.#failure ??= error
    })
    sent.catch(() => {}) // told by the proof
    this.#proofs.push(proof)
  }

  async #untilRoom(): Promise<void> {
    while (this.#inWork >= CHUNKS_IN_WORK) {
      await new Promise<void>((resolve) => {
        this.#waiter = resolve
      })
    }
    if (this.#failure !== undefined) throw this.#failure
  }
}

function join(parts: readonly Part[], sums: readonly number[]): void {
  for (const [at, { sum, from, to }] of parts.entries()) {
    sum.crc32c = joinCrc32c(sum.crc32c, sums[at] ?? 0, to - from)
  }
}

async function proofOf(bytes: Uint8Array): Promise<ObjectProof> {
  return { size: bytes.length, sha256: toHex(await sha256Aside(bytes)) }
}

/** Stores a manifest: its lines, and the line that says how many they are. */
export async function storeManifest(
  name: string,
  lines: Iterable<ManifestLine>,
  ports: PackRowPorts,
): Promise<ObjectProof> {
  const row = new PackRow(() => name, 'manifest', ports)
  let count = 0
  for (const line of lines) {
    await row.writeAll(new TextEncoder().encode(encodeLine(line)))
    count++
  }
  await row.writeAll(new TextEncoder().encode(encodeLine({ line: 'end', count })))
  const [proof] = await row.finish()
  return proof ?? { size: 0, sha256: '' }
}
