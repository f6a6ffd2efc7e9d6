/**
 * One backup on its way in: files in a row, cut into chunks, chunks into packs, packs everywhere.
 *
 * Memory is bounded whatever the size: a few chunks in work, one growing pack, and what the slowest
 * required region has before it.
 *
 * @module
 */
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { toHex } from '#lib/byte-fields.ts'
import { ProtocolError, UsageError } from '#lib/errors.ts'
import { release } from '#lib/release.ts'
import type { Clock } from '#system/clock.ts'
import { checkDataPath } from './data-path.ts'
import type { DataKey, Random } from './data-key.ts'
import type { BackupEntry, ObjectProof } from './entries.ts'
import { encodeLine, type Extent, type ManifestLine } from './manifest.ts'
import { manifestName, packName } from './names.ts'
import type { Regions } from './regions.ts'
import type {
  BackupEnd,
  BackupRecord,
  BackupStart,
  BackupWriter,
  FileMap,
  FileStart,
  WalPosition,
} from './repository.ts'
import { sha256Aside } from './object-frame.ts'
import { prepareChunk, SealedObject, type PreparedChunk } from './sealing.ts'

const PACK_SEALED_BYTES = 16 * 1024 * 1024
const PACK_PLAIN_BYTES = 1024 * 1024 * 1024
/** Chunks compressed at once: more than the thread pool has threads. */
const CHUNKS_IN_WORK = 6
const WAL_WAIT_MS = 60_000

export type BackupWriterPorts = {
  readonly regions: Regions
  readonly clock: Clock
  readonly random: Random
  readonly repositoryId: Uint8Array
  readonly dataKey: DataKey
  readonly walDurable: (position: WalPosition, timeoutMs: number) => Promise<void>
  /** Enters the backup in the catalogue. */
  readonly enter: (entry: BackupEntry) => Promise<BackupRecord>
  readonly closed: () => void
}

type OpenFile = FileStart & { readonly start: number; written: number }

/** A file's place in the row of all bytes. */
type PlacedFile = FileStart & { readonly start: number }

export class PackingWriter implements BackupWriter {
  readonly id: string
  readonly #ports: BackupWriterPorts
  readonly #start: BackupStart
  readonly #startedMs: number
  readonly #packs: PackRow
  readonly #lines: ManifestLine[] = []
  readonly #files: PlacedFile[] = []
  readonly #paths = new Set<string>()
  #open: OpenFile | undefined
  #plainBytes = 0

  constructor(id: string, startedMs: number, start: BackupStart, ports: BackupWriterPorts) {
    this.id = id
    this.#startedMs = startedMs
    this.#start = start
    this.#ports = ports
    this.#packs = new PackRow((number) => packName(id, number), 'pack', ports)
  }

  directory(path: string, mode: number): void {
    this.#claim(path)
    this.#lines.push({ line: 'directory', path, mode: mode & 0o7777 })
  }

  link(path: string, target: string): void {
    this.#claim(path)
    this.#lines.push({ line: 'link', path, target })
  }

  tablespace(oid: number, location: string): void {
    this.#lines.push({ line: 'tablespace', oid, location })
  }

  beginFile(file: FileStart): void {
    if (this.#open) throw new UsageError('BACKUP_FILE_OPEN', `${this.#open.path} was not ended`)
    this.#claim(file.path)
    this.#open = { ...file, start: this.#packs.length, written: 0 }
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const file = this.#open
    if (!file || file.written + bytes.length > file.size) throw this.#wrongSize(file)
    file.written += bytes.length
    this.#plainBytes += bytes.length
    return this.#packs.write(bytes)
  }

  endFile(map?: FileMap): void {
    const file = this.#open
    const size = map ? map.ranges.reduce((sum, { length }) => sum + length, 0) : file?.size
    if (!file || file.written !== size) throw this.#wrongSize(file)
    const { written: _written, ...placed } = file
    const late = map ? { size, map } : {}
    this.#files.push({ ...placed, ...late, mode: file.mode & 0o7777 })
    this.#open = undefined
  }

  async finish(end: BackupEnd): Promise<BackupRecord> {
    if (this.#open) throw this.#wrongSize(this.#open)
    const { timeline, startLsn, kind, label, parentId } = this.#start
    const manifestStart = this.#packs.length
    await this.#packs.writeAll(end.serverManifest)
    const packs = await this.#packs.finish()
    const manifest = await this.#storeManifest(end, manifestStart)
    const position = { timeline: end.endTimeline, lsn: end.endLsn }
    await this.#ports.walDurable(position, end.walWaitMs ?? WAL_WAIT_MS)
    const storedBytes = [manifest, ...packs].reduce((sum, { size }) => sum + size, 0)
    const record = await this.#ports.enter({
      type: 'backup',
      id: this.id,
      kind,
      parent: parentId ?? null,
      label,
      timeline,
      startLsn,
      endTimeline: end.endTimeline,
      endLsn: end.endLsn,
      startedMs: this.#startedMs,
      finishedMs: this.#ports.clock.nowMs(),
      fileCount: this.#files.length,
      plainBytes: this.#plainBytes,
      storedBytes,
      damagedPageCount: end.damagedPages.length,
      facts: end.facts,
      key: toHex(this.#ports.dataKey.header.keyId),
      manifest,
      packs,
    })
    this.#ports.closed()
    return record
  }

  async abort(): Promise<void> {
    this.#ports.closed()
    await this.#packs.finish().catch(() => [])
    for (const { place } of this.#ports.regions.all) {
      for (let number = 0; number < this.#packs.packCount; number++) {
        await place.store.delete(packName(this.id, number)).catch(() => {}) // a left-over at worst
      }
    }
  }

  async #storeManifest(end: BackupEnd, manifestStart: number): Promise<ObjectProof> {
    const row = new PackRow(() => manifestName(this.id), 'manifest', this.#ports)
    let count = 0
    for (const line of this.#manifestLines(end, manifestStart)) {
      await row.writeAll(new TextEncoder().encode(encodeLine(line)))
      count++
    }
    await row.writeAll(new TextEncoder().encode(encodeLine({ line: 'end', count })))
    const [proof] = await row.finish()
    return proof ?? { size: 0, sha256: '' }
  }

  *#manifestLines(end: BackupEnd, manifestStart: number): Generator<ManifestLine> {
    yield { line: 'manifest', id: this.id, sources: [this.id] }
    for (const [pack, chunkSizes] of this.#packs.chunkSizes.entries()) {
      yield { line: 'pack', pack, chunkSizes }
    }
    yield* this.#lines
    for (const { start, map, ...file } of this.#files) {
      const { size, inherits, ranges } = map ?? wholeOf(file.size)
      const extents: Extent[] = []
      let from = start
      for (const { at, length } of ranges) {
        for (const extent of this.#packs.extents(from, length)) {
          extents.push({ ...extent, at: at + extent.at })
        }
        from += length
      }
      yield { line: 'file', ...file, size, inherits, extents }
    }
    const extents = this.#packs.extents(manifestStart, end.serverManifest.length)
    yield { line: 'serverManifest', extents }
    const damaged = Map.groupBy(end.damagedPages, ({ path }) => path)
    for (const [path, pages] of damaged) {
      yield { line: 'damaged', path, blocks: pages.map(({ block }) => block) }
    }
  }

  #claim(path: string): void {
    checkDataPath(path)
    if (this.#paths.has(path)) {
      throw new ProtocolError('BACKUP_PATH_TWICE', `the server sent ${path} twice`)
    }
    this.#paths.add(path)
  }

  #wrongSize(file: OpenFile | undefined): ProtocolError {
    const what = file ? `${file.path}: ${file.written} of ${file.size} bytes` : 'no file is open'
    return new ProtocolError('BACKUP_FILE_SIZE_WRONG', what)
  }
}

function wholeOf(size: number): FileMap {
  return { size, inherits: 0, ranges: [{ at: 0, length: size }] }
}

/** A row of bytes that becomes sealed objects, one after the other. */
class PackRow {
  readonly #nameOf: (number: number) => string
  readonly #kind: 'pack' | 'manifest'
  readonly #ports: BackupWriterPorts
  readonly #proofs: Promise<ObjectProof>[] = []
  /** Where in the row each object begins. */
  readonly #starts: number[] = []
  readonly chunkSizes: number[][] = []
  #current: SealedObject | undefined
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(CHUNK_SIZE)
  /** Buffers to use again: a new megabyte for each chunk keeps the collector behind. */
  readonly #spare: Uint8Array<ArrayBuffer>[] = []
  #chunkSize = 0
  #tail: Promise<void> = Promise.resolve()
  #inWork = 0
  #sealedTo = 0
  #waiter: (() => void) | undefined
  #failure: unknown
  length = 0

  constructor(
    nameOf: (number: number) => string,
    kind: 'pack' | 'manifest',
    ports: BackupWriterPorts,
  ) {
    this.#nameOf = nameOf
    this.#kind = kind
    this.#ports = ports
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
    return Promise.all(this.#proofs)
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
    const buffer = this.#chunk
    const plain = buffer.subarray(0, this.#chunkSize)
    this.#chunk = this.#spare.pop() ?? new Uint8Array(CHUNK_SIZE)
    this.#chunkSize = 0
    this.#inWork++
    const prepared = prepareChunk(plain)
    prepared.catch(() => {}) // awaited in its turn
    this.#tail = this.#tail
      .then(async () => this.#seal(await prepared, plain.length, final))
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#spare.push(buffer) // sealed by now, and so copied
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
    await this.#send(pack.name, pack.finish())
  }

  #begin(): SealedObject {
    const { dataKey, repositoryId, random } = this.#ports
    const name = this.#nameOf(this.#starts.length)
    this.#starts.push(this.#sealedTo)
    return new SealedObject({ kind: this.#kind, name, dataKey, repositoryId, salt: random(16) })
  }

  async #send(name: string, bytes: Uint8Array): Promise<void> {
    const { regions } = this.#ports
    await regions.room('bulk')
    const sent = regions.put('bulk', { name, bytes })
    const proof = proofOf(bytes).then(async (made) => {
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

async function proofOf(bytes: Uint8Array): Promise<ObjectProof> {
  return { size: bytes.length, sha256: toHex(await sha256Aside(bytes)) }
}
