/**
 * The path of timelines that leads to one: after each restore or failover PostgreSQL begins a new
 * one, so the log is a tree, and a restore follows one branch of it.
 *
 * Source: PostgreSQL, access/timeline.c (format of history files).
 *
 * @module
 */
import { IntegrityError } from '#lib/errors.ts'
import { parseLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'

/** A stretch of the path; `endLsn` is undefined on the last timeline. */
export type PathPart = {
  readonly timeline: number
  readonly startLsn: Lsn
  readonly endLsn: Lsn | undefined
}

/**
 * @param history Bytes of the history file of `timeline`; undefined for timeline 1, which has none.
 * @returns From the first timeline to `timeline`.
 * @throws {IntegrityError} TIMELINE_UNKNOWN.
 */
export function timelinePath(timeline: number, history: Uint8Array | undefined): PathPart[] {
  if (!history) {
    if (timeline === 1) return [{ timeline, startLsn: 0n, endLsn: undefined }]
    const message = `the history of timeline ${timeline} is not kept`
    throw new IntegrityError('TIMELINE_UNKNOWN', message)
  }
  const path: PathPart[] = []
  let startLsn = 0n
  for (const line of new TextDecoder().decode(history).split('\n')) {
    const found = /^\s*(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)/.exec(line)
    if (!found) continue // comments and empty lines
    const endLsn = parseLsn(found[2] ?? '')
    path.push({ timeline: Number(found[1]), startLsn, endLsn })
    startLsn = endLsn
  }
  return [...path, { timeline, startLsn, endLsn: undefined }]
}

/** Whether a position on a timeline lies on the path. */
export function isOnPath(path: readonly PathPart[], timeline: number, lsn: Lsn): boolean {
  const part = path.find((at) => at.timeline === timeline)
  return part !== undefined && (part.endLsn === undefined || lsn <= part.endLsn)
}

/** The timeline whose log holds the byte at a position. */
export function ownerOf(path: readonly PathPart[], lsn: Lsn): PathPart {
  const part = path.findLast(({ startLsn }) => startLsn <= lsn)
  if (!part) throw new IntegrityError('TIMELINE_UNKNOWN', 'an empty path of timelines')
  return part
}

/** Under which timeline PostgreSQL asks for a segment: the newest that begins before its end. */
export function namedUnder(path: readonly PathPart[], segmentEndLsn: Lsn): number {
  return ownerOf(path, segmentEndLsn - 1n).timeline
}
