/**
 * The committee's numbers: courts in a table, hours in another.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Numbers } from '../numbers.ts'
import { minuteLabel } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'
import { weekdayNames } from './rules.tsx'

export type NumbersView = {
  readonly visit: Visit
  readonly from: string
  readonly to: string
  /** Undefined when the period makes no sense. */
  readonly numbers: Numbers | undefined
  /** Games nobody came for. */
  readonly missed: number
}

export function NumbersPage({ visit, from, to, numbers, missed }: NumbersView): VNode {
  const { say, club } = visit
  const base = `/${club.slug}/office`
  return (
    <Page visit={visit} title={say('numbers.title')} tab="office" wide>
      <div class="stack inset">
        <a class="back" href={base}>
          <Icon name="left" />
          {say('office.title')}
        </a>
        <h1>{say('numbers.title')}</h1>
        <p class="lead">{say('numbers.lead')}</p>
        <form method="get" action={`${base}/numbers`} class="card field-row bottom">
          <p class="field">
            <label for="from">{say('series.first')}</label>
            <input id="from" name="from" type="date" value={from} required />
          </p>
          <p class="field">
            <label for="to">{say('series.last')}</label>
            <input id="to" name="to" type="date" value={to} required />
          </p>
          <button>{say('numbers.show')}</button>
        </form>
        {!numbers && <Message kind="bad">{say('numbers.bad')}</Message>}
        {numbers && <CourtTable visit={visit} numbers={numbers} />}
        {numbers && <HourTable visit={visit} numbers={numbers} />}
        {numbers && <p>{say('numbers.missed', { n: missed })}</p>}
        {numbers && (
          <p>
            <a href={`${base}/numbers.csv?from=${from}&to=${to}`}>{say('numbers.download')}</a>
          </p>
        )}
      </div>
    </Page>
  )
}

type TableProps = { readonly visit: Visit; readonly numbers: Numbers }

function CourtTable({ visit, numbers }: TableProps): VNode {
  const { say } = visit
  const hours = (n: number): string => say('numbers.hours', { n: Math.round(n) })
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label={say('numbers.share')}>
      <table class="figures">
        <thead>
          <tr>
            {(['court', 'open', 'play', 'course', 'closed', 'share'] as const).map((name) => (
              <th key={name} scope="col">
                {say(`numbers.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {numbers.courts.map((row) => (
            <tr key={row.court.id}>
              <th scope="row">{row.court.name}</th>
              <td>{hours(row.openHours)}</td>
              <td>{hours(row.playHours)}</td>
              <td>{hours(row.courseHours)}</td>
              <td>{hours(row.closedHours)}</td>
              <td>
                <meter min={0} max={1} value={row.share} aria-label={row.court.name} />{' '}
                {percent(row.share)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function HourTable({ visit, numbers }: TableProps): VNode {
  const { say, language } = visit
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label={say('numbers.byHour')}>
      <table class="figures heat">
        <caption>{say('numbers.byHour')}</caption>
        <thead>
          <tr>
            <td />
            {numbers.hours.map((hour) => (
              <th key={hour} scope="col">
                {minuteLabel(hour * 60)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weekdayNames(language, 'weekday').map((name, day) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {numbers.byHour[day]?.map((share, at) => (
                <td key={numbers.hours[at]} class={`heat-${Math.round(share * 5)}`}>
                  {percent(share)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`
}
