/**
 * The day on a phone: what is yours, then each time with the courts that are free from then on.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Booking, Court } from '../model.ts'
import { clockLabel, instantText, wallClock, type Row } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { DayView } from './day.tsx'
import { namesOf, stateOfBooking } from './day.tsx'
import { Icon } from './icons.tsx'

type Part = 'morning' | 'afternoon' | 'evening'
const parts: readonly Part[] = ['morning', 'afternoon', 'evening']
const NOON = 12 * 60
const EVENING = 17 * 60

type Start = { readonly row: Row; readonly courts: readonly Court[] }

export function TimeList({ visit, grid, courts, bookings, isOver }: DayView): VNode {
  const { say, club } = visit
  const starts = grid.lines.map(({ row, cells }): Start => {
    const free = courts.filter((_, at) => {
      const cell = cells[at]
      return cell?.type === 'open' && cell.state === 'free'
    })
    return { row, courts: free }
  })
  const free = starts.filter((start) => start.courts.length > 0)
  const mine = bookings.filter((booking) => stateOfBooking(booking, visit) === 'mine')
  return (
    <div class="list-area">
      {mine.length > 0 && <Mine bookings={mine} courts={courts} visit={visit} />}
      <h2 class="visually-hidden">{say('day.listTitle')}</h2>
      {free.length === 0 && !isOver && <p class="empty">{say('day.nothingFree')}</p>}
      {parts.map((part) => {
        const within = free.filter(({ row }) => partOf(club.zone, row.startMs) === part)
        if (within.length === 0) return null
        return (
          <section key={part} class="part">
            <h3>{say(`day.${part}`)}</h3>
            <ul class="starts">
              {within.map((start) => (
                <StartRow key={start.row.startMs} start={start} visit={visit} />
              ))}
            </ul>
          </section>
        )
      })}
    </div>
  )
}

function StartRow({ start, visit }: { start: Start; visit: Visit }): VNode {
  const { say, club } = visit
  const { row, courts } = start
  return (
    <li>
      <span class="start-time">{row.label}</span>
      <ul class="chips">
        {courts.map((court) => (
          <li key={court.id}>
            <a
              class="chip"
              href={`/${club.slug}/book?court=${court.id}&start=${instantText(row.startMs)}`}
              aria-label={say('cell.bookLabel', { time: row.label, court: court.name })}
            >
              {court.indoor && <Icon name="roof" />}
              {court.name}
            </a>
          </li>
        ))}
      </ul>
    </li>
  )
}

function Mine(props: {
  bookings: readonly Booking[]
  courts: readonly Court[]
  visit: Visit
}): VNode {
  const { bookings, courts, visit } = props
  const { say, club } = visit
  return (
    <section class="mine-today">
      <h2>{say('day.yours')}</h2>
      <ul>
        {bookings.map((booking) => (
          <li key={booking.id}>
            <a class="card-link" href={`/${club.slug}/bookings/${booking.id}`}>
              <Icon name="ball" />
              <span>
                <strong>
                  {clockLabel(club.zone, booking.startMs)}–{clockLabel(club.zone, booking.endMs)}
                </strong>{' '}
                {courts.find(({ id }) => id === booking.courtId)?.name}
                <span class="small">{namesOf(booking, visit)}</span>
              </span>
              <Icon name="right" />
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

function partOf(zone: string, instantMs: number): Part {
  const { minute } = wallClock(zone, instantMs)
  if (minute < NOON) return 'morning'
  return minute < EVENING ? 'afternoon' : 'evening'
}
