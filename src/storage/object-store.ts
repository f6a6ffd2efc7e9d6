/**
 * A place for objects that are written once: a disk, a bucket, a server's folder.
 *
 * Every store passes test/conformance/object-store.ts; decorators are stores too.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'

/** Longest name, so that every kind of store can hold it. */
export const OBJECT_NAME_MAX = 200

/** Largest object: it is handled whole, in memory. */
export const OBJECT_SIZE_MAX: number = 256 * 1024 * 1024

/** Lower-case words joined by '-', in folders joined by '/'. */
export type ObjectName = string

export type StoredObject = { readonly name: ObjectName; readonly size: number }

/** Every method throws FaultError STORE_FAILED (or the disk's codes) when the store fails. */
export interface ObjectStore {
  /**
   * Stores an object whole or not at all. Once it resolves the object survives a power cut. The
   * same bytes under the same name again do nothing; they too are durable afterwards.
   *
   * @throws {IntegrityError} OBJECT_EXISTS when the name holds other bytes. Nothing is changed.
   * @throws {UsageError} OBJECT_NAME_INVALID.
   */
  put(name: ObjectName, bytes: Uint8Array): Promise<void>
  /** @throws {IntegrityError} OBJECT_MISSING. */
  get(name: ObjectName): Promise<Uint8Array>
  /** Up to `length` bytes from `start`, fewer only at the end. @throws As `get`. */
  getRange(name: ObjectName, start: number, length: number): Promise<Uint8Array>
  /** Undefined when there is no such object. */
  head(name: ObjectName): Promise<StoredObject | undefined>
  /** All objects in a folder and below, in the order of their names' bytes; '' is everything. */
  list(folder: string): AsyncIterable<StoredObject>
  /** Removes an object; nothing happens when it is not there. */
  delete(name: ObjectName): Promise<void>
}

const NAME = /^[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*$/

/** @throws {UsageError} OBJECT_NAME_INVALID. */
export function checkObjectName(name: ObjectName): void {
  if (name.length <= OBJECT_NAME_MAX && NAME.test(name)) return
  throw new UsageError('OBJECT_NAME_INVALID', `not a name for an object: ${name}`)
}
