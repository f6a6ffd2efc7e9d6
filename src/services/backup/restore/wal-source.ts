/**
 * The log along a path of timelines, in order and without a hole, authenticated and opened.
 *
 * @module
 */
import { equalBytes } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError, VeiligError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import { walName, type WalName } from '../repository/names.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { openWhole } from '../repository/sealing.ts'
import { listWal } from '../repository/wal-listing.ts'
import { parseWalPart, type ReadWalPart } from '../repository/wal-part.ts'
import { namedUnder, type PathPart } from './timelines.ts'

/** Bytes of the log from `startLsn`. */
export type WalPiece = {
  readonly startLsn: Lsn
  readonly bytes: Uint8Array
  /** When the part was written, by the backup process's clock. */
  readonly writtenMs: number
}

export type WalSegment = {
  /** Under which PostgreSQL asks for it. */
  readonly timeline: number
  readonly startLsn: Lsn
  readonly pieces: AsyncIterable<WalPiece>
}

/**
 * The segments from the one that holds `fromLsn` to where the archive ends; the last may be short.
 *
 * @param endLsn Where the archive of the path ends, exclusive.
 * @throws {IntegrityError} WAL_MISSING, WAL_CHAIN_BROKEN, OBJECT_FORGED, OBJECT_DAMAGED.
 * @throws {FaultError} As the stores.
 */
export async function* walSegments(
  reader: RepositoryReader,
  path: readonly PathPart[],
  fromLsn: Lsn,
  endLsn: Lsn,
): AsyncGenerator<WalSegment> {
  const size = BigInt(reader.cluster().walSegmentSize)
  const links = new LinkCheck()
  for (let startLsn = fromLsn - (fromLsn % size); startLsn < endLsn; startLsn += size) {
    const segmentEnd = startLsn + size
    const timeline = namedUnder(path, segmentEnd)
    const to = segmentEnd < endLsn ? segmentEnd : endLsn
    yield { timeline, startLsn, pieces: piecesOf(reader, path, startLsn, to, size, links) }
  }
}

async function* piecesOf(
  reader: RepositoryReader,
  path: readonly PathPart[],
  startLsn: Lsn,
  endLsn: Lsn,
  size: bigint,
  links: LinkCheck,
): AsyncGenerator<WalPiece> {
  const named = namedUnder(path, startLsn + size)
  const parts = await partsOf(reader, path, startLsn, size)
  for (let lsn = startLsn; lsn < endLsn;) {
    const choice = chooseAt(parts, path, named, lsn)
    if (!choice) {
      const message = `the log at ${named}:${formatLsn(lsn)} is in no region, though later log is`
      throw new IntegrityError('WAL_MISSING', message)
    }
    const { part, limit } = choice
    const name = walName(part)
    const bytes = await reader.read(name)
    const read = parseWalPart(name, bytes)
    links.check(read)
    const { repositoryId } = reader.root
    const plain = await openWhole(name, bytes, ['wal', 'wal-whole'], repositoryId, reader.dataKeys)
    if (BigInt(plain.length) !== part.endLsn - part.startLsn) {
      throw new IntegrityError('OBJECT_DAMAGED', `${name} holds ${plain.length} bytes`)
    }
    const to = [part.endLsn, limit ?? endLsn, endLsn].reduce((a, b) => (b < a ? b : a))
    const [from, until] = [Number(lsn - part.startLsn), Number(to - part.startLsn)]
    yield { startLsn: lsn, bytes: plain.subarray(from, until), writtenMs: read.writtenMs }
    lsn = to
  }
}

/** The parts of a segment on every timeline of the path, from all regions. */
async function partsOf(
  reader: RepositoryReader,
  path: readonly PathPart[],
  segmentLsn: Lsn,
  size: bigint,
): Promise<WalName[]> {
  const parts = new Map<string, WalName>()
  const crossing = path.filter(
    ({ startLsn, endLsn }) =>
      startLsn < segmentLsn + size && (endLsn === undefined || endLsn > segmentLsn),
  )
  let answered = 0
  let failure: unknown
  for (const { store } of reader.regions) {
    try {
      for (const { timeline } of crossing) {
        for await (const part of listWal(store, { timeline, segmentLsn })) {
          parts.set(walName(part), part)
        }
      }
      answered++
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      failure = error
    }
  }
  if (answered === 0 && failure instanceof VeiligError) throw failure
  return [...parts.values()]
}

/** The part to read at a position: of the segment's own timeline, else of the one that wrote it. */
function chooseAt(
  parts: readonly WalName[],
  path: readonly PathPart[],
  named: number,
  lsn: Lsn,
): { part: WalName; limit: Lsn | undefined } | undefined {
  const covering = parts.filter((part) => part.startLsn <= lsn && lsn < part.endLsn)
  const own = furthest(covering.filter(({ timeline }) => timeline === named))
  if (own) return { part: own, limit: undefined }
  for (const { timeline, endLsn } of path.toReversed()) {
    if (endLsn !== undefined && lsn >= endLsn) continue
    const part = furthest(covering.filter((at) => at.timeline === timeline))
    if (part) return { part, limit: endLsn }
  }
  return undefined
}

function furthest(parts: readonly WalName[]): WalName | undefined {
  return parts.reduce<WalName | undefined>(
    (best, part) => (!best || part.endLsn > best.endLsn ? part : best),
    undefined,
  )
}

/** Parts of a run that are read one after the other must be linked. */
class LinkCheck {
  #last: ReadWalPart | undefined

  check(part: ReadWalPart): void {
    const last = this.#last
    const follows = last && last.run === part.run && last.endLsn === part.startLsn
    if (follows && !equalBytes(last.link, part.previousLink)) {
      const message = `${part.name} does not follow the part before it: one was exchanged`
      throw new IntegrityError('WAL_CHAIN_BROKEN', message)
    }
    this.#last = part
  }
}
