/**
 * The summary of the log as bytes, for our own disk: file and block numbers, no contents. Pure.
 *
 * One line with the SHA-256 of what follows, then JSON. It is believed only whole.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ChangedBlocks } from './changed-blocks.ts'
import { LogSummary, STRETCH_BYTES_MAX, type LogOrigin, type Stretch } from './log-summary.ts'

/** Piece number, and its bits in base64. */
type KeptPiece = readonly [number: number, bits: string]

type KeptRelation = readonly [
  tablespace: number,
  database: number,
  relation: number,
  /** Null where it never got shorter. */
  cutAt: number | null,
  pieces: readonly KeptPiece[],
]

type KeptStretch = {
  readonly fromLsn: number
  readonly databases: readonly (readonly [tablespace: number, database: number])[]
  readonly relations: readonly KeptRelation[]
}

type Kept = {
  readonly systemIdentifier: string
  readonly timeline: number
  readonly walSegmentSize: number
  readonly doneLsn: number
  readonly stretches: readonly KeptStretch[]
}

const whole = z.int().min(0)
const piece: z.ZodType<KeptPiece> = z.tuple([whole, z.base64()])
const kept: z.ZodType<Kept> = z.strictObject({
  systemIdentifier: z.string().regex(/^\d{1,20}$/),
  timeline: whole.min(1),
  walSegmentSize: whole.min(1),
  doneLsn: whole,
  stretches: z.array(
    z.strictObject({
      fromLsn: whole,
      databases: z.array(z.tuple([whole, whole])),
      relations: z.array(z.tuple([whole, whole, whole, whole.nullable(), z.array(piece)])),
    }),
  ),
})

export function encodeSummary({ origin, doneLsn, stretches }: LogSummary): Uint8Array {
  const told: Kept = {
    ...origin,
    systemIdentifier: String(origin.systemIdentifier),
    doneLsn,
    stretches: stretches.map(keptStretch),
  }
  const text = Buffer.from(JSON.stringify(told))
  return Buffer.concat([Buffer.from(`${digestOf(text)}\n`), text])
}

/** @returns Undefined where it is not whole: as if it were lost. */
export function decodeSummary(bytes: Uint8Array): LogSummary | undefined {
  const end = bytes.indexOf(10)
  const text = bytes.subarray(end + 1)
  if (Buffer.from(bytes.subarray(0, Math.max(0, end))).toString() !== digestOf(text))
    return undefined
  const found = kept.safeParse(JSON.parse(Buffer.from(text).toString()))
  if (!found.success) return undefined
  const { systemIdentifier, timeline, walSegmentSize, doneLsn, stretches } = found.data
  const origin: LogOrigin = {
    systemIdentifier: BigInt(systemIdentifier),
    timeline,
    walSegmentSize,
  }
  return new LogSummary(origin, { doneLsn, stretches: stretches.map(stretchOf) })
}

function keptStretch({ fromLsn, blocks }: Stretch): KeptStretch {
  const databases = [...blocks.databases()].map(
    ({ tablespace, database }) => [tablespace, database] as const,
  )
  const relations: KeptRelation[] = []
  for (const { tablespace, database, relation, cutAt, pieces } of blocks.relations()) {
    const bits: KeptPiece[] = []
    pieces.forEach((one, number) => bits.push([number, Buffer.from(one).toString('base64')]))
    const cut = cutAt === Infinity ? null : cutAt
    relations.push([tablespace, database, relation, cut, bits])
  }
  return { fromLsn, databases, relations }
}

function stretchOf({ fromLsn, databases, relations }: KeptStretch): Stretch {
  const blocks = new ChangedBlocks(STRETCH_BYTES_MAX)
  for (const [tablespace, database] of databases) blocks.database(tablespace, database)
  for (const [tablespace, database, relation, cutAt, pieces] of relations) {
    blocks.cut(tablespace, database, relation, cutAt ?? Infinity)
    for (const [number, bits] of pieces) {
      blocks.addPiece(tablespace, database, relation, number, Buffer.from(bits, 'base64'))
    }
  }
  return { fromLsn, blocks }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
