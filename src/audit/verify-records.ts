/**
 * Verifying the records of one segment: each against the one before, and naming what does not fit.
 *
 * @module
 */
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { explain, toldRecords, type Misfit } from './explain.ts'
import type { Findings } from './findings.ts'
import { RecordCursor } from './record.ts'
import { survey, type Run } from './survey.ts'

export type SegmentRecords = {
  readonly file: string
  /** The segment up to its end; what comes after is not looked at. */
  readonly bytes: Buffer
  /** Where the first record begins, and its sequence number. */
  readonly start: number
  readonly sequence: number
  /** The sequence number after the last record, when a later segment tells it. */
  readonly until: number | undefined
  readonly findings: Findings
  /** Is given the place of every record's hash that counts, in order. */
  readonly accept: (bytes: Buffer, at: number) => void
}

export type RecordsVerdict = {
  /** The sequence number after the last record. */
  readonly next: number
  /** Whether every record was there, in its place, even if altered. */
  readonly whole: boolean
}

export function verifyRecords(segment: SegmentRecords): RecordsVerdict {
  const { file, bytes, until, findings, accept } = segment
  const cursor = new RecordCursor(bytes, segment.start, segment.sequence)
  let runs: readonly Run[] | undefined
  let afterForeign = false
  let whole = true
  for (;;) {
    const fault = cursor.next()
    if (fault === 'end') break
    if (fault === undefined) {
      accept(bytes, cursor.at - SHA256_SIZE)
      afterForeign = false
      continue
    }
    const { at, expected } = cursor
    runs ??= survey(bytes, at)
    const run = runs.find((candidate) => candidate.start >= at)
    const end = run?.start ?? bytes.length
    const misfit = { bytes, start: at, end, expected, resume: run?.sequence ?? until, afterForeign }
    const filled = nameMisfit(segment, misfit, run)
    if (filled === undefined) whole = false
    if (!run) {
      cursor.expected = until ?? filled ?? expected
      break
    }
    afterForeign = run.sequence < expected
    cursor.at = afterForeign ? run.end : run.start
    if (!afterForeign) cursor.expected = run.sequence
  }
  const next = cursor.expected
  if (until !== undefined && next < until) {
    findings.addGap(file, { kind: 'missing', first: next, last: until - 1, offset: bytes.length })
    whole = false
  }
  if (until !== undefined && next > until) {
    const place = { first: until, last: next - 1, offset: bytes.length }
    findings.add('AUDIT_RECORD_ADDED', file, 'records were added after its end', place)
    whole = false
  }
  return { next: until ?? next, whole }
}

/**
 * Names what is wrong between two places that hold.
 *
 * @returns The sequence number after it when as many records stand there as should, else undefined.
 */
function nameMisfit(
  { file, findings, accept, until }: SegmentRecords,
  misfit: Misfit,
  run: Run | undefined,
): number | undefined {
  const { bytes, start, end, expected } = misfit
  const told = toldRecords(bytes, start, end)
  const readable = (told.at(-1)?.end ?? start) === end
  if (!run && !readable && told.length === 0 && (until === undefined || until === expected)) {
    const rest = `the last ${end - start} bytes are no record`
    if (until === undefined) {
      const message = `${rest}: cut short by a power cut, or altered`
      findings.add('AUDIT_TAIL_TORN', file, message, { offset: start, first: expected })
    } else findings.add('AUDIT_TAIL_ALTERED', file, `${rest}, and were added`, { offset: start })
    return expected
  }
  for (const gap of explain(misfit)) findings.addGap(file, gap)
  if (run && run.sequence < expected) {
    const last = Math.min(run.next, expected) - 1
    findings.addGap(file, { kind: 'duplicated', first: run.sequence, last, offset: run.start })
    return expected
  }
  const next = expected + told.length
  const inTurn = told.every(({ sequence }, index) => sequence === expected + index)
  if (!inTurn || !readable || (run && run.sequence !== next)) return undefined
  for (const record of told) accept(bytes, record.end - SHA256_SIZE)
  return next
}
