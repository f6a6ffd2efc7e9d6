/**
 * Reads a tar archive as it streams by: entries and their bytes, nothing kept, nothing trusted.
 *
 * A server that was taken over must not reach outside the folder we restore into
 * (CVE-2026-6475), so a path that is absolute or climbs, and a link that leads out, end the
 * reading. Bytes of a file are handed on as views of what came in.
 *
 * Source: POSIX.1-2024, pax, "ustar Interchange Format"; GNU tar for sizes in base 256; PostgreSQL,
 * tar.c (tarCreateHeader).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

export type TarEntry = {
  readonly kind: 'file' | 'directory' | 'symlink'
  /** Relative, with `/`, without `.` and `..`. */
  readonly path: string
  /** Of the contents; 0 unless a file. */
  readonly sizeBytes: number
  /** Permission bits. */
  readonly mode: number
  /** Seconds since the Unix epoch. */
  readonly modifiedS: number
  /** Where a symlink leads: relative, within the archive. */
  readonly target: string
}

export type TarEvent =
  | { readonly kind: 'entry'; readonly entry: TarEntry }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** The entry before is whole. */
  | { readonly kind: 'end' }

const BLOCK_SIZE = 512
const kinds: ReadonlyMap<string, TarEntry['kind']> = new Map([
  ['0', 'file'],
  ['\0', 'file'],
  ['2', 'symlink'],
  ['5', 'directory'],
])

/** Field → offset and size in the header block. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  size: [124, 12],
  modified: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  target: [157, 100],
  magic: [257, 6],
  prefix: [345, 155],
} as const satisfies Readonly<Record<string, Field>>

type Field = readonly [offset: number, size: number]

export class TarReader {
  readonly #header = new Uint8Array(BLOCK_SIZE)
  #headerSize = 0
  #bodyLeft = 0
  #paddingLeft = 0
  #inEntry = false
  #zeroBlocks = 0

  /** Says that no more comes. @throws {ProtocolError} TAR_TRUNCATED unless it ended properly. */
  finish(): void {
    if (this.#zeroBlocks >= 2) return
    throw new ProtocolError('TAR_TRUNCATED', 'the archive ends without its end mark')
  }

  /**
   * Takes the next bytes and yields what they complete. The caller must exhaust it before the next
   * call.
   *
   * @throws {ProtocolError} TAR_MALFORMED, TAR_PATH_UNSAFE, TAR_LINK_UNSAFE or TAR_TYPE_UNKNOWN.
   *   The reader must not be used afterwards.
   */
  *push(chunk: Uint8Array): Generator<TarEvent, void, undefined> {
    let at = 0
    while (at < chunk.length) {
      if (this.#bodyLeft > 0) {
        const bytes = chunk.subarray(at, at + Math.min(this.#bodyLeft, chunk.length - at))
        at += bytes.length
        this.#bodyLeft -= bytes.length
        yield { kind: 'data', bytes }
      } else if (this.#paddingLeft > 0) {
        const skipped = Math.min(this.#paddingLeft, chunk.length - at)
        this.#paddingLeft -= skipped
        at += skipped
      } else {
        const taken = chunk.subarray(at, at + BLOCK_SIZE - this.#headerSize)
        this.#header.set(taken, this.#headerSize)
        this.#headerSize += taken.length
        at += taken.length
        if (this.#headerSize === BLOCK_SIZE) yield* this.#open()
      }
      if (this.#inEntry && this.#bodyLeft === 0) {
        this.#inEntry = false
        yield { kind: 'end' }
      }
    }
  }

  *#open(): Generator<TarEvent, void, undefined> {
    this.#headerSize = 0
    if (this.#header.every((byte) => byte === 0)) {
      this.#zeroBlocks++
      return
    }
    if (this.#zeroBlocks > 0) throw malformed('an entry after the end mark')
    const entry = readHeader(this.#header)
    this.#bodyLeft = entry.sizeBytes
    this.#paddingLeft = -entry.sizeBytes & (BLOCK_SIZE - 1)
    this.#inEntry = true
    yield { kind: 'entry', entry }
  }
}

function readHeader(header: Uint8Array): TarEntry {
  const stored = number(header, fields.checksum)
  if (stored !== checksum(header)) throw malformed('a header with a wrong checksum')
  if (!text(header, fields.magic).startsWith('ustar')) throw malformed('not ustar')
  const type = String.fromCharCode(header[fields.type[0]]!)
  const kind = kinds.get(type)
  const prefix = text(header, fields.prefix)
  const name = (prefix === '' ? '' : `${prefix}/`) + text(header, fields.name)
  if (!kind) throw new ProtocolError('TAR_TYPE_UNKNOWN', `${show(name)} has type ${show(type)}`)
  const path = safePath(name)
  const target = kind === 'symlink' ? text(header, fields.target) : ''
  if (kind === 'symlink') checkTarget(path, target)
  const sizeBytes = kind === 'file' ? number(header, fields.size) : 0
  return {
    kind,
    path,
    sizeBytes,
    mode: number(header, fields.mode) & 0o7777,
    modifiedS: number(header, fields.modified),
    target,
  }
}

function safePath(name: string): string {
  const path = name.replace(/^\.\//, '').replace(/\/$/, '')
  const parts = path.split('/')
  const bad = parts.some((part) => part === '' || part === '.' || part === '..')
  if (!bad && !path.includes('\\')) return path
  throw new ProtocolError('TAR_PATH_UNSAFE', `the path ${show(name)} could leave its folder`)
}

/** A link may lead to a place within the archive, by a relative path. */
function checkTarget(path: string, target: string): void {
  let depth = path.split('/').length - 1
  const absolute = target === '' || target.startsWith('/') || target.includes('\\')
  for (const part of target.split('/')) {
    if (part === '..') depth--
    else if (part !== '' && part !== '.') depth++
    if (absolute || depth < 0) {
      const message = `the link ${show(path)} leads outside, to ${show(target)}`
      throw new ProtocolError('TAR_LINK_UNSAFE', message)
    }
  }
}

/** Octal text, or base 256 when the top bit is set. */
function number(header: Uint8Array, [offset, size]: Field): number {
  const first = header[offset]!
  let value: bigint
  if (first & 0x80) {
    value = BigInt(first & 0x7f)
    for (let at = offset + 1; at < offset + size; at++) value = (value << 8n) | BigInt(header[at]!)
  } else {
    const digits = text(header, [offset, size]).trim()
    if (!/^[0-7]*$/.test(digits)) throw malformed(`a number ${show(digits)}`)
    value = digits === '' ? 0n : BigInt(`0o${digits}`)
  }
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('a number beyond any file')
  return Number(value)
}

/** Sum of all bytes, the checksum field itself counted as spaces. */
function checksum(header: Uint8Array): number {
  const [from, size] = fields.checksum
  return header.reduce((sum, byte, at) => sum + (at >= from && at < from + size ? 32 : byte), 0)
}

function text(header: Uint8Array, [offset, size]: Field): string {
  const field = Buffer.from(header.subarray(offset, offset + size))
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end === -1 ? size : end)
}

function show(value: string): string {
  return JSON.stringify(value.slice(0, 200))
}

function malformed(what: string): ProtocolError {
  return new ProtocolError('TAR_MALFORMED', `the archive holds ${what}`)
}
