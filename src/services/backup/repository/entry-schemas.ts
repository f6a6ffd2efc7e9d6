/**
 * What the JSON of each catalogue entry must look like.
 *
 * Source: docs/formats/repository.md §4.
 *
 * @module
 */
import { z } from 'zod'
import type { CatalogueEntry } from './entries.ts'
import { BACKUP_ID } from './names.ts'

const DIGEST_SIZE = 32
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

const shapes = {
  cluster: {
    systemIdentifier: u64,
    pgMajor: count,
    walSegmentSize: z
      .number()
      .int()
      .min(1024 * 1024)
      .max(1024 * 1024 * 1024),
    blockSize: z.number().int().min(1024).max(32_768),
  },
  run: {
    run: hexOf(8),
    timeline,
    startLsn: u64,
    previous: z.strictObject(runEnd).nullable(),
  },
  mark: runEnd,
  history: { timeline, bytes: z.base64() },
  backup: {
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
    synthetic: z
      .strictObject({ from: backupId, madeMs: count, inPlaceOf: z.array(backupId).max(10_000) })
      .optional(),
  },
  expired: {
    windowFromMs: z.number().int(),
    retainMs: count,
    backups: z.array(backupId),
    keys: z.array(hexOf(16)),
    log: z.array(z.strictObject(runEnd)),
    branch: z
      .strictObject({ timelines: z.array(timeline).min(1), reason: z.string().max(200) })
      .optional(),
  },
  destroyed: {
    expired: count,
    regions: z.array(z.string().max(200)),
    objects: count,
    keys: count,
  },
  hold: { id: hexOf(8), fromMs: z.number().int(), reason: z.string().max(200) },
  release: { id: hexOf(8), reason: z.string().max(200) },
  recipients: { keys: z.array(hexOf(32)).min(1).max(16) },
} as const

const fold = {
  cluster: z.strictObject(shapes.cluster).nullable(),
  entries: z.array(z.strictObject({ sequence: count, sha256: hexOf(DIGEST_SIZE) })),
  runs: z.array(
    z.strictObject({
      entry: z.strictObject(shapes.run),
      digest: hexOf(DIGEST_SIZE),
      writtenMs: count,
    }),
  ),
  runEnds: z.array(z.strictObject(runEnd)),
  logStarts: z.array(z.strictObject(runEnd)),
  histories: z.array(z.strictObject(shapes.history)),
  expiries: z.array(
    z.strictObject({
      sequence: count,
      writtenMs: count,
      backups: count,
      entry: z.strictObject(shapes.expired),
      receipt: z.strictObject(shapes.destroyed).nullable(),
    }),
  ),
  destroyed: count,
  holds: z.array(z.strictObject({ ...shapes.hold, writtenMs: count })),
  recipients: shapes.recipients.keys.nullable(),
}

export const entrySchemas: {
  readonly [Type in CatalogueEntry['type']]: z.ZodType<CatalogueEntry>
} = {
  cluster: z.strictObject({ type: z.literal('cluster'), ...shapes.cluster }),
  run: z.strictObject({ type: z.literal('run'), ...shapes.run }),
  mark: z.strictObject({ type: z.literal('mark'), ...shapes.mark }),
  history: z.strictObject({ type: z.literal('history'), ...shapes.history }),
  backup: z.strictObject({ type: z.literal('backup'), ...shapes.backup }),
  expired: z.strictObject({ type: z.literal('expired'), ...shapes.expired }),
  destroyed: z.strictObject({ type: z.literal('destroyed'), ...shapes.destroyed }),
  hold: z.strictObject({ type: z.literal('hold'), ...shapes.hold }),
  release: z.strictObject({ type: z.literal('release'), ...shapes.release }),
  recipients: z.strictObject({ type: z.literal('recipients'), ...shapes.recipients }),
  fold: z.strictObject({ type: z.literal('fold'), ...fold }),
}
