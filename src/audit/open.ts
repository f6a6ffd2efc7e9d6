/**
 * Opening a book to write in it: find where it ends, start a new segment there.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { MerkleTree } from '#crypto/merkle.ts'
import type { NoteSigner } from '#crypto/signed-note.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { Disk } from '#system/disk.ts'
import { BookFiles } from './book-files.ts'
import { defaultLimits, type AuditMode, type TrailLimits, type WhenDamaged } from './config.ts'
import { findEnd, type BookEnd } from './recover.ts'
import { checkProcessName, encodeHeader, type SegmentHeader } from './segment.ts'
import type { AuditEvent, AuditTrail } from './trail.ts'
import { TrailWriter } from './writer.ts'

export type TrailOptions = {
  /** Absolute path of the audit folder; the book is the folder `process` in it. */
  readonly folder: string
  /** Who writes; `[a-z][a-z0-9-]*`. One process at a time per book: the caller sees to that. */
  readonly process: string
  /** The machine's name, for checkpoints. */
  readonly node: string
  readonly mode: AuditMode
  readonly disk: Disk
  readonly clock: Clock
  /** Signs the checkpoints; without it none are written. */
  readonly signer?: NoteSigner
  readonly limits?: Partial<TrailLimits>
  /** Default: refuse. */
  readonly whenDamaged?: WhenDamaged
}

/**
 * Opens a process's book, creating it.
 *
 * Disposing it makes everything durable, signs it and closes.
 *
 * @throws {IntegrityError} AUDIT_BOOK_DAMAGED, unless `whenDamaged` is 'continue'.
 * @throws {FaultError} AUDIT_BOOK_BUSY when another process opened it at the same moment; DISK_*.
 */
export async function openTrail(options: TrailOptions): Promise<AuditTrail & AsyncDisposable> {
  checkProcessName(options.process)
  const { disk, clock, mode } = options
  const files = new BookFiles(disk, join(options.folder, options.process))
  const end = await findEnd(files)
  const damage = end ? end.damage : await emptyDamage(files)
  if (damage.length > 0 && options.whenDamaged !== 'continue') throw damaged(files, damage)
  for (const segment of end?.unsynced ?? []) {
    using file = disk.openAppend(files.path(segment))
    await file.sync() // a new header must not outlive what it rests on
  }
  const header = headerAfter(end, options)
  const headerBytes = encodeHeader(header)
  const path = files.path(header.segment)
  await createSegment(disk, path, headerBytes)
  const limits = { ...defaultLimits, ...options.limits }
  const { signer } = options
  const writer = new TrailWriter({ disk, clock, mode, limits, signer, path, header, headerBytes })
  await writer.append(openingEvents(header, end, damage))
  await writer.flush()
  await writer.signed() // so that a book that was opened twice has a checkpoint, or lost it
  return writer
}

function headerAfter(end: BookEnd | undefined, options: TrailOptions): SegmentHeader {
  const frontier = (end?.tree ?? new MerkleTree()).frontier()
  return {
    book: end?.header.book ?? randomBytes(16).toString('hex'),
    createdMs: Math.trunc(options.clock.nowMs()),
    cut: end?.cut,
    durable: frontier.size,
    frontier,
    mode: options.mode,
    node: options.node,
    previous: end?.previous,
    process: options.process,
    segment: end?.nextSegment ?? 1,
    sequence: frontier.size,
    verifier: options.signer?.verifierKey,
  }
}

function openingEvents(
  header: SegmentHeader,
  end: BookEnd | undefined,
  damage: readonly string[],
): AuditEvent[] {
  const opened = { mode: header.mode, node: header.node, segment: header.segment }
  const events: AuditEvent[] = [{ code: 'AUDIT_BOOK_OPENED', detail: opened }]
  const cut = end?.cut ?? end?.cutUntold
  if (end && cut) {
    const detail = {
      bytes: cut.bytes,
      offset: end.cut ? end.previous.bytes : (end.header.previous?.bytes ?? 0),
      segment: end.cut ? end.previous.segment : (end.header.previous?.segment ?? 0),
      segmentsLeftOut: cut.segments.length,
      sequence: header.sequence,
    }
    events.unshift({ code: 'AUDIT_TAIL_CUT', detail })
  }
  if (damage.length > 0) {
    const detail = { findings: damage.slice(0, 20).join('; '), sequence: header.sequence }
    events.unshift({ code: 'AUDIT_BOOK_DAMAGED', detail })
  }
  return events
}

/** A book without segments is new, unless somebody signed for records in it. */
async function emptyDamage(files: BookFiles): Promise<string[]> {
  const signed = await files.checkpointNote()
  return signed === undefined ? [] : ['there is a checkpoint, but no segment']
}

async function createSegment(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  try {
    await disk.createOnce(path, bytes)
  } catch (error) {
    if (!(error instanceof FaultError) || error.code !== 'DISK_EXISTS') throw error
    const message = `${path}: another process has just opened this book; only one may write it`
    throw new FaultError('AUDIT_BOOK_BUSY', message, { cause: error })
  }
}

function damaged(files: BookFiles, damage: readonly string[]): IntegrityError {
  const message =
    `the audit book in ${files.folder} is not what was written: ` +
    `${damage.slice(0, 5).join('; ')}. Look at it with 'veilig audit verify', keep a copy, and ` +
    `restore it from a region, or let the service go on beside the damage with ` +
    `'audit: { whenDamaged: continue }'`
  return new IntegrityError('AUDIT_BOOK_DAMAGED', message)
}
