/**
 * The trail's copy in one region: what is new goes there every few seconds, sealed; once an hour is
 * over its many small parts become one. docs/formats/audit.md §9.
 *
 * @module
 */
import { createHash, type Hash } from 'node:crypto'
import { join } from 'node:path'
import { BookFiles } from '#audit/book-files.ts'
import { newPieces, type Piece, type Positions } from '#audit/copy.ts'
import { encodeCopy } from '#audit/copy-parcel.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { sealParcel } from '#storage/sealed-parcel.ts'
import type { CopiesConfig } from './config.ts'
import { hourOf, folderOf, hourIn, partName, wholeName } from './copy-names.ts'
import type { CopyPorts } from './ports.ts'

/** Bytes of books in one object. */
const PARCEL_MAX = 16 * 1024 * 1024
/** How far we are is written down so often; after a crash as much is copied twice. */
const REMEMBER_MS = 30_000
/** After so long without success the operator is told. */
const PATIENCE_MS = 30_000
const DAY_HOURS = 24
const RETRY_MS = 5_000

/** What was copied of a segment in this hour, and the digest of it. */
type Range = {
  readonly process: string
  readonly segment: number
  readonly start: number
  end: number
  readonly hash: Hash
}

export class RegionCopy {
  readonly name: string
  readonly #store: ObjectStore
  readonly #config: CopiesConfig
  readonly #ports: CopyPorts
  readonly #startMs: number
  #positions: Positions | undefined
  #rememberedMs = -Infinity
  #hour = 0
  /** This hour's, while all of it was copied by us; else its parts stay as they are. */
  #ranges = new Map<string, Range>()
  #isWholeHour = false
  #number = 0
  #recipients: readonly Uint8Array[] = []
  #goodMs: number
  #isBehind = false

  constructor(name: string, store: ObjectStore, config: CopiesConfig, ports: CopyPorts) {
    this.name = name
    this.#store = store
    this.#config = config
    this.#ports = ports
    this.#startMs = Math.trunc(ports.clock.nowMs())
    this.#goodMs = ports.clock.monotonicMs()
  }

  /** Copies until told to stop, and then once more. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    while (!signal.aborted) {
      const good = await this.#try(() => this.#round())
      const restMs = good ? this.#config.everyMs : Math.max(RETRY_MS, this.#config.everyMs)
      await clock.sleep(restMs, signal).catch(() => undefined)
    }
    await this.#try(() => this.#round())
    await this.#try(() => this.#remember())
  }

  async #try(act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      this.#goodMs = this.#ports.clock.monotonicMs()
      if (this.#isBehind) await this.#tell('current', '')
      return true
    } catch (error) {
      if (!(error instanceof FaultError || error instanceof IntegrityError)) throw error
      this.#ports.complain(error.code, `${this.name}: ${error.message}`)
      const silentMs = this.#ports.clock.monotonicMs() - this.#goodMs
      if (!this.#isBehind && silentMs > PATIENCE_MS) await this.#tell('behind', error.code)
      return false
    }
  }

  async #tell(state: 'behind' | 'current' | 'differs', reason: string): Promise<void> {
    this.#isBehind = state === 'behind'
    const detail = { region: this.name, state, reason }
    await this.#ports.trail.append([{ code: 'SEAL_COPY', detail }])
  }

  async #round(): Promise<void> {
    const { audit, disk, clock } = this.#ports
    this.#positions ??= await this.#recall()
    const hour = hourOf(clock.nowMs())
    if (hour !== this.#hour) await this.#enter(hour)
    for (;;) {
      const notes = await this.#notes()
      const found = await newPieces(audit, disk, this.#positions, PARCEL_MAX)
      if (found.pieces.length === 0) break
      const name = partName(this.#ports.node, this.#hour, this.#startMs, this.#number++)
      await this.#put(name, found.pieces, found.complete ? notes : {})
      this.#positions = found.positions
      for (const piece of found.pieces) this.#count(piece)
      if (found.complete) break
    }
    if (clock.monotonicMs() - this.#rememberedMs > REMEMBER_MS) await this.#remember()
  }

  async #put(name: string, pieces: readonly Piece[], notes: Record<string, string>): Promise<void> {
    const { node, clock, random, sealKey } = this.#ports
    const atMs = Math.trunc(clock.nowMs())
    const copy = encodeCopy({ node, atMs, pieces, notes, sealKey: sealKey() })
    await this.#store.put(name, await sealParcel(name, copy, this.#recipients, random))
  }

  #count({ process, segment, offset, bytes }: Piece): void {
    const key = `${process}/${segment}`
    const fresh = { process, segment, start: offset, end: offset, hash: createHash('sha256') }
    const range = this.#ranges.get(key) ?? fresh
    range.hash.update(bytes)
    range.end += bytes.length
    this.#ranges.set(key, range)
  }

  /** The hour that ends becomes one, when all of it is known; old ones go when it is time. */
  async #enter(hour: number): Promise<void> {
    this.#recipients = await this.#ports.recipients()
    if (this.#isWholeHour) await this.#merge()
    this.#isWholeHour = this.#hour !== 0
    this.#hour = hour
    this.#ranges = new Map()
    if (hour % DAY_HOURS === 0 || !this.#isWholeHour) await this.#expire(hour)
  }

  /**
   * Puts what the hour's parts hold into few objects, from the books, when these still say what was
   * copied: parts that a changed book contradicts are evidence, and stay.
   */
  async #merge(): Promise<void> {
    const { node } = this.#ports
    const written: string[] = []
    let pieces: Piece[] = []
    let room = PARCEL_MAX
    const flush = async (): Promise<void> => {
      if (pieces.length === 0) return
      const name = wholeName(node, this.#hour, this.#startMs, this.#number++) // a try, a name
      written.push(name)
      await this.#put(name, pieces, {})
      pieces = []
      room = PARCEL_MAX
    }
    let same = true
    for (const range of this.#ranges.values()) {
      const hash = createHash('sha256')
      for await (const piece of this.#pieces(range)) {
        hash.update(piece.bytes)
        pieces.push(piece)
        room -= piece.bytes.length
        if (room <= 0) await flush()
      }
      same &&= hash.digest().equals(range.hash.copy().digest())
    }
    if (same) await flush()
    const doomed = same ? await this.#partsOf(this.#hour) : written
    for (const name of doomed) await this.#remove(name)
    if (!same) await this.#tell('differs', 'SEAL_BOOK_REWRITTEN')
  }

  async *#pieces({ process, segment, start, end }: Range): AsyncGenerator<Piece> {
    const { audit, disk } = this.#ports
    const path = new BookFiles(disk, join(audit, process)).path(segment)
    for (let offset = start; offset < end;) {
      const bytes = await disk.readRange(path, offset, Math.min(PARCEL_MAX, end - offset))
      if (bytes.length === 0) return // cut: its digest will tell
      yield { process, segment, offset, bytes }
      offset += bytes.length
    }
  }

  async #partsOf(hour: number): Promise<string[]> {
    const names: string[] = []
    const folder = `${folderOf(this.#ports.node)}/p-${hour}`
    for await (const { name } of this.#store.list(folder)) names.push(name)
    return names
  }

  async #expire(hour: number): Promise<void> {
    const oldest = hour - this.#config.retainDays * DAY_HOURS
    const doomed: string[] = []
    for await (const { name } of this.#store.list(folderOf(this.#ports.node)))
      if ((hourIn(name) ?? hour) < oldest) doomed.push(name)
    for (const name of doomed) await this.#remove(name)
  }

  /** A place that locks its objects keeps them: they cost, and say nothing wrong. */
  async #remove(name: string): Promise<void> {
    try {
      await this.#store.delete(name)
    } catch (error) {
      if (!(error instanceof FaultError) || error.code !== 'OBJECT_LOCKED') throw error
    }
  }

  /** The newest checkpoints, before the books are read: a copy has at least what they speak of. */
  async #notes(): Promise<Record<string, string>> {
    const { folder, disk } = this.#ports
    const notes: Record<string, string> = {}
    for (const process of await disk.folders(folder)) {
      const file = join(folder, process, 'checkpoint')
      if ((await disk.size(file)) !== undefined)
        notes[process] = Buffer.from(await disk.read(file)).toString()
    }
    return notes
  }

  async #recall(): Promise<Positions> {
    const { disk } = this.#ports
    if ((await disk.size(this.#file())) === undefined) return {}
    return JSON.parse(Buffer.from(await disk.read(this.#file())).toString()) as Positions
  }

  async #remember(): Promise<void> {
    const { disk, clock } = this.#ports
    if (!this.#positions) return
    await disk.replace(this.#file(), Buffer.from(JSON.stringify(this.#positions)))
    this.#rememberedMs = clock.monotonicMs()
  }

  /** Not among the folders of the books. */
  #file(): string {
    return join(this.#ports.folder, `copied-${this.name}`)
  }
}
