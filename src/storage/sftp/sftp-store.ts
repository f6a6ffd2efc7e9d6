/**
 * Objects as files of a folder on an SFTP server.
 *
 * An object is written under a temporary name, synced where the server can, and then linked to its
 * own name, which never replaces; where the server knows no links, renamed, which in SFTP version 3
 * does not replace either. A name with a dot is a left-over and is never listed.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import { posix } from 'node:path'
import type { FileEntryWithStats, SFTPWrapper, Stats } from 'ssh2'
import { equalBytes } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import {
  checkObjectName,
  OBJECT_SIZE_MAX,
  type ObjectStore,
  type StoredObject,
} from '../object-store.ts'
import { NO_SUCH_FILE, SftpConnection, SftpStatus, type SftpLogin } from './connection.ts'

/** Every server must take packets of this size. draft-ietf-secsh-filexfer-02 §3. */
const PIECE_BYTES = 32 * 1024
const IN_FLIGHT_MAX = 32
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

export class SftpStore implements ObjectStore, AsyncDisposable {
  readonly #connection: SftpConnection
  readonly #folder: string
  /** Folders that are known to exist. */
  readonly #made = new Set<string>()

  /** @param folder On the server; absolute or from the login's own. Nothing else may live in it. */
  constructor(login: SftpLogin, folder: string) {
    this.#connection = new SftpConnection(login)
    this.#folder = folder
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name)
    const own = Uint8Array.from(bytes) // the caller may use its buffer again
    const temporary = `${path}.${randomUUID()}.tmp`
    await this.#makeFolder(posix.dirname(path))
    try {
      await this.#writeFile(temporary, own)
      if (!(await this.#giveName(temporary, path))) await this.#compare(name, own)
    } catch (error) {
      this.#made.clear() // a folder may have been removed behind our back
      throw error
    } finally {
      await this.#remove(temporary).catch(() => undefined) // never listed, whatever becomes of it
    }
  }

  async get(name: string): Promise<Uint8Array> {
    return (await this.#read(name, 0, undefined)) ?? absent(name)
  }

  async getRange(name: string, start: number, length: number): Promise<Uint8Array> {
    return (await this.#read(name, start, length)) ?? absent(name)
  }

  async head(name: string): Promise<StoredObject | undefined> {
    const path = this.#path(name)
    const found = await this.#ifThere<Stats>((sftp, done) => sftp.stat(path, done))
    return found && { name, size: found.size }
  }

  async *list(folder: string): AsyncGenerator<StoredObject> {
    const path = folder === '' ? this.#folder : posix.join(this.#folder, folder)
    const found = await this.#ifThere<FileEntryWithStats[]>((sftp, done) =>
      sftp.readdir(path, done),
    )
    const entries = (found ?? [])
      .filter(({ filename }) => !filename.includes('.'))
      .map(({ filename, attrs }) => ({
        entry: attrs.isDirectory() ? `${filename}/` : filename,
        size: attrs.size,
      }))
      .sort((a, b) => (a.entry < b.entry ? -1 : 1))
    for (const { entry, size } of entries) {
      const name = folder === '' ? entry : `${folder}/${entry}`
      if (entry.endsWith('/')) yield* this.list(name.slice(0, -1))
      else yield { name, size }
    }
  }

  async delete(name: string): Promise<void> {
    await this.#remove(this.#path(name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.end()
  }

  /** Whether the object now has its name; false when the name is taken. */
  async #giveName(temporary: string, path: string): Promise<boolean> {
    try {
      await this.#call<void>((sftp, done) =>
        sftp.ext_openssh_hardlink(temporary, path, (error) => done(error, undefined)),
      )
      return true
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error
    }
    if (await this.#ifThere<Stats>((sftp, done) => sftp.lstat(path, done))) return false
    try {
      await this.#call<void>((sftp, done) =>
        sftp.rename(temporary, path, (error) => done(error, undefined)),
      )
      return true
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error
      if (await this.#ifThere<Stats>((sftp, done) => sftp.lstat(path, done))) return false
      throw failed(path, error)
    }
  }

  async #compare(name: string, bytes: Uint8Array): Promise<void> {
    if (equalBytes(await this.get(name), bytes)) return
    throw new IntegrityError('OBJECT_EXISTS', `${name} exists with other content`)
  }

  async #writeFile(path: string, bytes: Uint8Array): Promise<void> {
    const handle = await this.#open(path, 'wx')
    try {
      await this.#pieces(bytes.length, async (at, length) => {
        const piece = Buffer.from(bytes.buffer, bytes.byteOffset + at, length)
        await this.#ask<void>(path, (sftp, done) =>
          sftp.write(handle, piece, 0, length, at, (error) => done(error, undefined)),
        )
      })
      await this.#sync(handle)
    } finally {
      await this.#close(handle)
    }
  }

  /** Makes the bytes survive a power cut, where the server offers it (OpenSSH does). */
  async #sync(handle: Buffer): Promise<void> {
    try {
      await this.#call<void>((sftp, done) =>
        sftp.ext_openssh_fsync(handle, (error) => done(error, undefined)),
      )
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error
    }
  }

  async #read(
    name: string,
    start: number,
    wanted: number | undefined,
  ): Promise<Uint8Array | undefined> {
    const path = this.#path(name)
    const handle = await this.#ifThere<Buffer>((sftp, done) => sftp.open(path, 'r', done))
    if (!handle) return undefined
    try {
      const { size } = await this.#ask<Stats>(path, (sftp, done) => sftp.fstat(handle, done))
      if (size > OBJECT_SIZE_MAX) throw failed(path, new Error(`it has ${size} bytes`))
      const length = Math.max(0, Math.min(wanted ?? size, size - start))
      const bytes = Buffer.alloc(length)
      await this.#pieces(length, (at, part) => this.#fill(handle, bytes, at, part, start))
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    } finally {
      await this.#close(handle)
    }
  }

  /** A server may give less than was asked for; then the rest is asked for. */
  async #fill(
    handle: Buffer,
    bytes: Buffer,
    from: number,
    length: number,
    start: number,
  ): Promise<void> {
    for (let done = 0; done < length;) {
      const at = from + done
      const read = await this.#ask<number>('', (sftp, tell) =>
        sftp.read(handle, bytes, at, length - done, start + at, (error, count) =>
          tell(error, count),
        ),
      )
      if (read === 0) throw failed('', new Error('a file ended before its size'))
      done += read
    }
  }

  /** Runs the pieces of a file, so many at once that the line is never idle. */
  async #pieces(length: number, act: (at: number, length: number) => Promise<void>): Promise<void> {
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < length) {
        const at = next
        next += PIECE_BYTES
        await act(at, Math.min(PIECE_BYTES, length - at))
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT_MAX }, lane))
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#made.has(folder)) return
    const parent = posix.dirname(folder)
    if (parent !== folder && parent !== '.') await this.#makeFolder(parent)
    const there = await this.#ifThere<Stats>((sftp, done) => sftp.stat(folder, done))
    if (!there) await this.#mkdir(folder)
    this.#made.add(folder)
  }

  async #mkdir(folder: string): Promise<void> {
    try {
      await this.#call<void>((sftp, done) =>
        sftp.mkdir(folder, { mode: FOLDER_MODE }, (error) => done(error, undefined)),
      )
    } catch (error) {
      const made = await this.#ifThere<Stats>((sftp, done) => sftp.stat(folder, done))
      if (!made) throw error instanceof SftpStatus ? failed(folder, error) : error
    }
  }

  #open(path: string, flags: 'wx'): Promise<Buffer> {
    return this.#ask(path, (sftp, done) => sftp.open(path, flags, { mode: FILE_MODE }, done))
  }

  async #close(handle: Buffer): Promise<void> {
    await this.#call<void>((sftp, done) =>
      sftp.close(handle, (error) => done(error, undefined)),
    ).catch(() => undefined) // what counts was said by the calls before
  }

  async #remove(path: string): Promise<void> {
    await this.#ifThere<true>((sftp, done) => sftp.unlink(path, (error) => done(error, true)))
  }

  /** Undefined when there is no such file. */
  async #ifThere<T>(
    act: (sftp: SFTPWrapper, done: (error: Error | null | undefined, value: T) => void) => void,
  ): Promise<T | undefined> {
    try {
      return await this.#call(act)
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error
      if (error.status === NO_SUCH_FILE) return undefined
      throw failed('', error)
    }
  }

  async #ask<T>(
    path: string,
    act: (sftp: SFTPWrapper, done: (error: Error | null | undefined, value: T) => void) => void,
  ): Promise<T> {
    try {
      return await this.#call(act)
    } catch (error) {
      throw error instanceof SftpStatus ? failed(path, error) : error
    }
  }

  #call<T>(
    act: (sftp: SFTPWrapper, done: (error: Error | null | undefined, value: T) => void) => void,
  ): Promise<T> {
    return this.#connection.call(act)
  }

  #path(name: string): string {
    checkObjectName(name)
    return posix.join(this.#folder, name)
  }
}

function absent(name: string): never {
  throw new IntegrityError('OBJECT_MISSING', `${name} is not there`)
}

function failed(path: string, cause: Error): FaultError {
  const message = `the SFTP server refused ${path || 'a call'}: ${cause.message}`
  return new FaultError('STORE_FAILED', message, { cause })
}
