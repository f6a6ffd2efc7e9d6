/**
 * Objects as files of a folder: a second disk, a mounted share.
 *
 * @module
 */
import { dirname, join } from 'node:path'
import { equalBytes } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import { checkObjectName, type ObjectStore, type StoredObject } from './object-store.ts'

export class DiskStore implements ObjectStore {
  readonly #disk: Disk
  readonly #folder: string

  /** @param folder Absolute; made on the first write. Nothing else may live in it. */
  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name)
    try {
      await this.#disk.createOnce(path, bytes)
    } catch (error) {
      if (!hasCode(error, 'DISK_EXISTS')) throw error
      await this.#keep(name, path, bytes)
    }
  }

  /** The name is taken, by us before a crash perhaps: the same bytes are then made durable. */
  async #keep(name: string, path: string, bytes: Uint8Array): Promise<void> {
    if (!equalBytes(await this.#disk.read(path), bytes)) {
      throw new IntegrityError('OBJECT_EXISTS', `${name} exists with other content`)
    }
    await this.#disk.syncFolder(dirname(path))
  }

  async get(name: string): Promise<Uint8Array> {
    return missing(name, await reading(this.#disk.read(this.#path(name))))
  }

  async getRange(name: string, start: number, length: number): Promise<Uint8Array> {
    return missing(name, await reading(this.#disk.readRange(this.#path(name), start, length)))
  }

  async head(name: string): Promise<StoredObject | undefined> {
    const size = await this.#disk.size(this.#path(name))
    return size === undefined ? undefined : { name, size }
  }

  async *list(folder: string): AsyncGenerator<StoredObject> {
    const path = join(this.#folder, folder)
    const files = await this.#disk.list(path)
    const folders = await this.#disk.folders(path)
    const entries = [...files, ...folders.map((name) => `${name}/`)].sort()
    for (const entry of entries) {
      const name = folder === '' ? entry : `${folder}/${entry}`
      if (entry.endsWith('/')) yield* this.list(name.slice(0, -1))
      else if (!entry.includes('.')) {
        // with a dot it is a temporary file of a write that a crash cut short
        const size = await this.#disk.size(join(this.#folder, name))
        if (size !== undefined) yield { name, size }
      }
    }
  }

  async delete(name: string): Promise<void> {
    await this.#disk.remove(this.#path(name))
  }

  #path(name: string): string {
    checkObjectName(name)
    return join(this.#folder, name)
  }
}

async function reading(bytes: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await bytes
  } catch (error) {
    if (hasCode(error, 'DISK_MISSING')) return undefined
    throw error
  }
}

function missing(name: string, bytes: Uint8Array | undefined): Uint8Array {
  if (!bytes) throw new IntegrityError('OBJECT_MISSING', `${name} is not there`)
  return bytes
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof FaultError && error.code === code
}
