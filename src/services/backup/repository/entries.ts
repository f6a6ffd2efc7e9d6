/**
 * Catalogue entries: the JSON in them, and the state they add up to.
 *
 * Source: docs/formats/repository.md §4.
 *
 * @module
 */
import { FieldReader, FieldWriter, fromHex } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import { entryName, foldName } from './names.ts'
import { entrySchemas } from './entry-schemas.ts'
import { framePrefix, newerFormat, parseObject, signObject } from './object-frame.ts'
import type { BackupFacts, BackupRecord, SyntheticOrigin } from './repository.ts'

const DIGEST_SIZE = 32
const ENTRY_MAX = 64 * 1024 * 1024

/** Size and SHA-256 (hex) of an object. */
export type ObjectProof = { readonly size: number; readonly sha256: string }

export type ClusterEntry = {
  readonly type: 'cluster'
  readonly systemIdentifier: bigint
  readonly pgMajor: number
  readonly walSegmentSize: number
  readonly blockSize: number
}

/** Where a run was found to end. `link` is hex. */
export type RunEnd = { readonly run: string; readonly endLsn: bigint; readonly link: string }

export type RunEntry = {
  readonly type: 'run'
  readonly run: string
  readonly timeline: number
  readonly startLsn: bigint
  readonly previous: RunEnd | null
}

export type MarkEntry = { readonly type: 'mark' } & RunEnd

export type HistoryEntry = {
  readonly type: 'history'
  readonly timeline: number
  /** Base64. */
  readonly bytes: string
}

export type BackupEntry = {
  readonly type: 'backup'
  readonly id: string
  readonly kind: 'full' | 'differential'
  readonly parent: string | null
  readonly label: string
  readonly timeline: number
  readonly startLsn: bigint
  readonly endTimeline: number
  readonly endLsn: bigint
  readonly startedMs: number
  readonly finishedMs: number
  readonly fileCount: number
  readonly plainBytes: number
  readonly storedBytes: number
  readonly damagedPageCount: number
  readonly facts: BackupFacts
  /** Key id, hex. */
  readonly key: string
  readonly manifest: ObjectProof
  readonly packs: readonly ObjectProof[]
  /** Of a backup that was put together in the repository. */
  readonly synthetic?: SyntheticOrigin | undefined
}

/** What is kept no longer. Its keys and objects are deleted right after. */
export type ExpiredEntry = {
  readonly type: 'expired'
  /** The first moment that still had to be restorable. */
  readonly windowFromMs: number
  readonly retainMs: number
  readonly backups: readonly string[]
  /** Key ids, hex. */
  readonly keys: readonly string[]
  /** Of each run of which the beginning is kept no longer: where the rest begins. */
  readonly log: readonly RunEnd[]
  /** By order: the operator said that another branch counts. */
  readonly branch?: LeftBranch | undefined
}

/** Timelines that are kept no longer: their histories and runs are as if they had never been. */
export type LeftBranch = {
  readonly timelines: readonly number[]
  /** For people; at most 200 characters, no secret. */
  readonly reason: string
}

/** Where the rest of a run begins of which nothing is kept. */
export const NOTHING_LEFT: bigint = 2n ** 64n - 1n

/** From this moment on nothing is given up until the hold is released. */
export type HoldEntry = {
  readonly type: 'hold'
  /** 16 hex digits. */
  readonly id: string
  readonly fromMs: number
  /** For people: whose order, which case; at most 200 characters, no secret. */
  readonly reason: string
}

/** For whom data keys are wrapped from now on. */
export type RecipientsEntry = {
  readonly type: 'recipients'
  /** X25519 public keys, hex. */
  readonly keys: readonly string[]
}

export type ReleaseEntry = {
  readonly type: 'release'
  /** Of the hold. */
  readonly id: string
  readonly reason: string
}

/** The receipt: all of an `expired` entry is deleted in all regions. */
export type DestroyedEntry = {
  readonly type: 'destroyed'
  /** Sequence of the entry. */
  readonly expired: number
  readonly regions: readonly string[]
  /** Objects deleted, each counted once; keys among them. */
  readonly objects: number
  readonly keys: number
}

/** A hold with the time of its entry. */
export type HeldFrom = Omit<HoldEntry, 'type'> & { readonly writtenMs: number }

/** All that the entries before it say, but for those it names: they are to be read as well. */
export type FoldEntry = {
  readonly type: 'fold'
  readonly cluster: Omit<ClusterEntry, 'type'> | null
  /** Entries that stay: backups, oldest first. */
  readonly entries: readonly { readonly sequence: number; readonly sha256: string }[]
  /** `digest`: SHA-256 of the entry that began the run, hex. */
  readonly runs: readonly {
    readonly entry: Omit<RunEntry, 'type'>
    readonly digest: string
    readonly writtenMs: number
  }[]
  readonly runEnds: readonly RunEnd[]
  readonly logStarts: readonly RunEnd[]
  readonly histories: readonly Omit<HistoryEntry, 'type'>[]
  /** The newest destructions, and those without a receipt. */
  readonly expiries: readonly {
    readonly sequence: number
    readonly writtenMs: number
    readonly backups: number
    readonly entry: Omit<ExpiredEntry, 'type'>
    readonly receipt: Omit<DestroyedEntry, 'type'> | null
  }[]
  /** Destructions with a receipt that stand in it no longer. */
  readonly destroyed: number
  readonly holds: readonly HeldFrom[]
  /** X25519 public keys, hex; null: those of the root. */
  readonly recipients: readonly string[] | null
}

export type CatalogueEntry =
  | ClusterEntry
  | RunEntry
  | MarkEntry
  | HistoryEntry
  | BackupEntry
  | ExpiredEntry
  | DestroyedEntry
  | HoldEntry
  | ReleaseEntry
  | RecipientsEntry
  | FoldEntry

/** An entry with its place in the chain. Believe it only once its signature was checked. */
export type PlacedEntry = {
  readonly sequence: number
  /** SHA-256 of the whole object before this. */
  readonly previous: Uint8Array
  readonly writtenMs: number
  readonly entry: CatalogueEntry
}

/** The name tells a fold: a reader begins with the newest. */
export function nameOfEntry({ sequence, entry }: Pick<PlacedEntry, 'sequence' | 'entry'>): string {
  return entry.type === 'fold' ? foldName(sequence) : entryName(sequence)
}

export function encodeEntry(
  placed: PlacedEntry,
  key: SigningKey,
  repositoryId: Uint8Array,
): Uint8Array {
  const fields = new FieldWriter()
    .u64(BigInt(placed.sequence))
    .bytes(placed.previous)
    .u64(BigInt(placed.writtenMs))
    .finish()
  const json = JSON.stringify(placed.entry, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  const unsigned = new FieldWriter().bytes(framePrefix('entry', fields)).text(json).finish()
  return signObject(key, repositoryId, nameOfEntry(placed), unsigned)
}

/**
 * @throws {IntegrityError} OBJECT_DAMAGED.
 * @throws {UsageError} REPOSITORY_FORMAT_NEWER.
 */
export function parseEntry(name: string, bytes: Uint8Array): PlacedEntry {
  const bad = (why: string): IntegrityError =>
    new IntegrityError('OBJECT_DAMAGED', `${name} ${why}`)
  if (bytes.length > ENTRY_MAX) throw bad('is too large for a catalogue entry')
  const { fields, body } = parseObject(name, bytes, ['entry'])
  const reader = new FieldReader(fields, () => bad('is cut short'))
  const sequence = Number(reader.u64())
  const previous = reader.bytes(DIGEST_SIZE)
  const writtenMs = Number(reader.u64())
  const placed = { sequence, previous, writtenMs, entry: parseJson(name, body, bad) }
  if (reader.left > 0 || nameOfEntry(placed) !== name) throw bad('is not the entry of its name')
  return placed
}

function parseJson(
  name: string,
  body: Uint8Array,
  bad: (why: string) => IntegrityError,
): CatalogueEntry {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw bad('holds no JSON')
  }
  const type = (json as { type?: unknown } | null)?.type
  if (typeof type !== 'string') throw bad('has no type')
  if (!Object.hasOwn(entrySchemas, type)) throw newerFormat(name, `is an entry of type '${type}'`)
  const parsed = entrySchemas[type as CatalogueEntry['type']].safeParse(json)
  if (!parsed.success) throw newerFormat(name, `is an entry '${type}' of another shape`)
  return parsed.data
}

export function backupRecord(entry: BackupEntry, cluster: ClusterEntry): BackupRecord {
  const { type: _type, parent, key: _key, manifest: _manifest, packs: _packs, ...rest } = entry
  return {
    ...rest,
    parentId: parent ?? undefined,
    systemIdentifier: cluster.systemIdentifier,
    pgMajor: cluster.pgMajor,
  }
}

/** Bytes of a history entry. */
export function historyBytes(entry: HistoryEntry): Uint8Array {
  return new Uint8Array(Buffer.from(entry.bytes, 'base64'))
}

export function digestFromHex(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array(DIGEST_SIZE)
}
