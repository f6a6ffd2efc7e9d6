/**
 * The search of the audit trail.
 *
 * @module
 */
import type { VNode } from 'preact'
import { Problem, Shell } from '../shell.tsx'
import { momentFrom } from '../recovery/plan.ts'
import { text } from '../guard.ts'
import { Time, type Inside } from './parts.tsx'
import type { AuditAnswer, AuditQuestion } from './ports.ts'

const HOUR_MS = 3_600_000
const WORD_MAX = 200
/** Longer windows go to the command, which has no time-out. */
export const WINDOW_DAYS_MAX = 31

/** What was asked by a form, or why it cannot be asked. */
export function questionFrom(
  fields: Readonly<Record<string, unknown>>,
  nowMs: number,
): { readonly question: AuditQuestion; readonly problem: string | undefined } {
  const moment = (name: string, otherwise: number): number => {
    const given = text(fields[name])
    return given === '' ? otherwise : (momentFrom(given) ?? NaN)
  }
  const fromMs = moment('from', nowMs - HOUR_MS)
  const toMs = moment('to', nowMs + 60_000)
  const word = (name: string): string => text(fields[name]).trim().slice(0, WORD_MAX)
  const words = { person: word('person'), table: word('table'), text: word('text') }
  if (Number.isNaN(fromMs) || Number.isNaN(toMs))
    return refused(words, nowMs, 'Write moments as 2026-11-23T10:07, in UTC.')
  if (toMs < fromMs) return refused(words, nowMs, 'The end lies before the beginning.')
  if (toMs - fromMs > WINDOW_DAYS_MAX * 24 * HOUR_MS)
    return refused(words, nowMs, `Ask for ${WINDOW_DAYS_MAX} days at most.`)
  return { question: { ...words, fromMs, toMs }, problem: undefined }
}

function refused(
  words: Pick<AuditQuestion, 'person' | 'table' | 'text'>,
  nowMs: number,
  problem: string,
): ReturnType<typeof questionFrom> {
  return { question: { ...words, fromMs: nowMs - HOUR_MS, toMs: nowMs }, problem }
}

export function AuditPage(
  props: Inside & {
    readonly question: AuditQuestion
    readonly answer: AuditAnswer | undefined
  },
): VNode {
  const { account, csrf, question, answer, problem } = props
  return (
    <Shell title="Audit trail" here="/audit" account={account} csrf={csrf}>
      <form method="get" action="/audit" class="search" role="search">
        <label>
          Person or account
          <input name="person" value={question.person} maxLength={WORD_MAX} data-search />
        </label>
        <label>
          Table
          <input name="table" value={question.table} maxLength={WORD_MAX} />
        </label>
        <label>
          Words
          <input name="text" value={question.text} maxLength={WORD_MAX} />
        </label>
        <label>
          From (UTC)
          <input name="from" type="datetime-local" value={minute(question.fromMs)} />
        </label>
        <label>
          To (UTC)
          <input name="to" type="datetime-local" value={minute(question.toMs)} />
        </label>
        <button>Search</button>
      </form>
      <Problem text={problem} />
      {answer?.warnings.map((warning) => (
        <p class="alarm tint failing">{warning}</p>
      ))}
      {answer && <Answer answer={answer} />}
      <p class="small">
        Every search is recorded, with who asked. More by command: <code>veilig audit query</code>.
      </p>
    </Shell>
  )
}

function Answer({ answer }: { readonly answer: AuditAnswer }): VNode {
  const { rows, more } = answer
  if (rows.length === 0) return <p class="calm tint unproven">Nothing was recorded that fits.</p>
  return (
    <>
      <p class="small" role="status">
        {more ? `The newest ${rows.length}; there are more.` : `${rows.length} found.`}
      </p>
      <ol class="hits">
        {rows.map((row) => (
          <li tabIndex={-1} data-row>
            <p class="small">
              <Time ms={row.timeMs} /> <b>{row.person === '' ? row.process : row.person}</b>
              {row.address !== '' && ` from ${row.address}`}
              {row.rows !== undefined && ` · ${row.rows} rows`} · {row.process} {row.sequence}
            </p>
            <pre>
              {row.code !== 'DB_STATEMENT' && `${row.code} `}
              {row.what}
            </pre>
          </li>
        ))}
      </ol>
    </>
  )
}

function minute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16)
}
