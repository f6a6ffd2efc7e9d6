/**
 * What is said over the control socket: one JSON object a line, both ways. Pure.
 *
 * A client sends one request; the service answers with lines until one of `finalAnswers`, and
 * hangs up.
 *
 * @module
 */
import { z } from 'zod'
import { ProtocolError } from '#lib/errors.ts'
import type { BranchReport } from '../retention/branch.ts'
import type { RetentionReport } from '../retention/destroy.ts'
import type { ObjectProof } from '../repository/entries.ts'
import { BACKUP_ID } from '../repository/names.ts'
import type { BackupKind } from '../repository/repository.ts'
import type { SyntheticContents } from '../repository/synthetic-backups.ts'
import type { BackupStatus, NewestBackup } from '../status.ts'
import type { ModeState } from '../wal/synchronous/keeper.ts'

export type ControlRequest =
  | { readonly request: 'status' }
  | { readonly request: 'destroy-expired'; readonly dryRun: boolean }
  | {
      readonly request: 'leave-branch'
      readonly timeline: number
      readonly reason: string
      readonly dryRun: boolean
    }
  | { readonly request: 'synchronous'; readonly on: boolean }
  | { readonly request: 'hold'; readonly fromMs: number; readonly reason: string }
  /** X25519 public keys, hex. */
  | { readonly request: 'recipients'; readonly keys: readonly string[] }
  | { readonly request: 'release'; readonly id: string; readonly reason: string }
  | { readonly request: 'backup'; readonly type: BackupType; readonly label: string }
  | SyntheticRequest

/** What may be asked for: an incremental backup is a differential one on the newest of any kind. */
export type BackupType = BackupKind | 'incremental'

/** Of the process that puts a backup together in the regions: see synthetic/synthesize.ts. */
export type SyntheticRequest =
  | { readonly request: 'synthetic-begin'; readonly from: string }
  | {
      readonly request: 'synthetic-packs'
      readonly id: string
      readonly first: number
      readonly packs: readonly ObjectProof[]
    }
  | ({ readonly request: 'synthetic-finish'; readonly id: string } & SyntheticContents)
  | { readonly request: 'synthetic-abort'; readonly id: string }

export type ControlAnswer =
  | { readonly answer: 'status'; readonly status: BackupStatus }
  /** `joined`: one was under way already, and this is it. */
  | { readonly answer: 'begun'; readonly joined: boolean }
  | { readonly answer: 'progress'; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly answer: 'done'; readonly backup: NewestBackup }
  | { readonly answer: 'destroyed'; readonly report: RetentionReport }
  /** Unless nothing was to be done, the process ends, to be started again. */
  | { readonly answer: 'branch-left'; readonly report: BranchReport }
  | { readonly answer: 'synchronous'; readonly state: ModeState }
  | { readonly answer: 'synthetic'; readonly id: string; readonly key: string }
  | { readonly answer: 'noted' }
  /** A hold was placed or released. */
  | { readonly answer: 'recipients' }
  | { readonly answer: 'held'; readonly id: string }
  | { readonly answer: 'failed'; readonly code: string; readonly message: string }

/** After these nothing follows. */
export const finalAnswers: readonly string[] = [
  'status',
  'done',
  'destroyed',
  'branch-left',
  'held',
  'recipients',
  'synchronous',
  'synthetic',
  'noted',
  'failed',
]

/** Longest line either side takes. */
export const LINE_MAX_BYTES: number = 64 * 1024

const LABEL_MAX: number = 200
const REASON_MAX: number = 200

/** Packs told of in one request: they fit in a line. */
export const PACKS_TOLD_MAX = 400

const backupId = z.string().regex(BACKUP_ID)
const count = z.int().min(0)
const proof = z.strictObject({ size: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })

const request: z.ZodType<ControlRequest> = z.discriminatedUnion('request', [
  z.strictObject({ request: z.literal('status') }),
  z.strictObject({ request: z.literal('destroy-expired'), dryRun: z.boolean() }),
  z.strictObject({
    request: z.literal('leave-branch'),
    timeline: z.int().min(1).max(0xffff_ffff),
    reason: z.string().min(1).max(REASON_MAX),
    dryRun: z.boolean(),
  }),
  z.strictObject({ request: z.literal('synchronous'), on: z.boolean() }),
  z.strictObject({
    request: z.literal('hold'),
    fromMs: z.int().min(0),
    reason: z.string().min(1).max(REASON_MAX),
  }),
  z.strictObject({
    request: z.literal('recipients'),
    keys: z
      .array(z.string().regex(/^[0-9a-f]{64}$/))
      .min(1)
      .max(16),
  }),
  z.strictObject({
    request: z.literal('release'),
    id: z.string().regex(/^[0-9a-f]{16}$/),
    reason: z.string().min(1).max(REASON_MAX),
  }),
  z.strictObject({
    request: z.literal('backup'),
    type: z.enum(['full', 'differential', 'incremental']),
    label: z.string().max(LABEL_MAX),
  }),
  z.strictObject({ request: z.literal('synthetic-begin'), from: backupId }),
  z.strictObject({
    request: z.literal('synthetic-packs'),
    id: backupId,
    first: count,
    packs: z.array(proof).max(PACKS_TOLD_MAX),
  }),
  z.strictObject({
    request: z.literal('synthetic-finish'),
    id: backupId,
    manifest: proof,
    fileCount: count,
    plainBytes: count,
    damagedPageCount: count,
  }),
  z.strictObject({ request: z.literal('synthetic-abort'), id: backupId }),
])

/** @throws {ProtocolError} CONTROL_REQUEST_INVALID. */
export function parseRequest(line: string): ControlRequest {
  const found = request.safeParse(parseJson(line))
  if (found.success) return found.data
  const message = found.error.issues[0]?.message ?? 'not understood'
  throw new ProtocolError('CONTROL_REQUEST_INVALID', message)
}

/** The service's own words, read by our own client. @throws {ProtocolError} As above. */
export function parseAnswer(line: string): ControlAnswer {
  const value = parseJson(line)
  if (typeof value === 'object' && value !== null && 'answer' in value) {
    return value as ControlAnswer
  }
  throw new ProtocolError('CONTROL_REQUEST_INVALID', 'the backup service answered something else')
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new ProtocolError('CONTROL_REQUEST_INVALID', 'not JSON', { cause })
  }
}
