/**
 * The files of a book, read whole and with a limit.
 *
 * @module
 */
import { join } from 'node:path'
import { parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { noteVerifier, parseNote, verifyNote } from '#crypto/signed-note.ts'
import { IntegrityError, VeiligError } from '#lib/errors.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import {
  CHECKPOINT_FILE,
  decodeHeader,
  HEADER_SIZE_MAX,
  SEGMENT_BYTES_LIMIT,
  segmentName,
  segmentNumbers,
  type SegmentHeader,
} from './segment.ts'

/** A checkpoint and a signature are a few hundred bytes; co-signatures may follow. */
const CHECKPOINT_SIZE_MAX = 64 * 1024

export class BookFiles {
  readonly disk: Disk
  readonly folder: string

  /** @param folder Absolute path of the book's own folder. */
  constructor(disk: Disk, folder: string) {
    this.disk = disk
    this.folder = folder
  }

  path(segment: number): string {
    return join(this.folder, segmentName(segment))
  }

  /** Segment numbers, ascending. */
  async numbers(): Promise<number[]> {
    return segmentNumbers(await this.disk.list(this.folder))
  }

  /** @throws {IntegrityError} AUDIT_HEADER_INVALID. */
  async header(segment: number): Promise<{ header: SegmentHeader; size: number }> {
    return decodeHeader(await this.disk.readRange(this.path(segment), 0, HEADER_SIZE_MAX))
  }

  /** @throws {IntegrityError} AUDIT_SEGMENT_TOO_LARGE. */
  async segment(segment: number): Promise<Buffer> {
    const size = (await this.disk.size(this.path(segment))) ?? 0
    if (size > SEGMENT_BYTES_LIMIT) {
      const message = `${this.path(segment)} has ${size} bytes, more than any segment of ours`
      throw new IntegrityError('AUDIT_SEGMENT_TOO_LARGE', message)
    }
    const bytes = await this.disk.readRange(this.path(segment), 0, size)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** The text of the checkpoint file, or undefined when there is none. */
  async checkpointNote(): Promise<string | undefined> {
    const path = join(this.folder, CHECKPOINT_FILE)
    if ((await this.disk.size(path)) === undefined) return undefined
    return Buffer.from(await this.disk.readRange(path, 0, CHECKPOINT_SIZE_MAX)).toString()
  }
}

/**
 * The checkpoint in a note, when one of the keys has signed it.
 *
 * @param keys C2SP verifier keys.
 * @throws {IntegrityError} NOTE_* or CHECKPOINT_MALFORMED.
 */
export function openCheckpoint(note: string, keys: readonly string[]): Checkpoint {
  const parsed = parseNote(note)
  verifyNote(parsed, keys.map(noteVerifier))
  return parseCheckpoint(parsed.text)
}

/** The names of the books in the audit folder, sorted; none when there is no such folder. */
export async function listBooks(folder: string, disk: Disk = systemDisk): Promise<string[]> {
  return (await disk.folders(folder)).filter((name) => /^[a-z][a-z0-9-]{0,62}$/.test(name))
}

/** The message of a declared error; a bug is thrown on. */
export function reasonOf(error: unknown): string {
  if (error instanceof VeiligError) return error.message
  throw error
}
