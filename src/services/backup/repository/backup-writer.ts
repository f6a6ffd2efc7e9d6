/**
 * One backup on its way in: files in a row, cut into chunks, chunks into packs, packs everywhere.
 *
 * Memory is bounded whatever the size: a few chunks in work, one growing pack, and what the slowest
 * required region has before it.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import { ProtocolError, UsageError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { checkDataPath } from './data-path.ts'
import type { BackupEntry } from './entries.ts'
import type { Extent, ManifestLine } from './manifest.ts'
import { manifestName, packName } from './names.ts'
import { poolPress, type ChunkPress } from './chunk-press.ts'
import { PackRow, storeManifest, type PackRowPorts, type RunningSum } from './pack-row.ts'
import { pressThreads } from './press-threads.ts'
import type {
  BackupEnd,
  BackupRecord,
  BackupStart,
  BackupWriter,
  FileMap,
  FileStart,
  WalPosition,
} from './repository.ts'

const WAL_WAIT_MS = 60_000
/** Less than this is compressed before a thread has begun. */
const THREADS_FROM_BYTES = 64 * 1024 * 1024
const THREADS = 1

export type BackupWriterPorts = PackRowPorts & {
  readonly clock: Clock
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
  readonly #press: ChunkPress
  readonly #packs: PackRow
  readonly #lines: ManifestLine[] = []
  readonly #files: PlacedFile[] = []
  readonly #paths = new Set<string>()
  readonly #sums = new Map<string, RunningSum>()
  #open: OpenFile | undefined
  #plainBytes = 0

  constructor(id: string, startedMs: number, start: BackupStart, ports: BackupWriterPorts) {
    this.id = id
    this.#startedMs = startedMs
    this.#start = start
    this.#ports = ports
    const large = (start.expectedBytes ?? 0) >= THREADS_FROM_BYTES
    this.#press = large ? pressThreads(THREADS) : poolPress()
    this.#packs = new PackRow((number) => packName(id, number), 'pack', ports, this.#press)
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
    const { sum: summed, ...rest } = file
    this.#open = { ...rest, start: this.#packs.length, written: 0 }
    if (!summed) return
    const sum = { crc32c: 0 }
    this.#sums.set(file.path, sum)
    this.#packs.sumInto(sum)
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
    this.#packs.sumInto(undefined)
  }

  async sums(): Promise<ReadonlyMap<string, number>> {
    if (this.#open) throw this.#wrongSize(this.#open)
    await this.#packs.summed()
    return new Map([...this.#sums].map(([path, sum]) => [path, sum.crc32c]))
  }

  async finish(end: BackupEnd): Promise<BackupRecord> {
    if (this.#open) throw this.#wrongSize(this.#open)
    const { timeline, startLsn, kind, label, parentId } = this.#start
    const manifestStart = this.#packs.length
    await this.#packs.writeAll(end.serverManifest)
    const packs = await this.#packs.finish()
    await this.#press.close()
    const manifest = await storeManifest(
      manifestName(this.id),
      this.#manifestLines(end, manifestStart),
      this.#ports,
    )
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
    await this.#press.close()
    for (const { place } of this.#ports.regions.all) {
      for (let number = 0; number < this.#packs.packCount; number++) {
        await place.store.delete(packName(this.id, number)).catch(() => {}) // a left-over at worst
      }
    }
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
