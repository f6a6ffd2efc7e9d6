/**
 * The header of a segment, and its name: docs/formats/audit.md §1 and §2.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { canonicalBytes, parseCanonical, type Json } from '#crypto/canonical-json.ts'
import type { Frontier } from '#crypto/merkle.ts'
import { SHA256_SIZE, sha256 } from '#crypto/sha256.ts'
import { IntegrityError, VeiligError } from '#lib/errors.ts'
import { auditModes, type AuditMode } from './config.ts'

/** `00` and the hash that ends a header and every record. */
export const TRAILER_SIZE: number = 1 + SHA256_SIZE

/** No segment is larger (1 GiB and an append); what is, is not ours. */
export const SEGMENT_BYTES_LIMIT: number = 1056 * 1024 * 1024

export const CHECKPOINT_FILE = 'checkpoint'

const MAGIC = Buffer.from('VLGAUDIT')
const VERSION = 1
const JSON_AT = 16
const JSON_SIZE_MAX = 65_536
const FRONTIER_MAX = 53
const SEGMENTS_CUT_MAX = 1000

/** Bytes that hold any header: what to read to have one. */
export const HEADER_SIZE_MAX: number = JSON_AT + JSON_SIZE_MAX + TRAILER_SIZE

/** Where the book went on before this segment. */
export type Previous = {
  readonly segment: number
  readonly bytes: number
  /** Hexadecimal. */
  readonly hash: string
}

/** What an opening left out: bytes of the segment before, and whole later segments. */
export type Cut = { readonly bytes: number; readonly segments: readonly number[] }

export type SegmentHeader = {
  readonly book: string
  readonly createdMs: number
  readonly cut: Cut | undefined
  readonly durable: number
  /** Its size is `sequence`. */
  readonly frontier: Frontier
  readonly mode: AuditMode
  readonly node: string
  readonly previous: Previous | undefined
  readonly process: string
  readonly segment: number
  readonly sequence: number
  readonly verifier: string | undefined
}

/** @param segment From 1. */
export function segmentName(segment: number): string {
  return `${String(segment).padStart(10, '0')}.segment`
}

/** The segment numbers among the file names of a book's folder, ascending. */
export function segmentNumbers(names: readonly string[]): number[] {
  return names
    .filter((name) => /^[0-9]{10}\.segment$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .filter((segment) => segment > 0)
    .toSorted((a, b) => a - b)
}

/** @throws {AssertionError} When the name is none: it becomes a folder. */
export function checkProcessName(name: string): void {
  assert(/^[a-z][a-z0-9-]{0,62}$/.test(name), `not a process name: ${name}`)
}

/** Which log a checkpoint is of. */
export function originOf(header: { readonly node: string; readonly process: string }): string {
  return `${header.node}/audit/${header.process}`
}

export function encodeHeader(header: SegmentHeader): Buffer {
  assert.equal(header.frontier.size, header.sequence)
  const { previous, cut } = header
  const json = canonicalBytes({
    book: header.book,
    created: header.createdMs,
    cut: cut ? { bytes: cut.bytes, segments: cut.segments } : null,
    durable: header.durable,
    frontier: header.frontier.hashes.map((hash) => Buffer.from(hash).toString('hex')),
    mode: header.mode,
    node: header.node,
    previous: previous ? { ...previous } : null,
    process: header.process,
    segment: header.segment,
    sequence: header.sequence,
    verifier: header.verifier ?? null,
  })
  assert(json.length <= JSON_SIZE_MAX)
  const head = Buffer.alloc(JSON_AT)
  MAGIC.copy(head)
  head.writeUInt32BE(VERSION, 8)
  head.writeUInt32BE(json.length, 12)
  const hashed = Buffer.concat([head, json])
  return Buffer.concat([hashed, Uint8Array.of(0), sha256(hashed)])
}

/**
 * Reads the header at the beginning of a segment.
 *
 * @returns The header and its size, which is where the first record begins.
 * @throws {IntegrityError} AUDIT_HEADER_INVALID, saying what is wrong.
 */
export function decodeHeader(segment: Uint8Array): { header: SegmentHeader; size: number } {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength)
  if (bytes.length < JSON_AT || !bytes.subarray(0, 8).equals(MAGIC)) throw invalid('no header')
  if (bytes.readUInt32BE(8) !== VERSION) throw invalid(`version ${bytes.readUInt32BE(8)}`)
  const jsonSize = bytes.readUInt32BE(12)
  const end = JSON_AT + jsonSize
  if (jsonSize > JSON_SIZE_MAX || bytes.length < end + TRAILER_SIZE) throw invalid('cut short')
  const hash = sha256(bytes.subarray(0, end))
  if (bytes[end] !== 0 || Buffer.compare(hash, bytes.subarray(end + 1, end + TRAILER_SIZE)) !== 0)
    throw invalid('its hash is wrong')
  return { header: parseHeader(bytes.subarray(JSON_AT, end)), size: end + TRAILER_SIZE }
}

function parseHeader(json: Uint8Array): SegmentHeader {
  let value: Json
  try {
    value = parseCanonical(json)
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    throw invalid('its JSON is not canonical')
  }
  const from = new Members(value)
  const sequence = from.count('sequence')
  const frontier = from.list('frontier', FRONTIER_MAX).map((hash) => asHash(hash))
  if (frontier.length !== ones(sequence)) throw invalid('its frontier does not fit its sequence')
  const previous = from.optional('previous')
  const cut = from.optional('cut')
  return {
    book: from.text('book', /^[0-9a-f]{32}$/),
    createdMs: from.count('created'),
    cut: cut && {
      bytes: cut.count('bytes'),
      segments: cut.list('segments', SEGMENTS_CUT_MAX).map((item) => asCount(item)),
    },
    durable: from.count('durable'),
    frontier: { size: sequence, hashes: frontier },
    mode: asMode(from.text('mode')),
    node: from.text('node', /^\S{1,255}$/),
    previous: previous && {
      bytes: previous.count('bytes'),
      hash: previous.text('hash', /^[0-9a-f]{64}$/),
      segment: previous.count('segment'),
    },
    process: from.text('process', /^[a-z][a-z0-9-]{0,62}$/),
    segment: from.count('segment'),
    sequence,
    verifier: from.textOrNull('verifier'),
  }
}

/** The members of a JSON object, each asked for with its type. */
class Members {
  readonly #members: { readonly [name: string]: Json }

  constructor(value: Json) {
    if (typeof value !== 'object' || value === null || value instanceof Array)
      throw invalid('not an object')
    this.#members = value as { readonly [name: string]: Json }
  }

  count(name: string): number {
    return asCount(this.#get(name))
  }

  text(name: string, pattern = /^/): string {
    const value = this.#get(name)
    if (typeof value !== 'string' || !pattern.test(value)) throw invalid(`${name} is wrong`)
    return value
  }

  textOrNull(name: string): string | undefined {
    return this.#get(name) === null ? undefined : this.text(name)
  }

  list(name: string, lengthMax: number): readonly Json[] {
    const value = this.#get(name)
    if (!(value instanceof Array) || value.length > lengthMax) throw invalid(`${name} is wrong`)
    return value
  }

  optional(name: string): Members | undefined {
    const value = this.#get(name)
    return value === null ? undefined : new Members(value)
  }

  #get(name: string): Json {
    const value = Object.hasOwn(this.#members, name) ? this.#members[name] : undefined
    if (value === undefined) throw invalid(`${name} is missing`)
    return value
  }
}

function asCount(value: Json): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw invalid('a number is wrong')
  return value
}

function asHash(value: Json): Uint8Array {
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw invalid('a hash is wrong')
  return Uint8Array.from(Buffer.from(value, 'hex'))
}

function asMode(text: string): AuditMode {
  const mode = auditModes.find((known) => known === text)
  if (!mode) throw invalid(`mode ${text}`)
  return mode
}

function ones(value: number): number {
  return value.toString(2).replaceAll('0', '').length
}

function invalid(why: string): IntegrityError {
  return new IntegrityError('AUDIT_HEADER_INVALID', `a segment's header is not readable: ${why}`)
}
