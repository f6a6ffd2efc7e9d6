/**
 * Which blocks of which tables and indexes changed: a set that only grows, of bounded memory. Pure.
 *
 * A bit for each block, in pieces of 32 MiB of table that exist once something in them changed; so
 * a terabyte rewritten costs 16 MiB, and a block in each of a thousand tables a few hundred KiB.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { BlockChanges } from '#protocol/postgres/wal/block-changes.ts'

/** What is known of one relation. */
export type RelationChanges = {
  readonly tablespace: number
  readonly database: number
  readonly relation: number
  /** From this block on nothing is as it was; Infinity where it never got shorter. */
  cutAt: number
  /** Piece n says of the blocks from n × 4096 on; a bit each, the lowest first. */
  readonly pieces: Uint8Array[]
}

export type DatabasePlace = { readonly tablespace: number; readonly database: number }

/** A run of blocks that changed. */
export type BlockRun = { readonly first: number; readonly count: number }

const PIECE_BLOCKS = 4096
const PIECE_BYTES = PIECE_BLOCKS / 8
/** What the maps around them take, roughly. */
const PIECE_COST = PIECE_BYTES + 128
const RELATION_COST = 256

export class ChangedBlocks implements BlockChanges {
  readonly #bytesMax: number
  /** File number → relations of that number in whatever database: nearly always one. */
  readonly #relations = new Map<number, RelationChanges[]>()
  readonly #databases = new Map<string, DatabasePlace>()
  #last: RelationChanges | undefined
  #bytes = 0

  /** @param bytesMax More is not remembered: the caller hears of it. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** @throws {FaultError} WAL_SUMMARY_TOO_LARGE. */
  block(tablespace: number, database: number, relation: number, block: number): void {
    const { pieces } = this.#relation(tablespace, database, relation)
    const piece = (pieces[Math.floor(block / PIECE_BLOCKS)] ??= this.#piece())
    const bit = block % PIECE_BLOCKS
    piece[bit >> 3]! |= 1 << (bit & 7)
  }

  /** @throws {FaultError} WAL_SUMMARY_TOO_LARGE. */
  cut(tablespace: number, database: number, relation: number, block: number): void {
    const found = this.#relation(tablespace, database, relation)
    found.cutAt = Math.min(found.cutAt, block)
  }

  database(tablespace: number, database: number): void {
    this.#databases.set(`${tablespace}/${database}`, { tablespace, database })
  }

  get isEmpty(): boolean {
    return this.#relations.size === 0 && this.#databases.size === 0
  }

  *relations(): Generator<RelationChanges> {
    for (const found of this.#relations.values()) yield* found
  }

  databases(): Iterable<DatabasePlace> {
    return this.#databases.values()
  }

  /** @throws {FaultError} WAL_SUMMARY_TOO_LARGE. */
  add(other: ChangedBlocks): void {
    for (const { tablespace, database } of other.databases()) this.database(tablespace, database)
    for (const { tablespace, database, relation, cutAt, pieces } of other.relations()) {
      this.cut(tablespace, database, relation, cutAt)
      // A piece that is not there is a hole of the array, and passed over.
      pieces.forEach((bits, number) => this.addPiece(tablespace, database, relation, number, bits))
    }
  }

  /** Adds what a piece says. @throws {FaultError} WAL_SUMMARY_TOO_LARGE. */
  addPiece(
    tablespace: number,
    database: number,
    relation: number,
    number: number,
    bits: Uint8Array,
  ): void {
    const { pieces } = this.#relation(tablespace, database, relation)
    const own = (pieces[number] ??= this.#piece())
    for (let at = 0; at < PIECE_BYTES; at++) own[at]! |= bits[at] ?? 0
  }

  /** From which block on a relation's main fork is another; Infinity: it only grew. */
  cutAt(tablespace: number, database: number, relation: number): number {
    if (this.#databases.has(`${tablespace}/${database}`)) return 0
    return this.#find(tablespace, database, relation)?.cutAt ?? Infinity
  }

  /** Blocks that changed of [from, to), neighbours together, ascending. */
  *runs(
    { tablespace, database, relation }: Pick<RelationChanges, 'relation'> & DatabasePlace,
    from: number,
    to: number,
  ): Generator<BlockRun> {
    const pieces = this.#find(tablespace, database, relation)?.pieces ?? []
    let first = -1
    for (let block = from; block < to; block++) {
      const piece = pieces[Math.floor(block / PIECE_BLOCKS)]
      const bit = block % PIECE_BLOCKS
      const byte = piece?.[bit >> 3] ?? 0
      if ((byte & (1 << (bit & 7))) !== 0) {
        if (first < 0) first = block
        continue
      }
      if (first >= 0) yield { first, count: block - first }
      first = -1
      // Where nothing changed for long, it is passed over a piece, or a byte, at a time.
      if (!piece) block += PIECE_BLOCKS - bit - 1
      else if (byte === 0) block += 7 - (bit & 7)
    }
    if (first >= 0) yield { first, count: to - first }
  }

  #find(tablespace: number, database: number, relation: number): RelationChanges | undefined {
    const last = this.#last
    if (
      last?.relation === relation &&
      last.database === database &&
      last.tablespace === tablespace
    ) {
      return last
    }
    return this.#relations
      .get(relation)
      ?.find((one) => one.database === database && one.tablespace === tablespace)
  }

  /** Finds it, or makes it. */
  #relation(tablespace: number, database: number, relation: number): RelationChanges {
    const found = this.#find(tablespace, database, relation)
    if (found) return (this.#last = found)
    this.#spend(RELATION_COST)
    const made = { tablespace, database, relation, cutAt: Infinity, pieces: [] }
    const namesakes = this.#relations.get(relation)
    if (namesakes) namesakes.push(made)
    else this.#relations.set(relation, [made])
    return (this.#last = made)
  }

  #piece(): Uint8Array {
    this.#spend(PIECE_COST)
    return new Uint8Array(PIECE_BYTES)
  }

  #spend(bytes: number): void {
    this.#bytes += bytes
    if (this.#bytes <= this.#bytesMax) return
    const message = `what changed since the full backup takes more than ${this.#bytesMax} bytes`
    throw new FaultError('WAL_SUMMARY_TOO_LARGE', message)
  }
}
