/**
 * What a vantage reports, as a signed note: `docs/formats/vantage.md`.
 *
 * @module
 */
import { z } from 'zod'
import {
  parseNote,
  signNote,
  verifyNote,
  type NoteSigner,
  type NoteVerifier,
} from '#crypto/signed-note.ts'
import { DeniedError } from '#lib/errors.ts'
import type { Seen } from '#lib/availability/time.ts'

/** Larger reports are refused unread. */
export const REPORT_MAX = 65_536
const COMPONENTS_MAX = 50
const MILLISECONDS_MAX = 600_000
const HEAD = 'veilig vantage report v1\n'

/** One component, as the vantage knows it after its own confirmation. */
export type ReportedLook = {
  readonly component: string
  readonly seen: Seen
  readonly reason?: string | undefined
  /** The newest look itself, before any confirmation. */
  readonly look: {
    readonly number: number
    readonly seen: Seen
    readonly tookMs: number
    /** How long ago it ended when the report was sent. */
    readonly agoMs: number
  }
}

export type Report = {
  readonly vantage: string
  /** Only ever grows, so that no old report is taken for a new one. */
  readonly sequence: number
  /** By the vantage's clock, milliseconds since the Unix epoch. */
  readonly sentMs: number
  readonly looks: readonly ReportedLook[]
}

const schema: z.ZodType<Report> = z.strictObject({
  vantage: z.string().min(1).max(64),
  sequence: z.int().min(0),
  sentMs: z.int().min(0),
  looks: z
    .array(
      z.strictObject({
        component: z.string().min(1).max(64),
        seen: z.enum(['up', 'down', 'unknown']),
        look: z.strictObject({
          number: z.int().min(0),
          seen: z.enum(['up', 'down', 'unknown']),
          tookMs: z.number().min(0).max(MILLISECONDS_MAX),
          agoMs: z.number().min(0).max(MILLISECONDS_MAX),
        }),
        reason: z
          .string()
          .regex(/^[A-Z][A-Z0-9_]{0,40}$/)
          .optional(),
      }),
    )
    .max(COMPONENTS_MAX),
})

export function encodeReport(report: Report, signer: NoteSigner): string {
  return signNote(`${HEAD}${JSON.stringify(report)}\n`, [signer])
}

/**
 * @param verifiers Of the vantages in the configuration.
 * @throws {DeniedError} VANTAGE_REFUSED: not understood, or not signed by the vantage it names.
 */
export function openReport(text: string, verifiers: readonly NoteVerifier[]): Report {
  try {
    const note = parseNote(text)
    const signed = verifyNote(note, verifiers)
    if (!note.text.startsWith(HEAD)) throw refused('it is no report')
    const report = schema.parse(JSON.parse(note.text.slice(HEAD.length)))
    if (signed.includes(report.vantage)) return report
  } catch (error) {
    if (error instanceof DeniedError) throw error
    throw refused((error as Error).message.slice(0, 200))
  }
  throw refused('it is not signed by the vantage it names')
}

export function refused(why: string): DeniedError {
  return new DeniedError('VANTAGE_REFUSED', `a report was refused: ${why}`, 'refused')
}
