/**
 * The leaves of a book's Merkle tree, read from outside its writer: what a seal signs for.
 *
 * A record is given only when it follows the one given before, by its hash: whoever rewrites a book
 * that was read to here is told of at the next record.
 *
 * @module
 */
import { join } from 'node:path'
import { MerkleTree, type Frontier } from '#crypto/merkle.ts'
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { BookFiles } from './book-files.ts'
import { BookReader } from './read.ts'
import { PREFIX_SIZE, type RecordCursor } from './record.ts'
import type { SegmentHeader } from './segment.ts'

export type LeavesOptions = {
  /** Absolute path of the audit folder. */
  readonly folder: string
  readonly process: string
  readonly disk?: Disk
}

/** A record, as the tree has it. */
type Leaf = {
  readonly sequence: number
  readonly hash: Uint8Array
  /** The hash that must be the one of the record before. */
  readonly follows: string | undefined
  readonly segment: number
}

export type Leaves = {
  readonly hashes: readonly Uint8Array[]
  /** The segments they stand in: to be synced before anybody vouches for them. */
  readonly segments: readonly number[]
}

export class LeafReader {
  readonly #options: LeavesOptions
  readonly #reader: BookReader<Leaf>
  #next: number
  /** Hexadecimal hash of the last record read. */
  #last: string | undefined
  #rest: readonly Leaf[] = []

  /**
   * @param from The first record wanted.
   * @param last The hash of the record before it, hexadecimal, when it is known.
   */
  constructor(options: LeavesOptions, from: number, last?: string) {
    this.#options = options
    this.#reader = new BookReader({ ...options, from }, leafOf)
    this.#next = from
    this.#last = last
  }

  /**
   * Some of the leaves that follow, at most `max`; undefined when there are none now.
   *
   * @throws {IntegrityError} AUDIT_BOOK_DAMAGED.
   */
  async next(max: number = Infinity): Promise<Leaves | undefined> {
    while (this.#rest.length === 0) {
      const read = await this.#reader.next()
      if (!read) return undefined
      this.#rest = read.filter(({ sequence }) => sequence >= this.#next)
    }
    const taken = this.#rest.slice(0, max)
    this.#rest = this.#rest.slice(max)
    for (const leaf of taken) this.#follow(leaf)
    return {
      hashes: taken.map(({ hash }) => hash),
      segments: [...new Set(taken.map(({ segment }) => segment))],
    }
  }

  /** Makes what was read survive a power cut, whatever its writer did. */
  async sync(segments: readonly number[]): Promise<void> {
    const { disk = systemDisk, folder, process } = this.#options
    const files = new BookFiles(disk, join(folder, process))
    for (const segment of segments) {
      using file = disk.openAppend(files.path(segment))
      await file.sync()
    }
  }

  #follow({ sequence, hash, follows }: Leaf): void {
    const { folder, process } = this.#options
    const known = this.#last === undefined || follows === undefined || this.#last === follows
    if (sequence !== this.#next || !known) {
      const message = `record ${sequence} in ${join(folder, process)} follows a rewritten one`
      throw new IntegrityError('AUDIT_BOOK_DAMAGED', message)
    }
    this.#next = sequence + 1
    this.#last = Buffer.from(hash).toString('hex')
  }
}

function leafOf(cursor: RecordCursor, header: SegmentHeader): Leaf {
  const { bytes, at, jsonStart, sequence } = cursor
  const start = jsonStart - PREFIX_SIZE
  const isFirst = sequence === header.sequence
  return {
    sequence,
    hash: Uint8Array.from(bytes.subarray(at - SHA256_SIZE, at)),
    follows: isFirst ? header.previous?.hash : bytes.toString('hex', start - SHA256_SIZE, start),
    segment: header.segment,
  }
}

/**
 * The tree over the first `size` records, from the frontier in the header of the segment they end
 * in: which is believed only when the root is.
 *
 * @returns Undefined when the book is shorter.
 * @throws {IntegrityError} AUDIT_BOOK_DAMAGED.
 */
export async function treeAt(options: LeavesOptions, size: number): Promise<Frontier | undefined> {
  if (size === 0) return new MerkleTree().frontier()
  const header = await headerBefore(options, size)
  if (!header) return undefined
  const tree = new MerkleTree(header.frontier)
  const reader = new LeafReader(options, header.sequence)
  while (tree.size < size) {
    const leaves = await reader.next(size - tree.size)
    if (!leaves) return undefined
    for (const hash of leaves.hashes) tree.append(hash)
  }
  return tree.frontier()
}

/** The header of the last segment that begins before record `size`. */
async function headerBefore(
  { folder, process, disk = systemDisk }: LeavesOptions,
  size: number,
): Promise<SegmentHeader | undefined> {
  const files = new BookFiles(disk, join(folder, process))
  let found: SegmentHeader | undefined
  for (const number of await files.numbers()) {
    try {
      const { header } = await files.header(number)
      if (header.sequence < size) found = header
    } catch (error) {
      if (error instanceof IntegrityError) continue // being created, or left out later
      if (!(error instanceof FaultError) || error.code !== 'DISK_MISSING') throw error
    }
  }
  return found
}
