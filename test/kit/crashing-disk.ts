/**
 * A disk in memory whose power fails at a chosen operation.
 *
 * What was synced survives whole. Of the bytes that were not, a random prefix survives, and one
 * byte of it may be wrong: a torn write. Of the names that were not (created, renamed, removed
 * since their folder was last synced), each survives or not as the seed has it. The same seed
 * always tears the same way.
 *
 * Every step of an operation that could be cut counts as one operation, as on the real disk:
 * `createOnce` is five (write, sync, link, remove the temporary, sync the folder).
 *
 * @module
 */
import { dirname } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import type { AppendFile, Disk } from '#system/disk.ts'
import { mulberry32 } from './random.ts'

/** Thrown by the operation at which the power fails, and by every one after it. */
export class PowerCut extends Error {
  constructor() {
    super('the power failed')
  }
}

export type CrashingDiskOptions = {
  readonly seed: number
  /** The operation, counted from 0, at which the power fails; never when absent. */
  readonly crashAt?: number
  /** The operation from which on the disk has no room left; never when absent. */
  readonly fullAt?: number
}

type Content = { durable: Uint8Array; pending: Uint8Array }

/** What a name stood for: durably, and after each change since its folder was synced. */
type Entry = { durable: Content | undefined; changes: (Content | undefined)[] }

export class CrashingDisk implements Disk {
  readonly #options: CrashingDiskOptions
  readonly #random: () => number
  readonly #entries = new Map<string, Entry>()
  #operations = 0
  #temporaries = 0
  #dead = false

  constructor(options: CrashingDiskOptions) {
    this.#options = options
    this.#random = mulberry32(options.seed)
  }

  /** Operations done so far: the crash points a test has to try. */
  get operations(): number {
    return this.#operations
  }

  openAppend(name: string): AppendFile {
    this.#alive()
    let content = this.#get(name)
    if (!content) {
      content = { durable: new Uint8Array(0), pending: new Uint8Array(0) }
      this.#set(name, content)
      this.#tick() // after: a creation cut short may still have landed
    }
    this.#syncFolder(dirname(name))
    const file = content
    return {
      append: (bytes) => this.#append(name, file, bytes),
      sync: () => this.#sync(file),
      [Symbol.dispose]: () => {},
    }
  }

  async createOnce(name: string, bytes: Uint8Array): Promise<void> {
    const { temporary, content } = await this.#writeTemporary(name, bytes)
    if (this.#get(name)) {
      this.#set(temporary, undefined)
      throw new FaultError('DISK_EXISTS', `${name}: it exists already and is never overwritten`)
    }
    this.#set(name, content)
    this.#tick()
    this.#set(temporary, undefined)
    this.#tick()
    await slowly()
    this.#syncFolder(dirname(name))
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const { temporary, content } = await this.#writeTemporary(name, bytes)
    this.#set(name, content)
    this.#set(temporary, undefined)
    this.#tick()
    await slowly()
    this.#syncFolder(dirname(name))
  }

  async read(name: string): Promise<Uint8Array> {
    await slowly()
    this.#alive()
    const content = this.#get(name)
    if (!content) throw new FaultError('DISK_MISSING', `${name}: it does not exist`)
    return concat(content.durable, content.pending)
  }

  async readRange(name: string, start: number, length: number): Promise<Uint8Array> {
    return (await this.read(name)).subarray(start, start + length)
  }

  async size(name: string): Promise<number | undefined> {
    await slowly()
    this.#alive()
    const content = this.#get(name)
    return content && content.durable.length + content.pending.length
  }

  async stamp(name: string): Promise<string | undefined> {
    const size = await this.size(name)
    return size === undefined ? undefined : String(size)
  }

  async list(folder: string): Promise<string[]> {
    await slowly()
    this.#alive()
    return [...this.#entries.keys()]
      .filter((name) => dirname(name) === folder && this.#get(name))
      .map((name) => name.slice(dirname(name).length).replace(/^\//, ''))
      .sort()
  }

  async folders(folder: string): Promise<string[]> {
    await slowly()
    this.#alive()
    const below = `${folder}/`
    const names = [...this.#entries.keys()]
      .filter((name) => name.startsWith(below) && this.#get(name))
      .map((name) => name.slice(below.length))
      .filter((name) => name.includes('/'))
      .map((name) => name.slice(0, name.indexOf('/')))
    return [...new Set(names)].sort()
  }

  async syncFolder(folder: string): Promise<void> {
    await slowly()
    this.#syncFolder(folder)
  }

  async remove(name: string): Promise<void> {
    await slowly()
    this.#alive()
    if (!this.#get(name)) return
    this.#set(name, undefined) // lasting only once something syncs the folder, as on Linux
    this.#tick()
  }

  /** The disk as found when power is back: what was not synced is torn as the seed has it. */
  afterPowerCut(options: CrashingDiskOptions = { seed: this.#options.seed + 1 }): CrashingDisk {
    this.#dead = true
    const torn = new Map<Content, Uint8Array>()
    return this.#successor(options, (entry) => {
      const content = pick([entry.durable, ...entry.changes], this.#random)
      if (!content) return undefined
      const kept = torn.get(content) ?? concat(content.durable, this.#tear(content.pending))
      torn.set(content, kept) // two names of one file tear alike
      return kept
    })
  }

  /**
   * The disk as the next process finds it when this one was killed: nothing appended is lost, and
   * nothing unsynced is safer than it was.
   */
  afterKill(options: CrashingDiskOptions = { seed: this.#options.seed + 1 }): CrashingDisk {
    this.#dead = true
    const disk = new CrashingDisk(options)
    for (const [name, { durable, changes }] of this.#entries)
      disk.#entries.set(name, { durable, changes: [...changes] })
    return disk
  }

  /** Writes a file durably, outside of all counting: how a test tampers. */
  plant(name: string, bytes: Uint8Array | undefined): void {
    const content = bytes && { durable: bytes.slice(), pending: new Uint8Array(0) }
    this.#entries.set(name, { durable: content, changes: [] })
  }

  #append(name: string, content: Content, bytes: Uint8Array): void {
    this.#alive()
    const full = this.#operations >= (this.#options.fullAt ?? Infinity)
    const room = full ? Math.floor(this.#random() * bytes.length) : bytes.length
    content.pending = concat(content.pending, bytes.subarray(0, room))
    this.#tick() // after: a write cut short may still have landed
    if (full) throw new FaultError('DISK_FULL', `${name}: the disk is full`)
  }

  async #sync(content: Content): Promise<void> {
    this.#tick() // before: a sync cut short promised nothing
    const covered = content.pending.length
    await slowly() // appends may overtake
    this.#alive()
    content.durable = concat(content.durable, content.pending.subarray(0, covered))
    content.pending = content.pending.slice(covered)
  }

  async #writeTemporary(
    name: string,
    bytes: Uint8Array,
  ): Promise<{ temporary: string; content: Content }> {
    this.#alive()
    const temporary = `${name}.${++this.#temporaries}.tmp`
    const content = { durable: new Uint8Array(0), pending: new Uint8Array(0) }
    this.#set(temporary, content)
    try {
      this.#append(name, content, bytes)
    } catch (error) {
      this.#set(temporary, undefined)
      throw error
    }
    await this.#sync(content)
    return { temporary, content }
  }

  #get(name: string): Content | undefined {
    const entry = this.#entries.get(name)
    return entry && current(entry)
  }

  #set(name: string, content: Content | undefined): void {
    const entry = this.#entries.get(name) ?? { durable: undefined, changes: [] }
    entry.changes.push(content)
    this.#entries.set(name, entry)
  }

  #syncFolder(folder: string): void {
    this.#tick()
    for (const [name, entry] of this.#entries) {
      if (dirname(name) !== folder) continue
      entry.durable = current(entry)
      entry.changes = []
    }
  }

  #tear(pending: Uint8Array): Uint8Array {
    const torn = pending.slice(0, Math.floor(this.#random() * (pending.length + 1)))
    if (torn.length > 0 && this.#random() < 0.5) {
      const at = Math.floor(this.#random() * torn.length)
      torn[at] = torn[at]! ^ (1 + Math.floor(this.#random() * 255))
    }
    return torn
  }

  #successor(
    options: CrashingDiskOptions,
    keep: (entry: Entry) => Uint8Array | undefined,
  ): CrashingDisk {
    const disk = new CrashingDisk(options)
    for (const [name, entry] of this.#entries) {
      const bytes = keep(entry)
      if (bytes) disk.plant(name, bytes)
    }
    return disk
  }

  #alive(): void {
    if (this.#dead) throw new PowerCut()
  }

  #tick(): void {
    this.#alive()
    if (this.#operations++ !== this.#options.crashAt) return
    this.#dead = true
    throw new PowerCut()
  }
}

function current(entry: Entry): Content | undefined {
  return entry.changes.length > 0 ? entry.changes.at(-1) : entry.durable
}

function pick<T>(choices: readonly T[], random: () => number): T {
  return choices[Math.floor(random() * choices.length)] as T
}

/** A few turns of the microtask queue: long enough for others to get in between. */
async function slowly(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve()
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length)
  bytes.set(a)
  bytes.set(b, a.length)
  return bytes
}
