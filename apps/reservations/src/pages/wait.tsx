/**
 * The waiting list: what a member waits for, and what could be waited for on a day.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Wait } from '../data/waits.ts'
import type { Booking, Court } from '../model.ts'
import { clockLabel, dateWords, instantText } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page, whenWords } from './layout.tsx'

export type WaitView = {
  readonly visit: Visit
  readonly date: string
  readonly courts: readonly Court[]
  readonly taken: readonly Booking[]
  readonly waits: readonly Wait[]
  readonly problem?: WordKey | undefined
}

export function WaitPage({ visit, date, courts, taken, waits, problem }: WaitView): VNode {
  const { say, club, language } = visit
  const base = `/${club.slug}/wait`
  const nameOf = (id: string): string => courts.find((court) => court.id === id)?.name ?? ''
  const open = taken.filter(
    (one) => !waits.some((wait) => wait.courtId === one.courtId && wait.startMs === one.startMs),
  )
  return (
    <Page visit={visit} title={say('wait.title')} tab="day">
      <a class="back" href={`/${club.slug}/day?date=${date}`}>
        <Icon name="left" />
        {say('nav.day')}
      </a>
      <h1>{say('wait.title')}</h1>
      <p class="lead">{say('wait.lead')}</p>
      {visit.done === 'added' && <Message kind="good">{say('wait.added')}</Message>}
      {visit.done === 'stopped' && <Message kind="good">{say('wait.stopped')}</Message>}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      {waits.length > 0 && (
        <section>
          <h2>{say('wait.mine')}</h2>
          <ul class="cards">
            {waits.map((wait) => (
              <li key={wait.id} class="card row-card">
                <div>
                  <strong>{nameOf(wait.courtId)}</strong>
                  <span class="small">
                    {whenWords(club.zone, wait.startMs, language)}–
                    {clockLabel(club.zone, wait.endMs)}
                  </span>
                  {wait.heldUntilMs !== undefined && (
                    <span class="badge">
                      {say('wait.held', { time: clockLabel(club.zone, wait.heldUntilMs) })}
                    </span>
                  )}
                </div>
                {wait.heldUntilMs === undefined ? (
                  <form method="post" action={`${base}/${wait.id}/stop`}>
                    <button class="quiet">{say('wait.stop')}</button>
                  </form>
                ) : (
                  <a class="button primary" href={bookAddress(visit, wait)}>
                    {say('wait.book')}
                  </a>
                )}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section class="card stack">
        <h2>{say('wait.taken', { date: dateWords(date, language, 'long') })}</h2>
        {open.length === 0 && <p class="small">{say('wait.none')}</p>}
        <ul class="affected waits">
          {open.map((one) => (
            <li key={one.id}>
              <strong>
                {clockLabel(club.zone, one.startMs)}–{clockLabel(club.zone, one.endMs)}
              </strong>
              <span>{nameOf(one.courtId)}</span>
              <form method="post" action={`${base}/for/${one.id}`}>
                <button>
                  {say('wait.ask')}
                  <span class="visually-hidden">
                    {' '}
                    ({nameOf(one.courtId)}, {clockLabel(club.zone, one.startMs)})
                  </span>
                </button>
              </form>
            </li>
          ))}
        </ul>
        <form method="get" action={base} class="field-row bottom">
          <p class="field">
            <label for="date">{say('day.choose')}</label>
            <input id="date" name="date" type="date" value={date} required />
          </p>
          <button>{say('day.go')}</button>
        </form>
      </section>
    </Page>
  )
}

function bookAddress({ club }: Visit, { courtId, startMs, endMs }: Wait): string {
  const length = (endMs - startMs) / 60_000
  return `/${club.slug}/book?court=${courtId}&start=${instantText(startMs)}&length=${length}`
}
