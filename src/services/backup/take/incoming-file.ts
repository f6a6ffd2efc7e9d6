/**
 * What becomes of each file of a backup on its way into the repository: kept whole, taken apart
 * into changed blocks, or set right.
 *
 * @module
 */
import {
  incrementalTarget,
  IncrementalHeaderReader,
  restoredSize,
  type IncrementalHeader,
} from '#protocol/postgres/replication/incremental-file.ts'
import { formatLsn, parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { ProtocolError } from '#lib/errors.ts'
import { ChangedPagesFile, hasPages } from './changed-pages.ts'
import type { BackupRecord, BackupWriter, FileRange, FileStart } from '../repository/repository.ts'

/** Takes one file's bytes; wait for what it returns. */
export interface IncomingFile {
  /** Whether all its bytes go to the writer, which then sums them. */
  readonly whole?: boolean
  data(bytes: Uint8Array): Promise<void> | undefined
  end(): Promise<void> | undefined
}

/** What a differential backup builds on. */
export type Base = {
  readonly record: BackupRecord
  /** Of the server, in bytes. */
  readonly blockSize: number
  /** Whether visibility maps may be kept: see `visibility-map.ts` and `changed-pages.ts`. */
  readonly visibilityMaps: boolean
  /** Where the server cannot tell what changed: path → size in the full backup. */
  readonly pages?: ReadonlyMap<string, number>
}

const LABEL = 'backup_label'
const LABEL_MAX_BYTES = 64 * 1024
const VISIBILITY_MAP = /_vm(?:\.[0-9]+)?$/

/** @param base Undefined in a full backup: then every file is whole. */
export function incomingFile(
  writer: BackupWriter,
  start: FileStart,
  base: Base | undefined,
): IncomingFile {
  if (!base) return new WholeFile(writer, start)
  if (base.pages) return pagesOf(writer, start, base, base.pages)
  if (start.path === LABEL) return new LabelFile(writer, start, base)
  const path = incrementalTarget(start.path)
  if (path === undefined) return new WholeFile(writer, start)
  // Without its visibility map a table is merely slower to read until it is vacuumed.
  if (!base.visibilityMaps && VISIBILITY_MAP.test(path)) return nothing
  return new BlocksFile(writer, start, path, base.blockSize)
}

/** What the server sends whole, because it cannot do otherwise. */
function pagesOf(
  writer: BackupWriter,
  start: FileStart,
  { record, blockSize, visibilityMaps }: Base,
  inFull: ReadonlyMap<string, number>,
): IncomingFile {
  const table = start.path.replace(VISIBILITY_MAP, '')
  if (table !== start.path) {
    const known = inFull.has(table)
    return known && !visibilityMaps ? nothing : new WholeFile(writer, start)
  }
  const fullSize = inFull.get(start.path)
  const apart = fullSize !== undefined && hasPages(start, blockSize)
  if (!apart) return new WholeFile(writer, start)
  return new ChangedPagesFile(writer, start, { blockSize, fullSize, sinceLsn: record.startLsn })
}

const nothing: IncomingFile = { data: () => undefined, end: () => undefined }

class WholeFile implements IncomingFile {
  readonly whole = true
  readonly #writer: BackupWriter

  constructor(writer: BackupWriter, start: FileStart) {
    this.#writer = writer
    writer.beginFile({ ...start, sum: true })
  }

  data(bytes: Uint8Array): Promise<void> | undefined {
    return this.#writer.write(bytes)
  }

  end(): undefined {
    this.#writer.endFile()
  }
}

/** The header goes, the changed blocks stay, and where they belong is written down. */
class BlocksFile implements IncomingFile {
  readonly #writer: BackupWriter
  readonly #start: FileStart
  readonly #path: string
  readonly #blockSize: number
  readonly #header: IncrementalHeaderReader
  #begun = false

  constructor(writer: BackupWriter, start: FileStart, path: string, blockSize: number) {
    this.#writer = writer
    this.#start = start
    this.#path = path
    this.#blockSize = blockSize
    this.#header = new IncrementalHeaderReader(start.path, blockSize, start.size)
  }

  data(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#begun) return this.#writer.write(bytes)
    const { used, header } = this.#header.push(bytes)
    if (!header) return undefined
    this.#begin(header)
    return used < bytes.length ? this.#writer.write(bytes.subarray(used)) : undefined
  }

  end(): undefined {
    if (!this.#begun) {
      throw new ProtocolError('INCREMENTAL_FILE_INVALID', `${this.#start.path} has no header`)
    }
    this.#writer.endFile()
  }

  #begin(header: IncrementalHeader): void {
    this.#begun = true
    const blockSize = this.#blockSize
    this.#writer.beginFile({
      ...this.#start,
      path: this.#path,
      size: header.blocks.length * blockSize,
      map: {
        size: restoredSize(header, blockSize),
        inherits: header.truncationBlocks * blockSize,
        ranges: rangesOf(header.blocks, blockSize),
      },
    })
  }
}

/** Neighbouring blocks are one range. */
function rangesOf(blocks: readonly number[], blockSize: number): FileRange[] {
  const ranges: { at: number; length: number }[] = []
  for (const block of blocks) {
    const last = ranges.at(-1)
    if (last && last.at + last.length === block * blockSize) last.length += blockSize
    else ranges.push({ at: block * blockSize, length: blockSize })
  }
  return ranges
}

/**
 * `backup_label`: the server refuses to start from one that says INCREMENTAL FROM, because it
 * cannot know that the blocks were put together. Ours are, in the restore.
 */
class LabelFile implements IncomingFile {
  readonly #writer: BackupWriter
  readonly #start: FileStart
  readonly #base: Base
  #text = ''

  constructor(writer: BackupWriter, start: FileStart, base: Base) {
    this.#writer = writer
    this.#start = start
    this.#base = base
  }

  data(bytes: Uint8Array): undefined {
    this.#text += Buffer.from(bytes).toString('latin1')
    if (this.#text.length > LABEL_MAX_BYTES) throw mismatch('its backup_label is too long')
  }

  end(): Promise<void> | undefined {
    const { startLsn, timeline, id } = this.#base.record
    const from = /^INCREMENTAL FROM LSN: ([0-9A-F]+\/[0-9A-F]+)$/m.exec(this.#text)?.[1]
    const onTimeline = /^INCREMENTAL FROM TLI: ([0-9]+)$/m.exec(this.#text)?.[1]
    if (from === undefined || parseLsn(from) !== startLsn || Number(onTimeline) !== timeline) {
      const expected = `${formatLsn(startLsn)} of timeline ${timeline}, where ${id} began`
      throw mismatch(`it builds on ${from ?? 'nothing'}, not on ${expected}`)
    }
    const kept = Buffer.from(this.#text.replace(/^INCREMENTAL FROM .*\n/gm, ''), 'latin1')
    this.#writer.beginFile({ ...this.#start, size: kept.length })
    const waiting = this.#writer.write(kept)
    if (!waiting) return this.#writer.endFile() ?? undefined
    return waiting.then(() => this.#writer.endFile())
  }
}

function mismatch(what: string): ProtocolError {
  const message = `the backup is not what the server says it sent: ${what}`
  return new ProtocolError('BACKUP_MANIFEST_MISMATCH', message)
}
