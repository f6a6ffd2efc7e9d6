/**
 * Receipts: what a restore drill or a verification found, signed by the process that did it.
 *
 * An in-toto statement in a DSSE envelope, as all evidence. Source: docs/formats/receipt.md.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { IntegrityError, ProtocolError } from '#lib/errors.ts'
import { canonicalBytes, parseCanonical, type Json } from './canonical-json.ts'
import { keyIdOf, openEnvelope, readEnvelope, sealEnvelope } from './dsse.ts'
import { evidenceKey } from './evidence.ts'
import type { Succession } from './key-succession.ts'

/** One check that did not hold: which, and why. No content of a table ever stands in it. */
export type ReceiptFailure = { readonly check: string; readonly message: string }

type Common = {
  readonly passed: boolean
  /** Bounds of the work, milliseconds since the Unix epoch. */
  readonly startedMs: number
  readonly endedMs: number
  /** At most `FAILURES_MAX`; empty when passed. */
  readonly failures: readonly ReceiptFailure[]
}

/** A restore that was really carried out. */
export type DrillReceipt = Common & {
  readonly kind: 'drill'
  /** The backup it began with, and SHA-256 (hex) of its manifest object; '' when none. */
  readonly backup: string
  readonly manifest: string
  readonly backupFinishedMs: number
  /** The moment restored to, and whether it was drawn at random. */
  readonly targetMs: number
  readonly random: boolean
  /** What PostgreSQL was told to stop at, and the log position it reached, as it writes it. */
  readonly stop: string
  readonly reachedLsn: string
  readonly serverVersion: string
  /** Whether the server verified the checksum of each page that was read. */
  readonly checksums: boolean
  /** Whether indexes and tables were checked with amcheck: their structure, not pages alone. */
  readonly amcheck: boolean
  readonly databases: number
  readonly tables: number
  readonly rows: number
  readonly indexes: number
  readonly pages: number
  /** Facts recorded at the source that were compared, and the operator's own assertions. */
  readonly canaries: number
  readonly assertions: number
}

/** What a drill finds, beside whether and when. */
export type DrillFindings = Omit<DrillReceipt, keyof Common | 'kind'>

/** Nothing found yet. */
export const emptyDrill: DrillFindings = {
  backup: '',
  manifest: '',
  backupFinishedMs: 0,
  targetMs: 0,
  random: false,
  stop: '',
  reachedLsn: '',
  serverVersion: '',
  checksums: false,
  amcheck: false,
  databases: 0,
  tables: 0,
  rows: 0,
  indexes: 0,
  pages: 0,
  canaries: 0,
  assertions: 0,
}

/** Every object of every region, authenticated and opened. */
export type VerifyReceipt = Common & {
  readonly kind: 'verify'
  readonly regions: readonly string[]
  readonly objects: number
  readonly bytes: number
  /** Backups that the catalogue named. */
  readonly backups: readonly string[]
}

export type Receipt = DrillReceipt | VerifyReceipt

export const FAILURES_MAX = 20
const SIZE_MAX = 1024 * 1024
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
const PREDICATE_TYPES: Readonly<Record<Receipt['kind'], string>> = {
  drill: 'urn:veilig:restore-drill:v1',
  verify: 'urn:veilig:verification:v1',
}

/** Field → what JSON must hold there. */
const COMMON = { passed: false, startedMs: 0, endedMs: 0, failures: [] } as const
const FIELDS: Readonly<Record<Receipt['kind'], Readonly<Record<string, Json>>>> = {
  drill: { ...COMMON, kind: 'drill', ...emptyDrill },
  verify: { ...COMMON, kind: 'verify', regions: [], objects: 0, bytes: 0, backups: [] },
}

/** Signs a receipt with the key of the process that did the work. */
export function signReceipt(receipt: Receipt, privateKey: KeyObject): Uint8Array {
  const subject =
    receipt.kind === 'drill'
      ? { name: receipt.backup, digest: { sha256: receipt.manifest } }
      : { name: 'repository', digest: {} }
  const statement: Json = {
    _type: STATEMENT_TYPE,
    predicateType: PREDICATE_TYPES[receipt.kind],
    subject: [subject],
    predicate: { ...receipt },
  }
  return sealEnvelope(canonicalBytes(statement), privateKey)
}

/** A key that signs receipts; a former one counts for what ended before another took over. */
export type ReceiptKey = { readonly publicKey: KeyObject; readonly untilMs?: number }

/** A receipt is signed a little after its work ended. */
const SIGNED_WITHIN_MS = 60_000

/** The keys of a line, the newest last. @param only The one there is while there are no notes. */
export function receiptKeys(line: readonly Succession[], only: KeyObject): readonly ReceiptKey[] {
  const former = line.map((one) => ({ publicKey: evidenceKey(one.former), untilMs: one.atMs }))
  const newest = line.at(-1)
  return [...former, { publicKey: newest ? evidenceKey(newest.next) : only }]
}

/**
 * A receipt, once its signature is proven.
 *
 * @throws {IntegrityError} EVIDENCE_FORGED: none of the keys signed it, or one that was replaced
 *   before. @throws {ProtocolError} RECEIPT_INVALID and as DSSE.
 */
export function openReceipt(bytes: Uint8Array, keys: readonly ReceiptKey[]): Receipt {
  if (bytes.length > SIZE_MAX) throw invalid(`of ${bytes.length} bytes`)
  const { keyId } = readEnvelope(bytes)
  const key = keys.find(({ publicKey }) => keyIdOf(publicKey) === keyId)
  if (!key) throw new IntegrityError('EVIDENCE_FORGED', `signed by ${keyId}, a key of nobody's`)
  const receipt = readReceipt(openEnvelope(bytes, key.publicKey))
  if (receipt.endedMs <= (key.untilMs ?? Infinity) + SIGNED_WITHIN_MS) return receipt
  throw new IntegrityError('EVIDENCE_FORGED', 'signed by a key that had been replaced before')
}

function readReceipt(payload: Uint8Array): Receipt {
  const statement = asObject(parseCanonical(payload))
  const predicate = asObject(statement['predicate'])
  const { kind } = predicate
  if (kind !== 'drill' && kind !== 'verify') throw invalid('of an unknown kind')
  if (statement['predicateType'] !== PREDICATE_TYPES[kind]) throw invalid('of another type')
  for (const [name, like] of Object.entries(FIELDS[kind])) {
    const value = predicate[name]
    const same = typeof value === typeof like && Array.isArray(value) === Array.isArray(like)
    if (!same) throw invalid(`without ${name}`)
  }
  return predicate as unknown as Receipt
}

/** Whether an error says that the bytes are no receipt of this key. */
export function isNoReceipt(error: unknown): boolean {
  return error instanceof IntegrityError || error instanceof ProtocolError
}

function asObject(value: Json | undefined): Readonly<Record<string, Json>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw invalid('broken')
  return value as Readonly<Record<string, Json>>
}

function invalid(why: string): ProtocolError {
  return new ProtocolError('RECEIPT_INVALID', `a receipt ${why}`)
}
