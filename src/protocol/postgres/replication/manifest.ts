/**
 * The server's backup manifest: which files the backup holds, with size and checksum of each.
 *
 * Read line by line as it streams by; 100,000 files are 20 MB, never held as text. Its own last
 * line is a SHA-256 of all before it, so an edited or shortened manifest is found out. The bytes
 * themselves are kept by the caller as they came: the server wants them back for an incremental.
 *
 * Source: PostgreSQL documentation, "Backup Manifest Format"; backup_manifest.c, which writes each
 * file on a line of its own; parse_manifest.c for what the checksum covers.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { ProtocolError } from '#lib/errors.ts'
import { parseLsn, type Lsn } from './lsn.ts'

export type ManifestFile = {
  /** Relative to the data directory; tablespaces below `pg_tblspc/OID/`. */
  readonly path: string
  readonly sizeBytes: number
  /** CRC-32C, unsigned; undefined when the manifest has none for this file. */
  readonly crc32c: number | undefined
}

export type ManifestWal = {
  readonly timeline: number
  readonly startLsn: Lsn
  readonly endLsn: Lsn
}

export type Manifest = {
  /** 1 up to PostgreSQL 16, 2 from 17 on. */
  readonly version: number
  /** Undefined in version 1. */
  readonly systemId: string | undefined
  /** WAL the backup needs; several only when a standby changed its timeline. */
  readonly wal: readonly ManifestWal[]
}

const LINE_MAX = 16 * 1024
const LINE_FEED = 10

export class ManifestReader {
  readonly #hash = createHash('sha256')
  readonly #onFile: (file: ManifestFile) => void
  #line: Uint8Array[] = []
  #lineSize = 0
  #version: number | undefined
  #systemId: string | undefined
  #wal: ManifestWal[] = []
  #section: 'head' | 'files' | 'wal' | 'tail' | 'done' = 'head'

  /** @param onFile Called for each file, before the manifest as a whole is known to be whole. */
  constructor(onFile: (file: ManifestFile) => void) {
    this.#onFile = onFile
  }

  /** @throws {ProtocolError} MANIFEST_INVALID. */
  push(chunk: Uint8Array): void {
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.#hold(chunk.subarray(from, end + 1))
      this.#takeLine()
      from = end + 1
    }
    if (from < chunk.length) this.#hold(chunk.slice(from))
  }

  /** Says that no more comes. @throws {ProtocolError} MANIFEST_INVALID when it is not whole. */
  finish(): Manifest {
    if (this.#section !== 'done' || this.#version === undefined || this.#lineSize > 0) {
      throw invalid('it ends early')
    }
    return { version: this.#version, systemId: this.#systemId, wal: this.#wal }
  }

  #hold(bytes: Uint8Array): void {
    this.#lineSize += bytes.length
    if (this.#lineSize > LINE_MAX) throw invalid(`a line is longer than ${LINE_MAX} bytes`)
    this.#line.push(bytes)
  }

  #takeLine(): void {
    const bytes = Buffer.concat(this.#line)
    this.#line = []
    this.#lineSize = 0
    const line = bytes.toString('utf8').trim()
    if (this.#section === 'tail') return this.#close(line)
    this.#hash.update(bytes)
    if (this.#section === 'files') this.#takeFile(line)
    else if (this.#section === 'wal') this.#takeWal(line)
    else this.#takeHead(line)
  }

  #takeHead(line: string): void {
    if (line === '"Files": [],') this.#section = 'head'
    else if (line === '"Files": [') this.#section = 'files'
    else if (line === '"WAL-Ranges": [') this.#section = 'wal'
    else if (this.#version === undefined) this.#takeVersion(line)
    else this.#takeSystemId(line)
  }

  #takeVersion(line: string): void {
    const version = Number(/^{ "PostgreSQL-Backup-Manifest-Version": ([0-9]+),$/.exec(line)?.[1])
    if (version !== 1 && version !== 2) throw invalid(`its first line is ${show(line)}`)
    this.#version = version
  }

  #takeSystemId(line: string): void {
    const id = /^"System-Identifier": ([0-9]{1,20}),$/.exec(line)?.[1]
    if (id === undefined || this.#systemId !== undefined) throw invalid(`a line ${show(line)}`)
    this.#systemId = id
  }

  #takeFile(line: string): void {
    if (line === '],') {
      this.#section = 'head'
      return
    }
    const entry = readObject(line)
    const encoded = entry['Encoded-Path']
    const path = encoded === undefined ? entry['Path'] : decodeHex(encoded)
    const size = entry['Size']
    if (typeof path !== 'string' || typeof size !== 'number' || !Number.isSafeInteger(size)) {
      throw invalid(`a file ${show(line)}`)
    }
    const crc32c = entry['Checksum-Algorithm'] === 'CRC32C' ? readCrc(entry['Checksum']) : undefined
    this.#onFile({ path, sizeBytes: size, crc32c })
  }

  #takeWal(line: string): void {
    if (line === '],') {
      this.#section = 'tail'
      return
    }
    const range = readObject(line)
    const timeline = range['Timeline']
    if (typeof timeline !== 'number') throw invalid(`a WAL range ${show(line)}`)
    this.#wal.push({
      timeline,
      startLsn: parseLsn(String(range['Start-LSN'])),
      endLsn: parseLsn(String(range['End-LSN'])),
    })
  }

  #close(line: string): void {
    const stored = /^"Manifest-Checksum": "([0-9a-f]{64})"}$/.exec(line)?.[1]
    if (stored === undefined) throw invalid(`its last line is ${show(line)}`)
    if (stored !== this.#hash.digest('hex')) throw invalid('its checksum is wrong')
    this.#section = 'done'
  }
}

function readObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line.replace(/,$/, ''))
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw invalid(`a line ${show(line)}`)
}

/** Only paths that are not UTF-8 are encoded: PostgreSQL makes none, extensions might. */
function decodeHex(value: unknown): string {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/.test(value)) throw invalid('an Encoded-Path')
  return Buffer.from(value, 'hex').toString('utf8')
}

/** The four bytes as they lie in memory (little-endian), in hexadecimal. */
function readCrc(value: unknown): number {
  if (typeof value !== 'string' || !/^[0-9a-f]{8}$/.test(value)) throw invalid('a CRC32C')
  return Buffer.from(value, 'hex').readUInt32LE()
}

function show(line: string): string {
  return JSON.stringify(line.slice(0, 200))
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('MANIFEST_INVALID', `the server's backup manifest: ${what}`)
}
