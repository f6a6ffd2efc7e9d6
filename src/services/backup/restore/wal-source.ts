/**
 * The log along a path of timelines, in order and without a hole, authenticated and opened; what
 * comes next is on its way meanwhile.
 *
 * @module
 */
import { ahead } from '#lib/ahead.ts'
import { equalBytes } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { walName, type WalName } from '../repository/names.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { openWhole } from '../repository/sealing.ts'
import { isPartGivenUp, listWal } from '../repository/wal-listing.ts'
import { parseWalPart, type ReadWalPart } from '../repository/wal-part.ts'
import { namedUnder, type PathPart } from './timelines.ts'

/** Bytes of the log from `startLsn`. */
export type WalPiece = {
  readonly startLsn: Lsn
  readonly bytes: Uint8Array
  /** When the part was written, by the backup process's clock. */
  readonly writtenMs: number
  /** The segment it belongs to, under the timeline PostgreSQL asks for it. */
  readonly segment: WalSegment
}

export type WalSegment = {
  readonly timeline: number
  readonly startLsn: Lsn
  /** What the archive has of it: less than a whole segment only at its end. */
  readonly endLsn: Lsn
}

/** Segments whose parts are listed before they are wanted. */
const LISTED_AHEAD = 8
/** Plain bytes fetched, authenticated and opened before they are wanted. */
const OPENED_AHEAD_BYTES = 16 * 1024 * 1024

/**
 * The log from the segment that holds `fromLsn` to where the archive ends, piece by piece.
 *
 * @param endLsn Where the archive of the path ends, exclusive.
 * @throws {IntegrityError} WAL_MISSING, WAL_CHAIN_BROKEN, OBJECT_FORGED, OBJECT_DAMAGED.
 * @throws {FaultError} As the stores.
 */
export async function* walPieces(
  reader: RepositoryReader,
  path: readonly PathPart[],
  fromLsn: Lsn,
  endLsn: Lsn,
): AsyncGenerator<WalPiece> {
  const size = BigInt(reader.cluster().walSegmentSize)
  const links = new LinkCheck()
  const segments = segmentsOf(path, fromLsn, endLsn, size)
  const listed = ahead(segments, LISTED_AHEAD, (segment) => stepsOf(reader, path, segment, size))
  const open = (step: Step): Promise<OpenedStep> => openStep(reader, step)
  for await (const { read, piece } of ahead(inTurn(listed), OPENED_AHEAD_BYTES, open, ({ part }) =>
    Number(part.endLsn - part.startLsn),
  )) {
    links.check(read)
    yield piece
  }
}

function* segmentsOf(
  path: readonly PathPart[],
  fromLsn: Lsn,
  endLsn: Lsn,
  size: bigint,
): Generator<WalSegment> {
  for (let startLsn = fromLsn - (fromLsn % size); startLsn < endLsn; startLsn += size) {
    const end = startLsn + size
    const timeline = namedUnder(path, end)
    yield { timeline, startLsn, endLsn: end < endLsn ? end : endLsn }
  }
}

/** Bytes [from, to) of the log are taken from a part. */
type Step = {
  readonly segment: WalSegment
  readonly part: WalName
  readonly from: Lsn
  readonly to: Lsn
}

/** @returns Where the bytes are; a hole comes last, as what to throw in its turn. */
type Steps = { readonly steps: readonly Step[]; readonly hole: IntegrityError | undefined }

async function stepsOf(
  reader: RepositoryReader,
  path: readonly PathPart[],
  segment: WalSegment,
  size: bigint,
): Promise<Steps> {
  const parts = new Map<string, WalName>()
  let failure: unknown
  let found: Steps | undefined
  // Regions that answered last time come first: where they have it all, no other is asked.
  for (const { store } of reader.regions.slice()) {
    try {
      await listParts(reader, store, path, segment.startLsn, size, parts)
      found = stepsIn(reader, path, segment, [...parts.values()])
      if (!found.hole) return found
    } catch (error) {
      if (!(error instanceof FaultError)) throw error
      failure = error
    }
  }
  if (found) return found
  throw failure
}

function stepsIn(
  reader: RepositoryReader,
  path: readonly PathPart[],
  segment: WalSegment,
  parts: readonly WalName[],
): Steps {
  const { timeline, startLsn, endLsn } = segment
  const { runs } = reader.chain.state
  const ages = new Map(runs.map(({ entry }, at) => [entry.run, at]))
  const steps: Step[] = []
  for (let lsn = startLsn; lsn < endLsn;) {
    const choice = chooseAt(parts, path, timeline, lsn, ages)
    if (!choice) {
      const where = `${timeline}:${formatLsn(lsn)}`
      const message = `the log at ${where} is in no region, though later log is`
      return { steps, hole: new IntegrityError('WAL_MISSING', message) }
    }
    const { part, limit } = choice
    const to = [part.endLsn, limit ?? endLsn, endLsn].reduce((a, b) => (b < a ? b : a))
    steps.push({ segment, part, from: lsn, to })
    lsn = to
  }
  return { steps, hole: undefined }
}

async function* inTurn(listed: AsyncIterable<Steps>): AsyncGenerator<Step> {
  for await (const { steps, hole } of listed) {
    yield* steps
    if (hole) throw hole
  }
}

type OpenedStep = { readonly read: ReadWalPart; readonly piece: WalPiece }

async function openStep(
  reader: RepositoryReader,
  { segment, part, from, to }: Step,
): Promise<OpenedStep> {
  const name = walName(part)
  const bytes = await reader.read(name)
  const read = parseWalPart(name, bytes)
  const { repositoryId } = reader.root
  const plain = await openWhole(name, bytes, ['wal', 'wal-whole'], repositoryId, reader.dataKeys)
  if (BigInt(plain.length) !== part.endLsn - part.startLsn) {
    throw new IntegrityError('OBJECT_DAMAGED', `${name} holds ${plain.length} bytes`)
  }
  const [start, end] = [Number(from - part.startLsn), Number(to - part.startLsn)]
  const kept = plain.subarray(start, end)
  return { read, piece: { startLsn: from, bytes: kept, writtenMs: read.writtenMs, segment } }
}

/** The parts of a segment on every timeline of the path that a region has. */
async function listParts(
  { chain }: RepositoryReader,
  store: ObjectStore,
  path: readonly PathPart[],
  segmentLsn: Lsn,
  size: bigint,
  parts: Map<string, WalName>,
): Promise<void> {
  const crossing = path.filter(
    ({ startLsn, endLsn }) =>
      startLsn < segmentLsn + size && (endLsn === undefined || endLsn > segmentLsn),
  )
  for (const { timeline } of crossing) {
    for await (const part of listWal(store, { timeline, segmentLsn })) {
      if (!isPartGivenUp(chain.state, part)) parts.set(walName(part), part)
    }
  }
}

/**
 * The part to read at a position: of the segment's own timeline, else of the one that wrote it; of
 * the newest run, for what an older one has loose may be of a server that was set back since.
 *
 * @param ages Run → its number among all that were begun.
 */
function chooseAt(
  parts: readonly WalName[],
  path: readonly PathPart[],
  named: number,
  lsn: Lsn,
  ages: ReadonlyMap<string, number>,
): { part: WalName; limit: Lsn | undefined } | undefined {
  const covering = parts.filter((part) => part.startLsn <= lsn && lsn < part.endLsn)
  const own = best(
    covering.filter(({ timeline }) => timeline === named),
    ages,
  )
  if (own) return { part: own, limit: undefined }
  for (const { timeline, endLsn } of path.toReversed()) {
    if (endLsn !== undefined && lsn >= endLsn) continue
    const part = best(
      covering.filter((at) => at.timeline === timeline),
      ages,
    )
    if (part) return { part, limit: endLsn }
  }
  return undefined
}

/** Of the newest run the one that reaches furthest. */
function best(parts: readonly WalName[], ages: ReadonlyMap<string, number>): WalName | undefined {
  const age = ({ run }: WalName): number => ages.get(run) ?? Infinity
  return parts.reduce<WalName | undefined>((found, part) => {
    if (!found || age(part) > age(found)) return part
    return age(part) === age(found) && part.endLsn > found.endLsn ? part : found
  }, undefined)
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
