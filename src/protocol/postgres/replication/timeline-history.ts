/**
 * Timeline history: from which position on which timeline each later one branched off.
 *
 * Source: PostgreSQL, timeline.c (readTimeLineHistory): lines of `parent TAB switch-LSN TAB
 * reason`, `#` comments; the file is named after the timeline it leads to.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { parseLsn, parseTimeline, type Lsn } from './lsn.ts'

export type TimelineSwitch = {
  readonly timeline: number
  /** Where it ends and the next one begins. */
  readonly endLsn: Lsn
}

const LINES_MAX = 10_000

/**
 * The ancestors of a timeline, oldest first.
 *
 * @throws {ProtocolError} PG_VALUE_INVALID, also when timelines or positions do not ascend.
 */
export function parseTimelineHistory(content: string): readonly TimelineSwitch[] {
  const lines = content.split('\n')
  if (lines.length > LINES_MAX) throw invalid(`more than ${LINES_MAX} lines`)
  const found: TimelineSwitch[] = []
  for (const line of lines) {
    if (/^\s*(#|$)/.test(line)) continue
    const [timeline = '', lsn = ''] = line.trim().split(/[\t ]+/)
    const next = { timeline: parseTimeline(timeline), endLsn: parseLsn(lsn) }
    const last = found.at(-1)
    if (last && (next.timeline <= last.timeline || next.endLsn < last.endLsn)) {
      throw invalid(`timeline ${next.timeline} does not follow ${last.timeline}`)
    }
    found.push(next)
  }
  return found
}

/** As it stands in pg_wal and in the archive: `00000002.history`. */
export function historyFileName(timeline: number): string {
  return `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`
}

function invalid(reason: string): ProtocolError {
  return new ProtocolError('PG_VALUE_INVALID', `timeline history: ${reason}`)
}

/**
 * The history file of every timeline on the way, the last one's too: PostgreSQL writes a file by
 * copying that of the parent and adding a line.
 *
 * @returns Timeline → its file. The first timeline has none.
 * @throws {ProtocolError} As `parseTimelineHistory`.
 */
export function historyFilesIn(timeline: number, content: string): ReadonlyMap<number, string> {
  parseTimelineHistory(content)
  const files = new Map<number, string>()
  let before = ''
  for (const line of content.split(/(?<=\n)/)) {
    const entry = /^\s*(\d+)[\t ]/.exec(line)
    if (entry && before !== '') files.set(Number(entry[1]), before)
    before += line
  }
  return files.set(timeline, content)
}
