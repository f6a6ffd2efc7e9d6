/**
 * Reading on after a bad record: which later records are whole, and what they say was on disk.
 *
 * A record can be believed after a bad one when its own hash is right for the 32 bytes that stand
 * before it: then it and its predecessor's hash are as they were written.
 *
 * @module
 */
import { hashIsRight, RecordCursor, recordEnd } from './record.ts'
import { TRAILER_SIZE } from './segment.ts'

/** Whole records, one behind the other, after something that is none. */
export type Run = {
  readonly start: number
  readonly end: number
  /** Sequence number of the first. */
  readonly sequence: number
  /** One more than the sequence number of the last. */
  readonly next: number
  /** The largest count of records on disk that one of them names. */
  readonly durable: number
}

/** Bytes hashed in search of records, per byte searched: forged lengths must not cost more. */
const EFFORT_PER_BYTE = 8
const EFFORT_MIN = 64 * 1024 * 1024
const RUNS_MAX = 1000

/** The runs of whole records from `from` to the end, in order; at most 1,000. */
export function survey(bytes: Buffer, from: number): Run[] {
  const runs: Run[] = []
  let effort = Math.max(EFFORT_MIN, EFFORT_PER_BYTE * (bytes.length - from))
  let at = Math.max(from, TRAILER_SIZE)
  while (at < bytes.length && effort > 0 && runs.length < RUNS_MAX) {
    const end = bytes[at - TRAILER_SIZE] === 0 ? recordEnd(bytes, at) : undefined
    if (end === undefined || bytes[end - TRAILER_SIZE] !== 0) {
      at++
      continue
    }
    effort -= end - at
    if (!hashIsRight(bytes, at, end)) {
      at++
      continue
    }
    const run = follow(bytes, at)
    runs.push(run)
    at = run.end
  }
  return runs
}

function follow(bytes: Buffer, start: number): Run {
  const sequence = bytes.readUIntBE(start + 4, 6)
  const cursor = new RecordCursor(bytes, start, sequence)
  let durable = 0
  while (cursor.next() === undefined) durable = Math.max(durable, cursor.durable)
  return { start, end: cursor.at, sequence, next: cursor.expected, durable }
}
