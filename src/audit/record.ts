/**
 * Records: how events become bytes, and how bytes are believed: docs/formats/audit.md §3.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { SHA256_SIZE, sha256Into } from '#crypto/sha256.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { TRAILER_SIZE } from './segment.ts'
import type { AuditDetail, AuditEvent } from './trail.ts'

const LENGTH_SIZE = 4
const FIELDS_SIZE = 20

/** Bytes of a record before its JSON. */
export const PREFIX_SIZE: number = LENGTH_SIZE + FIELDS_SIZE

/** Bytes of one event's JSON. */
export const JSON_SIZE_MAX: number = 1024 * 1024

/** Events and bytes of one append. */
export const APPEND_EVENTS_MAX = 65_536
export const APPEND_BYTES_MAX: number = 16 * 1024 * 1024

/** The fields before the JSON. */
export type RecordFields = {
  readonly sequence: number
  readonly timeMs: number
  readonly durable: number
  readonly left: number
}

/**
 * The canonical JSON of an event.
 *
 * @throws {FaultError} AUDIT_EVENT_INVALID when the code is none, or the detail is not flat.
 */
export function encodeEvent({ code, detail }: AuditEvent): string {
  let count = 0
  const known = shapes.get(code)
  let same = known !== undefined
  for (const name in detail) {
    const value = detail[name]
    if (typeof value === 'number' ? !Number.isFinite(value) : !isFlat(value))
      throw invalid(`${name} is neither text, a finite number, a boolean nor null`)
    if (same && known?.names[count] !== name) same = false
    count++
  }
  const shape = known && same && known.names.length === count ? known : shapeOf(code, detail)
  return `{"code":"${code}","detail":${encodeDetail(detail, shape)}}`
}

/** The names of a detail's members, as a service gives them and as RFC 8785 sorts them. */
type Shape = {
  readonly names: readonly string[]
  readonly sorted: readonly string[]
  readonly kind: 'sorted' | 'unsorted' | 'peculiar'
}

/** The last shape seen with each code: sorting every event's names would cost more than hashing. */
const shapes = new Map<string, Shape>()
const SHAPES_MAX = 1000

function shapeOf(code: string, detail: AuditDetail): Shape {
  if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(code)) throw invalid(`code '${code.slice(0, 80)}'`)
  const names = Object.keys(detail)
  const sorted = names.toSorted(byCodeUnit)
  // Objects put names that are whole numbers first, and take __proto__ for something else.
  const peculiar = names.some((name) => /^[0-9]|^__proto__$/.test(name))
  const inOrder = names.every((name, index) => name === sorted[index])
  const shape: Shape = {
    names,
    sorted,
    kind: peculiar ? 'peculiar' : inOrder ? 'sorted' : 'unsorted',
  }
  if (shapes.size < SHAPES_MAX || shapes.has(code)) shapes.set(code, shape)
  return shape
}

/** JSON.stringify writes what RFC 8785 asks, except for the order of members. */
function encodeDetail(detail: AuditDetail, { sorted, kind }: Shape): string {
  if (kind === 'sorted') return JSON.stringify(detail)
  if (kind === 'peculiar') {
    const members = sorted.map((name) => `${JSON.stringify(name)}:${JSON.stringify(detail[name])}`)
    return `{${members.join(',')}}`
  }
  const ordered: Record<string, unknown> = {}
  for (const name of sorted) ordered[name] = detail[name]
  return JSON.stringify(ordered)
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : 1
}

function isFlat(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null
}

const INITIAL_SIZE = 64 * 1024
const KEPT_SIZE_MAX = 2 * 1024 * 1024

/**
 * Encodes records one behind the other, each chained to the one before, into one buffer that is
 * handed to the disk whole.
 */
export class RecordEncoder {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_SIZE)
  #end = TRAILER_SIZE

  /** @param trailer `00` and the hash that the next record follows. */
  constructor(trailer: Uint8Array) {
    this.follow(trailer)
  }

  /** Bytes encoded and not taken. */
  get size(): number {
    return this.#end - TRAILER_SIZE
  }

  /** The hash of the last record, or what was given to follow. */
  get hash(): Uint8Array {
    return Uint8Array.from(this.#buffer.subarray(this.#end - SHA256_SIZE, this.#end))
  }

  /** Goes on after another hash: that of a new segment's header. Everything must be taken. */
  follow(trailer: Uint8Array): void {
    assert(trailer.length === TRAILER_SIZE && trailer[0] === 0)
    this.#buffer.set(trailer, 0)
    this.#end = TRAILER_SIZE
  }

  /**
   * Encodes the events of one append, all or none.
   *
   * @param first The fields of the first record; the others follow from it.
   * @param sink Is given each record's hash, once all are encoded.
   * @throws {FaultError} AUDIT_EVENT_INVALID or AUDIT_EVENT_TOO_LARGE: nothing was encoded.
   */
  encode(
    events: readonly AuditEvent[],
    first: Omit<RecordFields, 'left'>,
    sink: (bytes: Uint8Array, at: number) => void,
  ): void {
    if (events.length > APPEND_EVENTS_MAX) throw tooLarge(`${events.length} events in one append`)
    const start = this.#end
    const ends: number[] = []
    try {
      let index = 0
      for (const event of events) {
        this.#encodeOne(event, first, index, events.length - 1 - index)
        index++
        if (this.#end - start > APPEND_BYTES_MAX) throw tooLarge('the events of one append')
        ends.push(this.#end)
      }
    } catch (error) {
      this.#end = start
      throw error
    }
    for (const end of ends) sink(this.#buffer, end - SHA256_SIZE)
  }

  /** Gives what was encoded to `write`, which must be done with the bytes when it returns. */
  take(write: (bytes: Uint8Array) => void): void {
    write(this.#buffer.subarray(TRAILER_SIZE, this.#end))
    const kept =
      this.#buffer.length > KEPT_SIZE_MAX ? Buffer.allocUnsafeSlow(INITIAL_SIZE) : this.#buffer
    this.#buffer.copy(kept, 0, this.#end - TRAILER_SIZE, this.#end)
    this.#buffer = kept
    this.#end = TRAILER_SIZE
  }

  #encodeOne(
    event: AuditEvent,
    first: Omit<RecordFields, 'left'>,
    index: number,
    left: number,
  ): void {
    const json = event.json ?? encodeEvent(event)
    this.#reserve(PREFIX_SIZE + 3 * json.length + TRAILER_SIZE)
    const bytes = this.#buffer
    const at = this.#end
    const jsonSize = bytes.write(json, at + PREFIX_SIZE)
    if (jsonSize > JSON_SIZE_MAX) throw tooLarge(`${event.code} has ${jsonSize} bytes`)
    bytes.writeUInt32BE(FIELDS_SIZE + jsonSize, at)
    writeU48(bytes, first.sequence + index, at + 4)
    writeU48(bytes, first.timeMs, at + 10)
    writeU48(bytes, first.durable, at + 16)
    bytes.writeUInt16BE(left, at + 22)
    const end = at + PREFIX_SIZE + jsonSize
    bytes[end] = 0
    sha256Into(bytes.subarray(at - TRAILER_SIZE, end), bytes, end + 1)
    this.#end = end + TRAILER_SIZE
  }

  #reserve(size: number): void {
    const needed = this.#end + size
    if (needed <= this.#buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length))
    this.#buffer.copy(grown, 0, 0, this.#end)
    this.#buffer = grown
  }
}

/** Ten times as fast as writeUIntBE. */
function writeU48(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt16BE(Math.floor(value / 2 ** 32), at)
  bytes.writeUInt32BE(value % 2 ** 32, at + 2)
}

/** Several times as fast as readUIntBE; the caller has checked that the bytes are there. */
function readU48(bytes: Buffer, at: number): number {
  return bytes.readUInt16BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 2)
}

/** Why the bytes at a place are no record that follows the one before. */
export type RecordFault =
  /** The file ends within the record, or its length is beyond any record's. */
  | 'cut'
  /** Its hash is not that of these bytes after those before. */
  | 'hash'
  /** It is whole and follows, but has another sequence number than is its turn. */
  | 'sequence'

/** Walks over records, believing each only when its hash is right. */
export class RecordCursor {
  readonly bytes: Buffer
  /** Where the next record begins; just after a hash. */
  at: number
  /** The fields of the record last read. */
  sequence = 0
  timeMs = 0
  durable = 0
  left = 0
  jsonStart = 0
  jsonEnd = 0
  /** Whose turn it is. */
  expected: number

  constructor(bytes: Uint8Array, at: number, expected: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = at
    this.expected = expected
  }

  /** Reads the next record. @returns What is wrong with it, 'end', or undefined if all is well. */
  next(): RecordFault | 'end' | undefined {
    const { bytes, at } = this
    if (at === bytes.length) return 'end'
    const end = recordEnd(bytes, at)
    if (end === undefined) return 'cut'
    if (!hashIsRight(bytes, at, end)) return 'hash'
    if (readU48(bytes, at + 4) !== this.expected) return 'sequence'
    this.sequence = this.expected++
    this.timeMs = readU48(bytes, at + 10)
    this.durable = readU48(bytes, at + 16)
    this.left = bytes.readUInt16BE(at + 22)
    this.jsonStart = at + PREFIX_SIZE
    this.jsonEnd = end - TRAILER_SIZE
    this.at = end
    return undefined
  }

  /** The JSON of the record last read. */
  json(): string {
    return this.bytes.toString('utf8', this.jsonStart, this.jsonEnd)
  }

  /** The event of the record last read. @throws {IntegrityError} AUDIT_RECORD_INVALID. */
  event(): AuditEvent {
    return decodeEvent(this.json())
  }
}

/** Where the record at `at` ends, as far as its length can be believed at all. */
export function recordEnd(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < LENGTH_SIZE) return undefined
  const length = bytes.readUInt32BE(at)
  const end = at + LENGTH_SIZE + length + TRAILER_SIZE
  if (length < FIELDS_SIZE || length > FIELDS_SIZE + JSON_SIZE_MAX || end > bytes.length)
    return undefined
  return end
}

/** Whether the record from `at` to `end` follows the 32 bytes before it. */
export function hashIsRight(bytes: Buffer, at: number, end: number): boolean {
  const jsonEnd = end - TRAILER_SIZE
  if (bytes[jsonEnd] !== 0) return false
  const right = hash('sha256', bytes.subarray(at - TRAILER_SIZE, jsonEnd), 'latin1')
  return right === bytes.toString('latin1', jsonEnd + 1, end)
}

/** @throws {IntegrityError} AUDIT_RECORD_INVALID: the chain is right, yet this is no event. */
export function decodeEvent(json: string): AuditEvent {
  try {
    const { code, detail } = JSON.parse(json) as Partial<AuditEvent>
    if (typeof code === 'string' && typeof detail === 'object' && detail !== null)
      return { code, detail }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new IntegrityError('AUDIT_RECORD_INVALID', 'a record holds something that is no event')
}

function invalid(why: string): FaultError {
  return new FaultError('AUDIT_EVENT_INVALID', `the event is not recorded: ${why}`)
}

function tooLarge(what: string): FaultError {
  return new FaultError('AUDIT_EVENT_TOO_LARGE', `nothing is recorded: ${what} is too much`)
}
