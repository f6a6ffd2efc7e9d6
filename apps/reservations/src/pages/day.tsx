/**
 * The day: a table of courts by half hours on a wide screen, a list by time on a phone. Both are
 * in the page; the style sheet shows the one that fits, and hides the other from everybody.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Booking, Court, Sport } from '../model.ts'
import { may } from '../rights.ts'
import { addDays, clockLabel, dateWords, instantText, type Row } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { Say } from '../words/say.ts'
import type { Cell, Grid } from './grid.ts'
import { Icon, type IconName } from './icons.tsx'
import { Message, Page } from './layout.tsx'
import { TimeList } from './time-list.tsx'

export type DayView = {
  readonly visit: Visit
  readonly date: string
  /** Courts shown, and the sports one may choose from. */
  readonly courts: readonly Court[]
  readonly sports: readonly Sport[]
  readonly sport: Sport | undefined
  readonly grid: Grid
  readonly bookings: readonly Booking[]
  /** In words, when this day opens to the visitor; undefined when it is open. */
  readonly opensOn: string | undefined
  readonly isOver: boolean
  /** Of what is shown; a page that is looked at is told of newer ones. */
  readonly version: string
}

export function DayPage(view: DayView): VNode {
  const { visit, date, opensOn, isOver } = view
  const { say, language, member } = visit
  const title = dateWords(date, language, 'full')
  return (
    <Page visit={visit} title={title} tab="day" wide>
      <h1 class="visually-hidden">{say('day.title', { date: title })}</h1>
      <DateBar {...view} />
      {opensOn && <p class="hint">{say('day.opensOn', { when: opensOn })}</p>}
      {isOver && <p class="hint">{say('day.over')}</p>}
      {!member && !isOver && (
        <p class="hint screen-only">
          <a href={`/${visit.club.slug}/login?to=${encodeURIComponent(visit.here)}`}>
            {say('day.logInToBook')}
          </a>
        </p>
      )}
      {visit.done === 'cancelled' && <Message kind="good">{say('one.cancelled')}</Message>}
      <div data-live={`/${visit.club.slug}/day/live?since=${view.version}`}>
        <DayTable {...view} />
        <TimeList {...view} />
      </div>
    </Page>
  )
}

const STRIP_DAYS = 7

function DateBar({ visit, date, sports, sport }: DayView): VNode {
  const { say, language, today, club } = visit
  const address = (day: string, one = sport): string =>
    `/${club.slug}/day?date=${day}${one ? `&sport=${one}` : ''}`
  const first = date < today || date >= addDays(today, STRIP_DAYS) ? addDays(date, -3) : today
  const days = Array.from({ length: STRIP_DAYS }, (_, at) => addDays(first, at))
  return (
    <div class="day-bar">
      <div class="day-heading">
        <p class="day-name" aria-hidden="true">
          <span class="day-word">
            {relativeDay(say, date, today) ?? dateWords(date, language, 'long')}
          </span>
          {relativeDay(say, date, today) && (
            <span class="day-date">{dateWords(date, language, 'long')}</span>
          )}
        </p>
        <a class="round" href={address(addDays(date, -1))} data-key="PageUp">
          <Icon name="left" />
          <span class="visually-hidden">{say('day.previous')}</span>
        </a>
        <a class="round" href={address(addDays(date, 1))} data-key="PageDown">
          <Icon name="right" />
          <span class="visually-hidden">{say('day.next')}</span>
        </a>
      </div>
      <nav class="strip" aria-label={say('day.choose')}>
        {days.map((day) => (
          <a
            key={day}
            href={address(day)}
            aria-current={day === date ? 'date' : undefined}
            data-key={day === today ? 't' : undefined}
          >
            <span class="strip-weekday">{dateWords(day, language, 'weekday')}</span>
            <span class="strip-day">{dateWords(day, language, 'day')}</span>
            <span class="visually-hidden">{dateWords(day, language, 'month')}</span>
          </a>
        ))}
      </nav>
      <div class="day-tools">
        {sports.length > 1 && (
          <nav class="segments" aria-label={say('sport.choose')}>
            {[undefined, ...sports].map((one) => (
              <a
                key={one ?? 'all'}
                href={`/${club.slug}/day?date=${date}&sport=${one ?? 'all'}`}
                aria-current={one === sport ? 'true' : undefined}
              >
                {say(`sport.${one ?? 'all'}`)}
              </a>
            ))}
          </nav>
        )}
        <form class="date-form" method="get" action={`/${club.slug}/day`}>
          <label class="visually-hidden" for="date">
            {say('day.choose')}
          </label>
          <input id="date" type="date" name="date" value={date} required />
          {sport && <input type="hidden" name="sport" value={sport} />}
          <button class="quiet">{say('day.go')}</button>
        </form>
        <button class="quiet needs-script" type="button" data-print hidden>
          <Icon name="print" />
          {say('day.print')}
        </button>
      </div>
    </div>
  )
}

/** Today and tomorrow have names of their own. */
export function relativeDay(say: Say, date: string, today: string): string | undefined {
  if (date === today) return say('day.today')
  return date === addDays(today, 1) ? say('day.tomorrow') : undefined
}

function DayTable(view: DayView): VNode {
  const { visit, date, courts, grid, sport } = view
  const { say, club, language, nowMs } = visit
  const earlier = `/${club.slug}/day?date=${date}&past=1${sport ? `&sport=${sport}` : ''}`
  const { now } = grid
  return (
    <div class="grid-area">
      <div class="grid-frame">
        <table class={`grid courts-${courts.length}`} data-grid>
          <caption class="visually-hidden">
            {say('day.title', { date: dateWords(date, language, 'full') })}
          </caption>
          <thead>
            <tr>
              <th scope="col" class="corner">
                <span class="visually-hidden">{say('day.time')}</span>
                <Icon name="clock" />
              </th>
              {courts.map((court) => (
                <th scope="col" key={court.id}>
                  <span class="court-name">{court.name}</span>
                  <span class="court-kind">
                    <Icon name={court.indoor ? 'roof' : 'sun'} />
                    {say(`surface.${court.surface}`)}
                    <span class="visually-hidden">
                      , {say(court.indoor ? 'court.indoor' : 'court.outdoor')}
                    </span>
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {grid.lines.map(({ row, cells }) => (
              <tr key={row.startMs} class={row.label.endsWith(':00') ? 'hour' : 'half'}>
                <th scope="row">{row.label}</th>
                {cells.map((cell, at) => (
                  <GridCell
                    key={courts[at]?.id}
                    cell={cell}
                    row={row}
                    court={courts[at]}
                    {...{ visit }}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
        {now && (
          <div class={`now-line row-${now.row} tenth-${now.tenths}`} aria-hidden="true">
            <span>{clockLabel(club.zone, nowMs)}</span>
          </div>
        )}
      </div>
      <div class="grid-foot">
        {visit.member && <a href={`/${club.slug}/wait?date=${date}`}>{say('wait.link')}</a>}
        {grid.hidden > 0 && <a href={earlier}>{say('day.earlier')}</a>}
        <Legend visit={visit} />
        <p class="keys needs-script" hidden>
          {say('day.keys')}
        </p>
      </div>
    </div>
  )
}

type CellProps = {
  readonly cell: Cell
  readonly row: Row
  readonly court: Court | undefined
  readonly visit: Visit
}

function GridCell({ cell, row, court, visit }: CellProps): VNode | null {
  const { say, club } = visit
  if (cell.type === 'covered' || !court) return null
  if (cell.type === 'block') {
    return <BlockCell booking={cell.booking} rows={cell.rows} visit={visit} />
  }
  if (cell.state !== 'free') {
    return (
      <td class={cell.state}>
        <span class="visually-hidden">{say(`cell.${cell.state}`)}</span>
      </td>
    )
  }
  const address = `/${club.slug}/book?court=${court.id}&start=${instantText(row.startMs)}`
  const label = say('cell.bookLabel', { time: row.label, court: court.name })
  return (
    <td class="free">
      <a href={address} aria-label={label}>
        <Icon name="plus" />
        <span class="free-word">
          {say('cell.free')}
          <span class="free-time"> {row.label}</span>
        </span>
      </a>
    </td>
  )
}

const kindIcons: Readonly<Record<Booking['kind'] | 'mine', IconName>> = {
  play: 'people',
  course: 'cap',
  match: 'cup',
  closure: 'lock',
  hold: 'clock',
  mine: 'ball',
}

function BlockCell(props: { booking: Booking; rows: number; visit: Visit }): VNode {
  const { booking, rows, visit } = props
  const { club, member } = visit
  const state = stateOfBooking(booking, visit)
  const opens = state === 'mine' || (member && may(member, 'desk') && booking.kind === 'play')
  const time = `${clockLabel(club.zone, booking.startMs)}–${clockLabel(club.zone, booking.endMs)}`
  const content = (
    <>
      <span class="block-head">
        <Icon name={kindIcons[state]} />
        <BlockWords booking={booking} visit={visit} />
      </span>
      <span class="block-time">{time}</span>
      {booking.players.some(({ shown }) => shown) && (
        <span class="block-names">{namesOf(booking, visit)}</span>
      )}
    </>
  )
  return (
    <td class={`block ${state} rows-${Math.min(rows, 4)}`} rowSpan={rows}>
      {opens ? (
        <a href={`/${club.slug}/bookings/${booking.id}`}>{content}</a>
      ) : (
        <div>{content}</div>
      )}
    </td>
  )
}

export function stateOfBooking(booking: Booking, { member }: Visit): Booking['kind'] | 'mine' {
  const mine = booking.players.some(({ id }) => id === member?.id)
  return mine && booking.kind === 'play' ? 'mine' : booking.kind
}

/** The state in words. A course or match is known by its own name; its kind is still read aloud. */
function BlockWords({ booking, visit }: { booking: Booking; visit: Visit }): VNode {
  const state = stateOfBooking(booking, visit)
  const word = visit.say(state === 'play' ? 'cell.taken' : `cell.${state}`)
  const { title } = booking
  if (title === '') return <span class="block-word">{word}</span>
  const isClosed = state === 'closure'
  return (
    <span class="block-word">
      <span class={isClosed ? undefined : 'visually-hidden'}>{word} · </span>
      {title}
    </span>
  )
}

/** Names that may be read, then how many more play: `You, Yasin Aydın +2`. */
export function namesOf(
  booking: Pick<Booking, 'players' | 'guests'>,
  { say, member }: Visit,
): string {
  const { players, guests } = booking
  const named = players.filter(({ id, shown }) => shown || id === member?.id)
  const names = named.map(({ id, name }) => (id === member?.id ? say('you') : name)).join(', ')
  const more = players.length - named.length
  const plus = (n: number): string => (n === 0 ? '' : ` +${n}`)
  if (named.length > 0) return names + plus(more + guests)
  return more === 0 ? '' : say('cell.members', { n: more }) + plus(guests)
}

function Legend({ visit }: { visit: Visit }): VNode {
  const { say, member } = visit
  const states: [string, IconName, string][] = [
    ['free', 'plus', say('cell.free')],
    ...(member ? [['mine', 'ball', say('cell.mine')] satisfies [string, IconName, string]] : []),
    ['play', 'people', say('cell.taken')],
    ['course', 'cap', say('cell.course')],
    ['match', 'cup', say('cell.match')],
    ['closure', 'lock', say('cell.closure')],
    ['later', 'clock', say('cell.later')],
  ]
  return (
    <ul class="legend" aria-label={say('day.legend')}>
      {states.map(([state, icon, word]) => (
        <li key={state}>
          <span class={`swatch ${state}`}>
            <Icon name={icon} />
          </span>
          {word}
        </li>
      ))}
    </ul>
  )
}
