/**
 * Catalogue entries: the JSON in them, and the state they add up to.
 *
 * Source: docs/formats/repository.md §4.
 *
 * @module
 */
import { z } from 'zod'
import { FieldReader, FieldWriter, fromHex } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import { BACKUP_ID, entryName } from './names.ts'
import { framePrefix, newerFormat, parseObject, signObject } from './object-frame.ts'
import type { BackupFacts, BackupRecord } from './repository.ts'

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
}

/** From this moment on nothing is given up until the hold is released. */
export type HoldEntry = {
  readonly type: 'hold'
  /** 16 hex digits. */
  readonly id: string
  readonly fromMs: number
  /** For people: whose order, which case; at most 200 characters, no secret. */
  readonly reason: string
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

const count = z.number().int().nonnegative()
const timeline = z.number().int().min(1).max(0xffff_ffff)
const hexOf = (size: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${size * 2}}$`))
const u64 = z
  .string()
  .regex(/^\d{1,20}$/)
  .transform((text) => BigInt(text))
const backupId = z.string().regex(BACKUP_ID)
const runEnd = { run: hexOf(8), endLsn: u64, link: hexOf(DIGEST_SIZE) }
const proof = z.strictObject({ size: count, sha256: hexOf(DIGEST_SIZE) })

const schemas = {
  cluster: z.strictObject({
    type: z.literal('cluster'),
    systemIdentifier: u64,
    pgMajor: count,
    walSegmentSize: z
      .number()
      .int()
      .min(1024 * 1024)
      .max(1024 * 1024 * 1024),
    blockSize: z.number().int().min(1024).max(32_768),
  }),
  run: z.strictObject({
    type: z.literal('run'),
    run: hexOf(8),
    timeline,
    startLsn: u64,
    previous: z.strictObject(runEnd).nullable(),
  }),
  mark: z.strictObject({ type: z.literal('mark'), ...runEnd }),
  history: z.strictObject({ type: z.literal('history'), timeline, bytes: z.base64() }),
  backup: z.strictObject({
    type: z.literal('backup'),
    id: backupId,
    kind: z.enum(['full', 'differential']),
    parent: backupId.nullable(),
    label: z.string().max(200),
    timeline,
    startLsn: u64,
    endTimeline: timeline,
    endLsn: u64,
    startedMs: count,
    finishedMs: count,
    fileCount: count,
    plainBytes: count,
    storedBytes: count,
    damagedPageCount: count,
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    key: hexOf(16),
    manifest: proof,
    packs: z.array(proof),
  }),
  expired: z.strictObject({
    type: z.literal('expired'),
    windowFromMs: z.number().int(),
    retainMs: count,
    backups: z.array(backupId),
    keys: z.array(hexOf(16)),
    log: z.array(z.strictObject(runEnd)),
  }),
  destroyed: z.strictObject({
    type: z.literal('destroyed'),
    expired: count,
    regions: z.array(z.string().max(200)),
    objects: count,
    keys: count,
  }),
  hold: z.strictObject({
    type: z.literal('hold'),
    id: hexOf(8),
    fromMs: z.number().int(),
    reason: z.string().max(200),
  }),
  release: z.strictObject({
    type: z.literal('release'),
    id: hexOf(8),
    reason: z.string().max(200),
  }),
} satisfies Record<CatalogueEntry['type'], z.ZodType<CatalogueEntry>>

/** An entry with its place in the chain. Believe it only once its signature was checked. */
export type PlacedEntry = {
  readonly sequence: number
  /** SHA-256 of the whole object before this. */
  readonly previous: Uint8Array
  readonly writtenMs: number
  readonly entry: CatalogueEntry
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
  return signObject(key, repositoryId, entryName(placed.sequence), unsigned)
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
  if (reader.left > 0 || entryName(sequence) !== name) throw bad('is not the entry of its name')
  return { sequence, previous, writtenMs, entry: parseJson(name, body, bad) }
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
  if (!Object.hasOwn(schemas, type)) throw newerFormat(name, `is an entry of type '${type}'`)
  const parsed = schemas[type as CatalogueEntry['type']].safeParse(json)
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
