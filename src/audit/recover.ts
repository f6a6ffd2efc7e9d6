/**
 * Finding where a book ends: docs/formats/audit.md §5.
 *
 * @module
 */
import { MerkleTree } from '#crypto/merkle.ts'
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { IntegrityError } from '#lib/errors.ts'
import { openCheckpoint, reasonOf, type BookFiles } from './book-files.ts'
import { RecordCursor } from './record.ts'
import { decodeHeader, originOf } from './segment.ts'
import type { Cut, Previous, SegmentHeader } from './segment.ts'
import { survey } from './survey.ts'

/** Where a book ends, and what a new segment needs to continue it. */
export type BookEnd = {
  /** The header of the segment in which it ends. */
  readonly header: SegmentHeader
  readonly previous: Previous
  readonly tree: MerkleTree
  /** The next segment's number: above every file's. */
  readonly nextSegment: number
  /** Segments whose bytes may not be on disk yet. */
  readonly unsynced: readonly number[]
  /** What comes after the end and is left out. */
  readonly cut: Cut | undefined
  /** A cut whose event may be missing: the opening that made it got no further. */
  readonly cutUntold: Cut | undefined
  /** What is wrong beyond a torn tail, one sentence each; empty for a sound book. */
  readonly damage: readonly string[]
}

type Part = { readonly header: SegmentHeader; readonly size: number; readonly bytes: Buffer }

/** Where the walk has come to: the last place at which an append is whole. */
type Mark = { readonly part: Part; readonly bytes: number; readonly count: number }

/**
 * Reads the end of a book.
 *
 * @returns Undefined when there is no segment.
 * @throws {IntegrityError} AUDIT_BOOK_DAMAGED when there is nothing to continue from.
 */
export async function findEnd(files: BookFiles): Promise<BookEnd | undefined> {
  const numbers = await files.numbers()
  const newest = numbers.at(-1)
  if (newest === undefined) return undefined
  const damage: string[] = []
  for (const [index, number] of numbers.entries()) {
    if (index > 0 && number !== numbers[index - 1]! + 1)
      damage.push(`segment ${numbers[index - 1]! + 1} is missing`)
  }
  const parts = await readParts(files, numbers)
  const walk = new Walk(parts)
  damage.push(...walk.damage, ...(await checkpointDamage(files, walk)))
  const { mark } = walk
  const left = new Set(numbers.filter((number) => number > mark.part.header.segment))
  const cutBytes = mark.part.bytes.length - mark.bytes
  const cut = cutBytes > 0 || left.size > 0 ? { bytes: cutBytes, segments: [...left] } : undefined
  const durable = await provenDurable(files, walk, left)
  if (cut && durable > mark.count) {
    const last = durable - 1
    damage.push(`records ${mark.count} to ${last} were on disk and cannot be read any more`)
  }
  return {
    header: mark.part.header,
    previous: {
      segment: mark.part.header.segment,
      bytes: mark.bytes,
      hash: mark.part.bytes.toString('hex', mark.bytes - SHA256_SIZE, mark.bytes),
    },
    tree: walk.treeAt(mark),
    nextSegment: newest + 1,
    unsynced: parts.map((part) => part.header.segment),
    cut,
    cutUntold: mark.bytes === mark.part.size ? mark.part.header.cut : undefined,
    damage,
  }
}

/** The segments from which on the disk may not have everything, oldest first; whole. */
async function readParts(files: BookFiles, numbers: readonly number[]): Promise<Part[]> {
  const parts: Part[] = []
  let wanted = numbers.at(-1)
  while (wanted !== undefined) {
    const part = await readPart(files, wanted)
    if (part) parts.unshift(part)
    const header = part?.header
    if (header && (header.durable >= header.sequence || !header.previous)) return parts
    const before = header?.previous?.segment ?? wanted - 1
    wanted = numbers.findLast((number) => number <= before)
  }
  if (parts.length > 0) return parts
  const message = `no segment in ${files.folder} can be read; restore the book from a region`
  throw new IntegrityError('AUDIT_BOOK_DAMAGED', message)
}

async function readPart(files: BookFiles, number: number): Promise<Part | undefined> {
  try {
    const bytes = await files.segment(number)
    return { bytes, ...decodeHeader(bytes) }
  } catch (error) {
    if (error instanceof IntegrityError) return undefined
    throw error
  }
}

/** Walks from the oldest part to the last whole append, noting what the records say is durable. */
class Walk {
  readonly parts: readonly Part[]
  readonly damage: string[] = []
  mark: Mark
  /** The largest count of records on disk that a header or a whole record names. */
  durable = 0
  /** The hash of every record walked, in order, from the first part's sequence on. */
  readonly #hashes: Uint8Array[] = []

  constructor(parts: readonly Part[]) {
    this.parts = parts
    const [first] = parts as [Part]
    this.mark = { part: first, bytes: first.size, count: first.header.sequence }
    for (const { header } of parts) this.durable = Math.max(this.durable, header.durable)
    for (const [index, part] of parts.entries()) {
      if (index > 0 && !this.#continues(part)) break
      if (!this.#walk(part, parts[index + 1]?.header)) break
    }
  }

  get first(): SegmentHeader {
    return (this.parts[0] as Part).header
  }

  /** The tree over the records before a count that was walked over. */
  treeOf(count: number): MerkleTree {
    const tree = new MerkleTree(this.first.frontier)
    for (const hash of this.#hashes.slice(0, count - this.first.sequence)) tree.append(hash)
    return tree
  }

  treeAt(mark: Mark): MerkleTree {
    return this.treeOf(mark.count)
  }

  /** Whether this part goes on where the mark is. */
  #continues(part: Part): boolean {
    const { previous, sequence, book } = part.header
    const { mark } = this
    const hash = mark.part.bytes.toString('hex', mark.bytes - SHA256_SIZE, mark.bytes)
    const follows =
      previous?.segment === mark.part.header.segment &&
      previous.bytes === mark.bytes &&
      previous.hash === hash &&
      sequence === mark.count &&
      book === mark.part.header.book
    if (follows) this.mark = { part, bytes: part.size, count: sequence }
    return follows
  }

  /** @returns Whether the part was whole, as far as its successor counts it. */
  #walk(part: Part, successor: SegmentHeader | undefined): boolean {
    const counted = successor?.previous?.segment === part.header.segment
    const end = counted ? successor.previous.bytes : part.bytes.length
    const cursor = new RecordCursor(part.bytes.subarray(0, end), part.size, part.header.sequence)
    let fault = cursor.next()
    for (; fault === undefined; fault = cursor.next()) {
      this.durable = Math.max(this.durable, cursor.durable)
      this.#hashes.push(part.bytes.subarray(cursor.at - SHA256_SIZE, cursor.at))
      if (cursor.left === 0) this.mark = { part, bytes: cursor.at, count: cursor.expected }
    }
    return fault === 'end' && this.mark.bytes === end
  }
}

/** The largest count of records on disk that anything still readable names. */
async function provenDurable(
  files: BookFiles,
  walk: Walk,
  leftOut: ReadonlySet<number>,
): Promise<number> {
  let { durable } = walk
  for (const run of survey(walk.mark.part.bytes, walk.mark.bytes))
    durable = Math.max(durable, run.durable)
  for (const number of leftOut) {
    const bytes = walk.parts.find((part) => part.header.segment === number)?.bytes
    for (const run of survey(bytes ?? (await files.segment(number)), 0))
      durable = Math.max(durable, run.durable)
  }
  return durable
}

/** What the book's own checkpoint says against it. */
async function checkpointDamage(files: BookFiles, walk: Walk): Promise<string[]> {
  const note = await files.checkpointNote()
  const { header } = walk.mark.part
  if (note === undefined || header.verifier === undefined) return []
  try {
    const { origin, size, root } = openCheckpoint(note, [header.verifier])
    const { count } = walk.mark
    if (origin !== originOf(header)) return [] // of before the machine was renamed
    if (size > count) return [`records ${count} to ${size - 1} were signed for and are missing`]
    const reached = size >= walk.first.sequence
    if (reached && Buffer.compare(walk.treeOf(size).root(), root) !== 0)
      return [`the first ${size} records are not those that were signed for`]
    return []
  } catch (error) {
    // Signed with the key before this one: the new key's first checkpoint was not written yet.
    if (error instanceof IntegrityError && error.code === 'NOTE_UNSIGNED') return []
    return [`the checkpoint cannot be believed: ${reasonOf(error)}`]
  }
}
