/**
 * A member's bookings, and one of them.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Booking, Court } from '../model.ts'
import { clockLabel, dateWords, wallClock } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import { namesOf, relativeDay } from './day.tsx'
import { Icon } from './icons.tsx'
import { DuePart, RefundPart, type DueView, type RefundView } from './due.tsx'
import { Message, Page, whenWords } from './layout.tsx'

export type MineView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly coming: readonly Booking[]
  readonly past: readonly Booking[]
}

export function MinePage({ visit, courts, coming, past }: MineView): VNode {
  const { say, club } = visit
  return (
    <Page visit={visit} title={say('mine.title')} tab="mine">
      <h1>{say('mine.title')}</h1>
      {visit.done === 'cancelled' && <Message kind="good">{say('one.cancelled')}</Message>}
      {coming.length === 0 ? (
        <div class="empty">
          <Icon name="ball" />
          <p>{say('mine.none')}</p>
          <a class="button primary" href={`/${club.slug}/day`}>
            {say('mine.book')}
          </a>
        </div>
      ) : (
        <section>
          <h2 class="visually-hidden">{say('mine.coming')}</h2>
          <BookingList bookings={coming} courts={courts} visit={visit} />
        </section>
      )}
      {past.length > 0 && (
        <details class="past-bookings">
          <summary>
            {say('mine.past')} ({past.length})
          </summary>
          <BookingList bookings={past} courts={courts} visit={visit} />
        </details>
      )}
    </Page>
  )
}

function BookingList(props: {
  bookings: readonly Booking[]
  courts: readonly Court[]
  visit: Visit
}): VNode {
  const { bookings, courts, visit } = props
  const { say, club, language, today } = visit
  return (
    <ul class="cards">
      {bookings.map((booking) => {
        const { date } = wallClock(club.zone, booking.startMs)
        const cancelled = booking.status === 'cancelled'
        return (
          <li key={booking.id}>
            <a class={`ticket ${booking.status}`} href={`/${club.slug}/bookings/${booking.id}`}>
              <span class="ticket-date" aria-hidden="true">
                <span>{dateWords(date, language, 'weekday')}</span>
                <strong>{dateWords(date, language, 'day')}</strong>
                <span>{dateWords(date, language, 'month')}</span>
              </span>
              <span class="ticket-body">
                <span class="visually-hidden">{dateWords(date, language, 'long')}</span>
                <strong>
                  {clockLabel(club.zone, booking.startMs)}–{clockLabel(club.zone, booking.endMs)}
                  {relativeDay(say, date, today) && (
                    <span class="badge">{relativeDay(say, date, today)}</span>
                  )}
                  {cancelled && <span class="badge off">{say('mine.cancelled')}</span>}
                </strong>
                <span>{courtName(courts, booking)}</span>
                <span class="small">{withWords(booking, visit)}</span>
              </span>
              <Icon name="right" />
            </a>
          </li>
        )
      })}
    </ul>
  )
}

export function courtName(courts: readonly Court[], { courtId }: Booking): string {
  return courts.find(({ id }) => id === courtId)?.name ?? ''
}

function withWords(booking: Booking, visit: Visit): string {
  const { say, member } = visit
  const others = booking.players.filter(({ id }) => id !== member?.id)
  const { guests } = booking
  if (others.length === 0 && guests === 0) return say('mine.alone')
  const names = namesOf({ players: others, guests }, visit)
  return say('mine.with', { names: names || say('guests.n', { n: guests }) })
}

export type OneView = {
  readonly visit: Visit
  readonly booking: Booking
  readonly court: Court
  /** Whether the visitor may change and cancel it now. */
  readonly mayChange: boolean
  readonly mayCancel: boolean
  /** Until when it could be cancelled. */
  readonly cancelUntilMs: number
  readonly isFresh: boolean
  /** The number with which the players check in. */
  readonly pin: string | undefined
  /** What is owed for it, if anything, and how it stands. */
  readonly due: DueView | undefined
  /** What became of the money, when a paid booking was cancelled. */
  readonly refund: RefundView | undefined
}

export function OnePage(view: OneView): VNode {
  const { visit, booking, court, isFresh } = view
  const { say, club, language } = visit
  const { date } = wallClock(club.zone, booking.startMs)
  const cancelled = booking.status === 'cancelled'
  return (
    <Page visit={visit} title={say('one.title')} tab="mine">
      {isFresh && (
        <Message kind="good" title={say('booked.title')}>
          <p>{say('booked.lead')}</p>
        </Message>
      )}
      {visit.done === 'changed' && <Message kind="good">{say('one.changed')}</Message>}
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`/${club.slug}/bookings`}>
            <Icon name="left" />
            {say('nav.mine')}
          </a>
          <h1>{court.name}</h1>
          <p class="sheet-when">
            {dateWords(date, language, 'long')} · {clockLabel(club.zone, booking.startMs)}–
            {clockLabel(club.zone, booking.endMs)}
            {cancelled && <span class="badge off">{say('mine.cancelled')}</span>}
          </p>
          <p class="sheet-kind">
            <Icon name={court.indoor ? 'roof' : 'sun'} />
            {say(`sport.${court.sport}`)} · {say(`surface.${court.surface}`)} ·{' '}
            {say(court.indoor ? 'court.indoor' : 'court.outdoor')}
          </p>
        </header>
        <section class="sheet-part">
          <h2>{say('one.players')}</h2>
          <ul class="players">
            {booking.players.map((player) => (
              <li key={player.id}>
                <span class="avatar" aria-hidden="true">
                  {initials(player.shown ? player.name : '')}
                </span>
                <span>
                  {player.shown ? player.name : say('cell.member')}
                  {player.id === booking.ownerId && (
                    <span class="small">{say('one.responsible')}</span>
                  )}
                </span>
              </li>
            ))}
          </ul>
          {booking.guests > 0 && (
            <p>{say('guests.used', { guests: booking.guests, n: booking.tickets })}</p>
          )}
          {booking.overrideReason && (
            <p class="small">{say('one.override', { reason: booking.overrideReason })}</p>
          )}
        </section>
        {view.pin !== undefined && !cancelled && (
          <section class="sheet-part">
            <h2>{say(club.doorMinutes > 0 ? 'doors.code' : 'kiosk.pin')}</h2>
            <p class="pin">{view.pin}</p>
            {club.doorMinutes > 0 && (
              <p class="small">{say('doors.hint', { n: club.doorMinutes })}</p>
            )}
            {club.checkinMinutes > 0 && (
              <p class="small">{say('kiosk.pinHint', { n: club.checkinMinutes })}</p>
            )}
          </section>
        )}
        {view.refund && <RefundPart refund={view.refund} visit={visit} />}
        {view.due && <DuePart due={view.due} visit={visit} bookingId={booking.id} />}
        <Actions {...view} />
      </article>
    </Page>
  )
}

function Actions({ visit, booking, mayChange, mayCancel, cancelUntilMs }: OneView): VNode | null {
  const { say, club, language } = visit
  if (!mayChange) return null
  const base = `/${club.slug}/bookings/${booking.id}`
  if (!mayCancel) {
    const when = whenWords(club.zone, cancelUntilMs, language)
    return <p class="hint">{say('one.tooLate', { when })}</p>
  }
  return (
    <div class="sheet-part actions">
      <a class="button" href={`${base}/change`}>
        {say('one.change')}
      </a>
      <form method="post" action={`${base}/cancel`}>
        <button class="danger" aria-describedby="cancel-hint">
          {say('one.cancel')}
        </button>
        <p id="cancel-hint" class="small">
          {say('one.cancelHint')}
        </p>
      </form>
    </div>
  )
}

export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word !== '')
  const first = (word: string | undefined): string => Array.from(word ?? '')[0] ?? ''
  return words.length > 1 ? first(words[0]) + first(words.at(-1)) : first(words[0] ?? '·')
}
