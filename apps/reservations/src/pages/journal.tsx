/**
 * The journal of the office, and the difference that putting back would make.
 *
 * @module
 */
import type { VNode } from 'preact'
import { changed, type PutBack, type Row, type Step, type Table } from '../data/history.ts'
import type { Act } from '../data/journal.ts'
import type { Court } from '../model.ts'
import { clockLabel, dateWords, wallClock } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { sentences } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page, whenWords } from './layout.tsx'

export type JournalView = {
  readonly visit: Visit
  readonly acts: readonly Act[]
  readonly result?: { readonly done: number; readonly left: number } | undefined
  readonly problem?: WordKey | undefined
}

export function JournalPage({ visit, acts, result, problem }: JournalView): VNode {
  const { say, club, today, nowMs } = visit
  return (
    <Page visit={visit} title={say('journal.title')} tab="office">
      <a class="back" href={`/${club.slug}/office`}>
        <Icon name="left" />
        {say('office.title')}
      </a>
      <h1>{say('journal.title')}</h1>
      <p class="lead">{say('journal.lead')}</p>
      {result && <ResultWords visit={visit} {...result} />}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      {acts.length === 0 && <p class="empty small">{say('journal.none')}</p>}
      <ul class="cards">
        {acts.map((act) => (
          <ActCard key={act.id} visit={visit} act={act} />
        ))}
      </ul>
      <form method="get" action={`/${club.slug}/office/journal/moment`} class="card stack">
        <div>
          <h2>{say('journal.moment')}</h2>
          <p class="small">{say('journal.momentLead')}</p>
        </div>
        <div class="field-row bottom">
          <p class="field">
            <label for="date">{say('office.date')}</label>
            <input id="date" name="date" type="date" value={today} max={today} required />
          </p>
          <p class="field">
            <label for="time">{say('office.time')}</label>
            <input
              id="time"
              name="time"
              type="time"
              value={clockLabel(club.zone, nowMs)}
              required
            />
          </p>
          <button>{say('journal.compare')}</button>
        </div>
      </form>
    </Page>
  )
}

function ResultWords(props: { visit: Visit; done: number; left: number }): VNode {
  const { visit, done, left } = props
  return (
    <Message kind={left > 0 ? 'bad' : 'good'}>
      <p>{visit.say('journal.done', { n: done })}</p>
      {left > 0 && <p>{visit.say('journal.left', { n: left })}</p>}
    </Message>
  )
}

function ActCard({ visit, act }: { visit: Visit; act: Act }): VNode {
  const { say, club, language } = visit
  const base = `/${club.slug}/office/journal/${act.id}`
  const name = actWords(visit, act)
  return (
    <li class="card row-card">
      <div>
        <strong>{name}</strong>
        <span class="small">
          {whenWords(club.zone, act.atMs, language)} · {act.by} ·{' '}
          {say('journal.rows', { n: act.rows })}
          {act.isUndone && <span class="badge off">{say('journal.undone')}</span>}
        </span>
      </div>
      {act.rows > 0 && !act.isUndone && (
        <div class="act-links">
          <a href={`${base}/undo`}>
            {say('journal.undo')}
            <span class="visually-hidden"> {name}</span>
          </a>
          <a class="small" href={`/${club.slug}/office/journal/moment?act=${act.id}`}>
            {say('journal.before')}
          </a>
        </div>
      )}
    </li>
  )
}

function actWords({ say }: Visit, { kind, summary }: Act): string {
  const key = `act.${kind}`
  const word = key in sentences ? say(key as WordKey) : kind
  return summary === '' ? word : `${word}: ${summary}`
}

export type DifferenceView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly plan: readonly Step[]
  /** What is posted back, so that what is done is what was seen. */
  readonly digest: string
  readonly act: Act | undefined
  /** The moment, when it is the whole club that goes back. */
  readonly moment: { readonly atMs: number; readonly fields: Readonly<Record<string, string>> }
  readonly problem?: WordKey | undefined
}

const LINES_MAX = 50

export function DifferencePage(view: DifferenceView): VNode {
  const { visit, plan, act, moment, digest, problem } = view
  const { say, club, language } = visit
  const base = `/${club.slug}/office/journal`
  const title = act
    ? say('journal.undoTitle', { what: actWords(visit, act) })
    : say('journal.momentTitle', { when: whenWords(club.zone, moment.atMs, language) })
  const fresh = plan.filter(({ isStale }) => !isStale)
  const tables = [...new Set(plan.map(({ table }) => table))]
  return (
    <Page visit={visit} title={title} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={base}>
            <Icon name="left" />
            {say('journal.title')}
          </a>
          <h1>{title}</h1>
          <p class="sheet-when">
            {fresh.length === 0
              ? say('journal.same')
              : say('journal.difference', { n: fresh.length })}
          </p>
        </header>
        {problem && <Message kind="bad">{say(problem)}</Message>}
        {tables.map((table) => (
          <TableDifference key={table} table={table} {...view} />
        ))}
        {fresh.length < plan.length && <p class="hint">{say('journal.staleHint')}</p>}
        {fresh.length > 0 && (
          <form
            method="post"
            action={act ? `${base}/${act.id}/undo` : `${base}/moment`}
            class="sheet-part"
          >
            <input type="hidden" name="digest" value={digest} />
            {Object.entries(moment.fields).map(([name, value]) => (
              <input key={name} type="hidden" name={name} value={value} />
            ))}
            <button class="danger">{say('journal.do')}</button>
          </form>
        )}
      </article>
    </Page>
  )
}

function TableDifference(view: DifferenceView & { readonly table: Table }): VNode {
  const { visit, plan, table } = view
  const { say } = visit
  const rows = plan.filter((step) => step.table === table)
  return (
    <section class="sheet-part">
      <h2>
        {say(`table.${table}`)} ({rows.length})
      </h2>
      <ul class="difference">
        {rows.slice(0, LINES_MAX).map((step) => (
          <li key={step.key} class={step.isStale ? 'off' : undefined}>
            <DifferenceLine step={step} view={view} />
          </li>
        ))}
      </ul>
      {rows.length > LINES_MAX && (
        <p class="small">{say('journal.more', { n: rows.length - LINES_MAX })}</p>
      )}
    </section>
  )
}

function DifferenceLine({ step, view }: { step: Step; view: DifferenceView }): VNode {
  const { say } = view.visit
  const { now, target, isStale } = step
  const effect = effectOf(step)
  const row = target ?? now ?? {}
  const words = rowWords(row, step.table, view)
  const columns = changed(step).filter((name) => name.length > 1)
  const cell = (name: string, one: Row): string => {
    if (name !== 'logo_id') return show(one[name])
    return say(one[name] === null ? 'logo.drawn' : 'logo.own')
  }
  return (
    <>
      <span class={`mark is-${effect}`}>{say(`journal.${effect}`)}</span> <strong>{words}</strong>
      {effect === 'becomes' && now && target && (
        <span class="small">
          {step.table === 'bookings'
            ? `${rowWords(now, step.table, view)} → ${words}`
            : columns.map((name) => `${cell(name, now)} → ${cell(name, target)}`).join(', ')}
        </span>
      )}
      {isStale && <span class="badge off">{say('journal.stale')}</span>}
    </>
  )
}

/** Whether the row comes back, goes, or becomes another. */
function effectOf(step: Step): 'back' | 'goes' | 'becomes' {
  const { now, target } = step
  const stands = (row: Row | null): boolean =>
    row !== null &&
    row['status'] !== 'cancelled' &&
    row['active'] !== false &&
    !row['ended_at'] &&
    !row['retired']
  if (stands(now) === stands(target)) return 'becomes'
  return stands(target) ? 'back' : 'goes'
}

function rowWords(row: Row, table: Table, { visit, courts }: DifferenceView): string {
  const { club, language } = visit
  if (table === 'bookings') {
    const court = courts.find(({ id }) => id === row['court_id'])?.name ?? ''
    const [, from = ''] = /^\["?([^",]+)/.exec(show(row['during'])) ?? []
    const startMs = Date.parse(from.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'))
    if (Number.isNaN(startMs)) return court
    const day = dateWords(wallClock(club.zone, startMs).date, language, 'short')
    const title = show(row['title'])
    return `${day} ${clockLabel(club.zone, startMs)} ${court}${title && ` · ${title}`}`
  }
  if (table === 'members') return `${show(row['first_name'])} ${show(row['last_name'])}`
  return show(row['name'] ?? row['title'] ?? '')
}

function show(value: unknown): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string)
}

/** How it went, for the address of the page that follows. */
export function resultQuery({ done, left }: PutBack): string {
  return `back=${done}&left=${left.length}`
}
