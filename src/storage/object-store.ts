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
   * same bytes under the same name again do nothing; they too are durable afterwards. The bytes
   * are the caller's again then, who may write others over them.
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
  /**
   * Removes an object and every older version of it; nothing happens when it is not there.
   *
   * @throws {FaultError} OBJECT_LOCKED when the place itself refuses until a day or a hold is over.
   */
  delete(name: ObjectName): Promise<void>
  /** Where the place can refuse its own administrator; undefined where it cannot. */
  readonly lock?: ObjectLock | undefined
}

/** What keeps an object from being deleted, by anybody. */
export type LockState = {
  /** Unix milliseconds; undefined when no day is set. */
  readonly untilMs: number | undefined
  /** A legal hold: without end until it is lifted. */
  readonly held: boolean
}

/** Every method throws as the store does, and OBJECT_MISSING. */
export interface ObjectLock {
  /** Whether the place can lock at all; it may have been made without. */
  enabled(): Promise<boolean>
  state(name: ObjectName): Promise<LockState>
  /** Sets the day of an object; a place in compliance mode never shortens it (OBJECT_LOCKED). */
  extend(name: ObjectName, untilMs: number): Promise<void>
  /** Sets or lifts the legal hold. */
  hold(name: ObjectName, held: boolean): Promise<void>
}

const NAME = /^[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*$/

/** @throws {UsageError} OBJECT_NAME_INVALID. */
export function checkObjectName(name: ObjectName): void {
  if (name.length <= OBJECT_NAME_MAX && NAME.test(name)) return
  throw new UsageError('OBJECT_NAME_INVALID', `not a name for an object: ${name}`)
}
