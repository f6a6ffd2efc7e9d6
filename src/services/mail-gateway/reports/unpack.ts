/**
 * A report as it came: plain, gzipped or in a zip; unpacked no further than a report can be large.
 *
 * A bomb of a few kilobytes must not buy gigabytes: the size that the packed bytes may grow to is
 * fixed before anything is unpacked, and no archive in an archive is looked into.
 *
 * @module
 */
import { promisify } from 'node:util'
import { gunzip, inflateRaw } from 'node:zlib'
import { DeniedError } from '#lib/errors.ts'

/** Real reports of the largest receivers are below 10 MiB unpacked. */
export const UNPACKED_MAX_BYTES: number = 32 * 1024 * 1024
const GROWTH_MAX = 200
const SMALL_BYTES = 1024 * 1024

const [unzipGzip, unzipRaw] = [promisify(gunzip), promisify(inflateRaw)]

/**
 * @returns The text of the report; undefined when these bytes are none.
 * @throws {DeniedError} MAIL_REPORT_INVALID when it is broken, or too large when unpacked.
 */
export async function unpackReport(bytes: Uint8Array): Promise<string | undefined> {
  const first = Buffer.from(bytes.subarray(0, 4)).toString('latin1')
  if (first.startsWith('\x1f\x8b')) return utf8(await within(bytes.length, bytes, unzipGzip))
  if (first === 'PK\x03\x04') return utf8(await onlyFile(bytes))
  return /^\s*(?:\ufeff)?\s*[<{]/.test(utf8(bytes.subarray(0, 64))) ? utf8(bytes) : undefined
}

type Unzip = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>

async function within(packed: number, bytes: Uint8Array, unzip: Unzip): Promise<Buffer> {
  const most = Math.min(UNPACKED_MAX_BYTES, Math.max(SMALL_BYTES, packed * GROWTH_MAX))
  try {
    return await unzip(bytes, { maxOutputLength: most })
  } catch (error) {
    throw invalid(`cannot be unpacked into ${most} bytes: ${(error as Error).message}`)
  }
}

/**
 * The first file of a zip, by its central directory: what stands before each file may lie.
 *
 * Source: APPNOTE.TXT 6.3.10, §4.3.
 */
async function onlyFile(bytes: Uint8Array): Promise<Buffer> {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (end < 0 || end + 22 > zip.length) throw invalid('a zip without an end')
  const entry = zip.readUInt32LE(end + 16)
  if (entry + 46 > zip.length || zip.readUInt32LE(entry) !== 0x02014b50)
    throw invalid('a zip without a directory')
  const method = zip.readUInt16LE(entry + 10)
  const size = zip.readUInt32LE(entry + 20)
  const local = zip.readUInt32LE(entry + 42)
  if (local + 30 > zip.length) throw invalid('a zip whose file lies outside of it')
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const packed = zip.subarray(start, start + size)
  if (packed.length !== size) throw invalid('a zip whose file lies outside of it')
  if (method === 0) return packed
  if (method !== 8) throw invalid(`a zip of method ${method}`)
  return within(packed.length, packed, unzipRaw)
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

function invalid(why: string): DeniedError {
  return new DeniedError('MAIL_REPORT_INVALID', why, 'the report cannot be unpacked')
}
