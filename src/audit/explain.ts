/**
 * Naming what was done to records, from the bytes that no longer fit.
 *
 * @module
 */
import { recordEnd } from './record.ts'
import { TRAILER_SIZE } from './segment.ts'

/** What happened to the records `first` to `last`. */
export type Gap = {
  readonly kind: 'altered' | 'missing' | 'reordered' | 'duplicated'
  readonly first: number
  readonly last: number
  readonly offset: number
}

/** Bytes between two places that hold, and what should stand between them. */
export type Misfit = {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  /** The sequence number whose turn it is at `start`. */
  readonly expected: number
  /** The sequence number that stands at `end`; undefined when nobody knows. */
  readonly resume: number | undefined
  /** Whether the record before is none of the book: then the first misfits for that alone. */
  readonly afterForeign: boolean
}

/** A record as its own fields tell it, right or wrong. */
export type Told = { readonly sequence: number; readonly at: number; readonly end: number }

/** The records between `start` and `end` as their lengths tell them, up to what is none. */
export function toldRecords(bytes: Buffer, start: number, end: number): Told[] {
  const told: Told[] = []
  const part = bytes.subarray(0, end)
  for (let at = start; at < end;) {
    const next = recordEnd(part, at)
    if (next === undefined || part[next - TRAILER_SIZE] !== 0) break
    told.push({ sequence: part.readUIntBE(at + 4, 6), at, end: next })
    at = next
  }
  return told
}

/** What must have been done, in the order of the sequence numbers. */
export function explain(misfit: Misfit): Gap[] {
  const { bytes, start, end, expected, resume } = misfit
  const told = toldRecords(bytes, start, end)
  const readable = (told.at(-1)?.end ?? start) === end
  const gap = (kind: Gap['kind'], first: number, last: number): Gap => ({
    kind,
    first,
    last,
    offset: told.find(({ sequence }) => sequence === first)?.at ?? start,
  })
  if (!readable) {
    const last = Math.max(expected, (resume ?? expected + 1) - 1)
    return [gap('altered', expected, last)]
  }
  const after = resume ?? Math.max(expected, ...told.map(({ sequence }) => sequence + 1))
  const gaps: Gap[] = []
  const present = new Set<number>()
  for (const { sequence } of told) {
    if (sequence < expected || sequence >= after || present.has(sequence))
      gaps.push(gap('duplicated', sequence, sequence))
    present.add(sequence)
  }
  for (const [first, last] of absent(present, expected, after))
    gaps.push(gap('missing', first, last))
  const kept = told.map(({ sequence }) => sequence).filter((it) => it >= expected && it < after)
  const moved = kept.filter((it, at) => it !== kept.toSorted((a, b) => a - b)[at])
  if (moved.length > 1) gaps.push(gap('reordered', Math.min(...moved), Math.max(...moved)))
  const explained = gaps.length > 0 || (misfit.afterForeign && told.length <= 1)
  if (!explained && told.length > 0) gaps.push(gap('altered', expected, after - 1))
  return gaps.toSorted((a, b) => a.first - b.first)
}

/** The ranges of numbers from `from` to before `to` that are not in the set; at most 100. */
function absent(present: ReadonlySet<number>, from: number, to: number): [number, number][] {
  const ranges: [number, number][] = []
  const known = [...present].filter((it) => it >= from && it < to).toSorted((a, b) => a - b)
  let next = from
  for (const it of [...known, to]) {
    if (it > next && ranges.length < RANGES_MAX) ranges.push([next, it - 1])
    next = it + 1
  }
  return ranges
}

const RANGES_MAX = 100
