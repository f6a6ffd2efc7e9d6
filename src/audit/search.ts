/**
 * The search of the audit trail for people: who, which table, which words, when.
 *
 * The question is one fixed text; what a person typed comes in as parameters only.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import { queryBooks, type Cell } from './query.ts'

/** What is looked for; an empty text is no condition. */
export type SearchQuestion = {
  readonly person: string
  /** A name that stands as a word in the statement or the event. */
  readonly table: string
  readonly text: string
  readonly fromMs: number
  readonly toMs: number
}

export type Hit = {
  readonly timeMs: number
  readonly process: string
  readonly sequence: number
  readonly code: string
  readonly person: string
  readonly address: string
  readonly what: string
  readonly rows: number | undefined
  /** How a statement went: 'done', 'refused', 'error 42501', 'cut' …; '' of anything else. */
  readonly went: string
}

export type SearchOptions = SearchQuestion & {
  readonly folder: string
  readonly rowsMax: number
  readonly signal?: AbortSignal
  readonly disk?: Disk
}

export type SearchResult = {
  readonly hits: readonly Hit[]
  readonly more: boolean
  readonly warnings: readonly string[]
}

const WORD_MAX = 200
/** Records taken into memory; a window with more is to be made narrower. */
const RECORDS_MAX = 2_000_000
/** The end of a statement may be recorded this long after its beginning. */
const TAIL_MS = 3_600_000
const WHAT_MAX = 2000

const sql = `
  WITH found AS (
    SELECT time, process, sequence, 'DB_STATEMENT' AS code, "user" AS person, address, sql AS what,
      "rows", concat_ws(' ', outcome, nullif(sqlstate, '')) AS went FROM statements
    UNION ALL
    SELECT time, process, sequence, code,
      coalesce(detail->>'user', detail->>'account', detail->>'role', ''),
      coalesce(detail->>'address', ''), CAST(detail AS VARCHAR), NULL, ''
    FROM events WHERE code NOT LIKE 'DB_STATEMENT%'
  )
  SELECT epoch_ms(time), process, sequence, code, person, address, left(what, ${WHAT_MAX}), "rows",
    went
  FROM found
  WHERE time BETWEEN make_timestamp($from::BIGINT * 1000) AND make_timestamp($to::BIGINT * 1000)
    AND ($person = '' OR contains(lower(person), lower($person)))
    AND ($text = '' OR contains(lower(what), lower($text)) OR contains(lower(code), lower($text)))
    AND ($table = '' OR regexp_matches(lower(what),
      '(^|[^a-z0-9_])' || regexp_escape(lower($table)) || '([^a-z0-9_]|$)'))
  ORDER BY time DESC, process, sequence DESC`

/**
 * Newest first.
 *
 * @throws {UsageError} AUDIT_QUERY_INVALID, also when the window holds too many records.
 */
export async function searchBooks(options: SearchOptions): Promise<SearchResult> {
  const { folder, rowsMax, signal, disk, person, table, text, fromMs, toMs } = options
  for (const word of [person, table, text]) {
    if (word.length <= WORD_MAX) continue
    throw new UsageError('AUDIT_QUERY_INVALID', `words are of ${WORD_MAX} characters at most`)
  }
  const window = { fromMs, toMs: toMs + TAIL_MS, recordsMax: RECORDS_MAX }
  const { rows, more, warnings } = await queryBooks({
    folder,
    sql,
    rowsMax,
    window,
    parameters: { person, table, text, from: BigInt(fromMs), to: BigInt(toMs) },
    ...(signal ? { signal } : {}),
    ...(disk ? { disk } : {}),
  })
  return { hits: rows.map(hitOf), more, warnings }
}

function hitOf(row: readonly Cell[]): Hit {
  const [timeMs, process, sequence, code, person, address, what, rows, went] = row
  const word = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : '')
  return {
    timeMs: Number(timeMs),
    process: word(process),
    sequence: Number(sequence),
    code: word(code),
    person: word(person),
    address: word(address),
    what: word(what),
    rows: typeof rows === 'number' ? rows : undefined,
    went: word(went),
  }
}
