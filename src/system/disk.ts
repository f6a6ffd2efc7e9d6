/**
 * The few disk operations Veilig relies on; small, so that a test can break each of them.
 *
 * Names are absolute paths. Every failure is a FaultError whose code says what a tired person can
 * do: DISK_FULL, DISK_DENIED, DISK_EXISTS, DISK_MISSING or DISK_FAILED.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import { closeSync, fsync, fsyncSync, mkdirSync, openSync, writeSync, type Dirent } from 'node:fs'
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  type FileHandle,
} from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { FaultError } from '#lib/errors.ts'

/** An open file that only grows. */
export interface AppendFile extends Disposable {
  /** Hands bytes to the operating system: safe from a killed process, not from a power cut. */
  append(bytes: Uint8Array): void
  /** Makes every append so far survive a power cut. */
  sync(): Promise<void>
}

export interface Disk {
  /** Opens a file for appending, creating it and its folders (mode 0600 and 0700). */
  openAppend(name: string): AppendFile
  /** Creates a file whole or not at all, durably. @throws {FaultError} DISK_EXISTS. */
  createOnce(name: string, bytes: Uint8Array): Promise<void>
  /** Replaces a file whole or not at all, durably. */
  replace(name: string, bytes: Uint8Array): Promise<void>
  /** @throws {FaultError} DISK_MISSING. */
  read(name: string): Promise<Uint8Array>
  /** Up to `length` bytes from `start`, fewer only at the end. @throws {FaultError} As `read`. */
  readRange(name: string, start: number, length: number): Promise<Uint8Array>
  /** Size in bytes, or undefined when there is no such file. */
  size(name: string): Promise<number | undefined>
  /**
   * Changes whenever the file does, or is another file: its size, inode and the times the system
   * keeps of it; undefined when there is no such file.
   */
  stamp(name: string): Promise<string | undefined>
  /** File names (not folders) in a folder, sorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>
  /** Names of the folders in a folder, sorted; empty when there is no such folder. */
  folders(folder: string): Promise<string[]>
  /** Removes a file; nothing happens when it is not there. */
  remove(name: string): Promise<void>
  /** Makes the names in a folder survive a power cut: those another process may have left. */
  syncFolder(folder: string): Promise<void>
}

const fsyncAsync = promisify(fsync)

/** The real disk. */
export const systemDisk: Disk = {
  openAppend: (name) => guardSync(name, () => new SystemAppendFile(name)),
  createOnce: (name, bytes) =>
    guard(name, async () => {
      const temporary = await writeTemporary(name, bytes)
      let removed: Promise<void> | undefined
      try {
        await link(temporary, name) // unlike rename, link never replaces
        removed = rm(temporary, { force: true }) // a commit may wait for the name, not for this
        removed.catch(() => undefined) // told below; it may fail while the folder is synced
        await syncFolder(dirname(name))
      } finally {
        await (removed ?? rm(temporary, { force: true }))
      }
    }),
  replace: (name, bytes) =>
    guard(name, async () => {
      await rename(await writeTemporary(name, bytes), name)
      await syncFolder(dirname(name))
    }),
  read: (name) =>
    guard(name, async () => {
      const { buffer, byteOffset, length } = await readFile(name)
      return new Uint8Array(buffer, byteOffset, length)
    }),
  readRange: (name, start, length) =>
    guard(name, async () => {
      await using file = await open(name, 'r')
      const bytes = new Uint8Array(length)
      let size = 0
      while (size < length) {
        const { bytesRead } = await file.read(bytes, size, length - size, start + size)
        if (bytesRead === 0) break
        size += bytesRead
      }
      return bytes.subarray(0, size)
    }),
  size: async (name) => {
    try {
      return (await stat(name)).size
    } catch (error) {
      if (isMissing(error)) return undefined
      throw asFault(name, error)
    }
  },
  stamp: async (name) => {
    try {
      const { size, ino, ctimeNs, mtimeNs } = await stat(name, { bigint: true })
      return `${size} ${ino} ${ctimeNs} ${mtimeNs}`
    } catch (error) {
      if (isMissing(error)) return undefined
      throw asFault(name, error)
    }
  },
  list: (folder) => namesIn(folder, (entry) => entry.isFile()),
  folders: (folder) => namesIn(folder, (entry) => entry.isDirectory()),
  remove: (name) => guard(name, () => rm(name, { force: true })),
  syncFolder: (folder) => guard(folder, () => syncFolder(folder)),
}

class SystemAppendFile implements AppendFile {
  readonly #name: string
  readonly #descriptor: number

  constructor(name: string) {
    this.#name = name
    mkdirSync(dirname(name), { recursive: true, mode: 0o700 })
    this.#descriptor = openSync(name, 'a', 0o600)
    syncFolderNow(dirname(name)) // or the file itself may vanish with the power
  }

  append(bytes: Uint8Array): void {
    guardSync(this.#name, () => {
      let written = 0
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written)
    })
  }

  sync(): Promise<void> {
    return guard(this.#name, () => fsyncAsync(this.#descriptor))
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}

function syncFolderNow(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

async function namesIn(folder: string, wanted: (entry: Dirent) => boolean): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter(wanted)
      .map((entry) => entry.name)
      .sort()
  } catch (error) {
    if (isMissing(error)) return []
    throw asFault(folder, error)
  }
}

/** Creates a folder and those above it, so that a power cut takes none of them away again. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made))
    if (made === first) return
  }
}

async function writeTemporary(name: string, bytes: Uint8Array): Promise<string> {
  const temporary = `${name}.${randomUUID()}.tmp`
  try {
    await using file = await openNew(temporary)
    await file.writeFile(bytes)
    await file.datasync() // the size is part of it, the time of writing is not
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  return temporary
}

/** Folders are there but for the first file: none is looked for in vain before each. */
async function openNew(name: string): Promise<FileHandle> {
  try {
    return await open(name, 'wx', 0o600)
  } catch (error) {
    if (!isMissing(error)) throw error
    await makeFolder(dirname(name))
    return open(name, 'wx', 0o600)
  }
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r')
  await handle.sync()
}

async function guard<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw asFault(name, error)
  }
}

function guardSync<T>(name: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw asFault(name, error)
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

const faults: Readonly<Record<string, readonly [code: string, advice: string]>> = {
  ENOSPC: ['DISK_FULL', 'the disk is full; free some space and it continues by itself'],
  EDQUOT: ['DISK_FULL', 'the quota is used up; free some space and it continues by itself'],
  EACCES: ['DISK_DENIED', 'the process may not access it; check owner and mode'],
  EPERM: ['DISK_DENIED', 'the process may not access it; check owner and mode'],
  EROFS: ['DISK_DENIED', 'the file system is read-only'],
  EEXIST: ['DISK_EXISTS', 'it exists already and is never overwritten'],
  ENOENT: ['DISK_MISSING', 'it does not exist'],
}

function asFault(name: string, error: unknown): FaultError {
  if (error instanceof FaultError) return error
  const cause = error as NodeJS.ErrnoException
  const [code, advice] = faults[cause.code ?? ''] ?? ['DISK_FAILED', cause.message]
  return new FaultError(code, `${name}: ${advice}`, { cause })
}
