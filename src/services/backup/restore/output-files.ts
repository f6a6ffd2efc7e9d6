/**
 * The files of a restore while they are written: few are open, big ones reach the disk meanwhile.
 *
 * Small pieces are written at once, in some microseconds each: a trip to the thread pool would cost
 * more. What is big goes there. Where files exist already, only what differs is written.
 *
 * @module
 */
import {
  closeSync,
  fchmodSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  read,
  readSync,
  write,
  writeSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { eachAtOnce } from '#lib/ahead.ts'
import { FaultError } from '#lib/errors.ts'
import type { FilePlan } from './data-directory.ts'
import { differences, uncovered } from './differences.ts'
import type { Piece } from './pack-chunks.ts'

const OPEN_FILES_MAX = 200
/** From this size on a piece is written on the thread pool. */
const ASIDE_BYTES = 128 * 1024
/** So much of a file is written before the disk is set to work on it. */
const FLUSH_BYTES = 32 * 1024 * 1024
/** A file with more than this unsynced is synced as soon as it is whole, others at the end. */
const SYNC_LATE_BYTES = 1024 * 1024
const FLUSHES_AT_ONCE = 2
const SYNCS_AT_ONCE = 16
/** What no umask takes away. */
const OWNER_MODE = 0o600

const readAside = promisify(read)
const writeAside = promisify(write)
const syncData = promisify(fdatasync)
const syncFile = promisify(fsync)

type OutputFile = {
  readonly plan: FilePlan
  readonly path: string
  descriptor: number | undefined
  /** Operations under way; it must stay open. */
  busy: number
  leftBytes: number
  unsyncedBytes: number
  begun: boolean
  /** Nothing more is written; it is closed when nothing is under way. */
  whole: boolean
}

export class OutputFiles {
  readonly #locate: (path: string) => string
  readonly #over: boolean
  readonly #asideBytes: number
  readonly #files = new Map<FilePlan, OutputFile>()
  /** Those with a descriptor, the longest unused first. */
  readonly #open = new Set<OutputFile>()
  readonly #flushes = new Set<Promise<void>>()
  readonly #late = new Set<string>()
  #failure: unknown
  /** Bytes that were not there already. */
  writtenBytes = 0

  /**
   * @param over Whether files may exist: they are then made what they shall be.
   * @param asideBytes From this size on a piece is written on the thread pool.
   */
  constructor(locate: (path: string) => string, over: boolean, asideBytes: number = ASIDE_BYTES) {
    this.#locate = locate
    this.#over = over
    this.#asideBytes = asideBytes
  }

  /** A file of which nothing is stored, empty or zeros only; or one that others have written. */
  complete(plan: FilePlan): void {
    this.#complete(this.#ready(plan))
  }

  /** Makes a file that others will write parts of. */
  prepare(plan: FilePlan): void {
    this.#close(this.#ready(plan))
  }

  async write({ file: plan, from, to, at }: Piece, chunk: Uint8Array): Promise<void> {
    while (this.#flushes.size >= FLUSHES_AT_ONCE) await Promise.race(this.#flushes)
    if (this.#failure !== undefined) throw this.#failure
    const file = this.#ready(plan)
    const descriptor = file.descriptor as number
    file.busy++
    try {
      const bytes = chunk.subarray(from, to)
      const kept = this.#over ? await this.#keptAt(descriptor, at, bytes.length) : undefined
      const parts = kept ? differences(bytes, kept) : [{ from: 0, to: bytes.length }]
      for (const part of parts) {
        const length = part.to - part.from
        const changed = bytes.subarray(part.from, part.to)
        if (length < this.#asideBytes) writeNow(descriptor, changed, at + part.from)
        else await writeWhole(descriptor, changed, at + part.from)
        file.unsyncedBytes += length
        this.writtenBytes += length
      }
    } finally {
      file.busy--
    }
    file.leftBytes -= to - from
    if (file.leftBytes === 0) this.#complete(file)
    else if (file.unsyncedBytes >= FLUSH_BYTES) this.#flush(file, syncData)
  }

  /** What a file holds there now; shorter at its end. */
  async #keptAt(descriptor: number, at: number, length: number): Promise<Uint8Array> {
    const kept = Buffer.allocUnsafe(length)
    if (length < this.#asideBytes)
      return kept.subarray(0, readSync(descriptor, kept, 0, length, at))
    return kept.subarray(0, (await readAside(descriptor, kept, 0, length, at)).bytesRead)
  }

  /** Waits until all that was written is on the disk. Names of the files are not yet. */
  async settle(): Promise<void> {
    await Promise.all(this.#flushes)
    if (this.#failure !== undefined) throw this.#failure
    await syncEach(this.#late)
  }

  /** Closes what an error left open. */
  async abandon(): Promise<void> {
    await Promise.allSettled(this.#flushes)
    for (const file of this.#open) this.#close(file)
  }

  #ready(plan: FilePlan): OutputFile {
    const file = this.#files.get(plan) ?? this.#begin(plan)
    this.#open.delete(file)
    if (file.descriptor === undefined) {
      this.#makeRoom()
      file.descriptor = this.#openFile(file)
      file.begun = true
    }
    this.#open.add(file)
    return file
  }

  #begin(plan: FilePlan): OutputFile {
    const file: OutputFile = {
      plan,
      path: this.#locate(plan.path),
      descriptor: undefined,
      busy: 0,
      leftBytes: plan.extents.reduce((sum, { length }) => sum + length, 0),
      unsyncedBytes: 0,
      begun: false,
      whole: false,
    }
    this.#files.set(plan, file)
    return file
  }

  #openFile({ plan, path, begun }: OutputFile): number {
    if (begun || plan.shared) return openSync(path, 'r+')
    const flags = this.#over ? 'a+' : 'wx+' // a+ makes what is missing and keeps what is there
    let descriptor: number
    try {
      descriptor = openSync(path, flags, plan.mode)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      descriptor = openSync(path, flags, plan.mode)
    }
    if (!this.#over && plan.mode === OWNER_MODE) return descriptor
    fchmodSync(descriptor, plan.mode)
    if (!this.#over) return descriptor
    closeSync(descriptor) // where it appends, nothing can be written elsewhere
    return openSync(path, 'r+')
  }

  #makeRoom(): void {
    if (this.#open.size < OPEN_FILES_MAX) return
    for (const file of this.#open) {
      if (file.busy > 0) continue
      if (file.unsyncedBytes > 0) this.#late.add(file.path)
      return this.#close(file)
    }
  }

  /** All its pieces are there: its size, its zeros, and its way to the disk. */
  #complete(file: OutputFile): void {
    if (!file.plan.shared) this.#fit(file)
    file.whole = true
    this.#files.delete(file.plan)
    if (file.unsyncedBytes > SYNC_LATE_BYTES) return this.#flush(file, syncFile)
    this.#late.add(file.path)
    if (file.busy === 0) this.#close(file)
  }

  #fit({ plan, descriptor: opened }: OutputFile): void {
    const descriptor = opened as number
    const size = this.#over ? fstatSync(descriptor).size : coveredTo(plan)
    if (size !== plan.size) ftruncateSync(descriptor, plan.size)
    if (this.#over) {
      const ranges = uncovered(plan.extents, Math.min(size, plan.size))
      this.writtenBytes += zero(descriptor, ranges)
    }
  }

  #flush(file: OutputFile, sync: (descriptor: number) => Promise<void>): void {
    file.unsyncedBytes = 0
    file.busy++
    const flush = sync(file.descriptor as number)
      .catch((error: unknown) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#flushes.delete(flush)
        file.busy--
        if (file.whole && file.busy === 0) this.#close(file)
      })
    this.#flushes.add(flush)
  }

  #close(file: OutputFile): void {
    if (file.descriptor !== undefined) closeSync(file.descriptor)
    file.descriptor = undefined
    this.#open.delete(file)
  }
}

/** Syncs files or folders by name, many at once: they share the journal's commits. */
export function syncEach(paths: Iterable<string>): Promise<void> {
  return eachAtOnce(paths, SYNCS_AT_ONCE, async (path) => {
    await using handle = await open(path, 'r')
    await handle.sync()
  })
}

function writeNow(descriptor: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
  }
}

async function writeWhole(descriptor: number, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const left = bytes.length - done
    done += (await writeAside(descriptor, bytes, done, left, at + done)).bytesWritten
  }
}

/** One past the last byte that is written to the file. */
function coveredTo({ extents }: FilePlan): number {
  const last = extents.at(-1)
  return last ? last.at + last.length : 0
}

/** Makes ranges zero that are not. @returns How many bytes were not. */
function zero(descriptor: number, ranges: Iterable<{ from: number; to: number }>): number {
  let written = 0
  const [kept, zeros] = [Buffer.alloc(ASIDE_BYTES), Buffer.alloc(ASIDE_BYTES)]
  for (const { from, to } of ranges) {
    for (let at = from; at < to; at += kept.length) {
      const size = readSync(descriptor, kept, 0, Math.min(kept.length, to - at), at)
      if (kept.subarray(0, size).equals(zeros.subarray(0, size))) continue
      writeNow(descriptor, zeros.subarray(0, size), at)
      written += size
    }
  }
  return written
}

/** Says of a disk's failure what to do. @throws {FaultError} RESTORE_WRITE_FAILED. */
export async function writing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    if (cause.syscall === undefined) throw error
    const advice =
      cause.code === 'ENOSPC'
        ? 'the disk is full; make room, empty the folder and run it again'
        : `${cause.message}; mend that, empty the folder and run it again`
    throw new FaultError('RESTORE_WRITE_FAILED', advice, { cause })
  }
}
