/**
 * Objects in memory: for tests that need a quick store with the real rules.
 *
 * @module
 */
import { equalBytes } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import { checkObjectName, type ObjectStore, type StoredObject } from './object-store.ts'

export class MemoryStore implements ObjectStore {
  /** The objects themselves, for tests to tamper with. */
  readonly objects: Map<string, Uint8Array> = new Map()

  async put(name: string, bytes: Uint8Array): Promise<void> {
    checkObjectName(name)
    const present = this.objects.get(name)
    if (!present) this.objects.set(name, bytes.slice())
    else if (!equalBytes(present, bytes)) {
      throw new IntegrityError('OBJECT_EXISTS', `${name} exists with other content`)
    }
  }

  async get(name: string): Promise<Uint8Array> {
    const bytes = this.objects.get(name)
    if (!bytes) throw new IntegrityError('OBJECT_MISSING', `${name} is not there`)
    return bytes.slice()
  }

  async getRange(name: string, start: number, length: number): Promise<Uint8Array> {
    return (await this.get(name)).slice(start, start + length)
  }

  async head(name: string): Promise<StoredObject | undefined> {
    const bytes = this.objects.get(name)
    return bytes && { name, size: bytes.length }
  }

  async *list(folder: string): AsyncGenerator<StoredObject> {
    const prefix = folder === '' ? '' : `${folder}/`
    const names = [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort()
    for (const name of names) {
      const bytes = this.objects.get(name)
      if (bytes) yield { name, size: bytes.length }
    }
  }

  async delete(name: string): Promise<void> {
    this.objects.delete(name)
  }
}
