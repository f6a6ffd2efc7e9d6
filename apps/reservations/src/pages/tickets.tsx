/**
 * Tickets on a member's own page and at the desk, and money that goes back.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Refund } from '../data/refunds.ts'
import { TICKETS_SOLD_MAX, type TicketEntry } from '../data/tickets.ts'
import type { Booking, Court } from '../model.ts'
import { euros } from '../money.ts'
import { fateOf } from '../refunds.ts'
import type { Visit } from '../web/visit.ts'
import { courtName } from './bookings.tsx'
import { namesOf } from './day.tsx'
import { Icon } from './icons.tsx'
import { Message, Page, whenWords } from './layout.tsx'

export type TicketsView = {
  readonly balance: number
  readonly entries: readonly TicketEntry[]
  /** Whether more can be bought online. */
  readonly mayBuy: boolean
}

/** What a member has, where it went, and buying more. Nothing where a club has no tickets. */
export function TicketsCard({
  visit,
  tickets,
}: {
  visit: Visit
  tickets: TicketsView
}): VNode | null {
  const { say, club, language } = visit
  const { balance, entries, mayBuy } = tickets
  if (entries.length === 0 && !mayBuy) return null
  return (
    <section class="card stack" id="tickets">
      <div>
        <h2>{say('tickets.title')}</h2>
        <p>{say('tickets.balance', { n: balance })}</p>
      </div>
      {visit.done === 'tickets' && <Message kind="good">{say('tickets.coming')}</Message>}
      {visit.done === 'tickets-away' && <Message kind="bad">{say('tickets.away')}</Message>}
      {mayBuy && (
        <form method="post" action={`/${club.slug}/me/tickets`} class="inline-form">
          <p class="field number">
            <label for="count">
              {say('tickets.count')}{' '}
              <span class="small">
                {say('tickets.each', { amount: euros(club.ticketCents, visit.language) })}
              </span>
            </label>
            <input
              id="count"
              name="count"
              type="number"
              min={1}
              max={TICKETS_SOLD_MAX}
              value={5}
              required
            />
          </p>
          <button>{say('tickets.buy')}</button>
        </form>
      )}
      {entries.length > 0 && (
        <details>
          <summary>{say('tickets.ledger')}</summary>
          <ul class="rules">
            {entries.map((entry) => (
              <li key={entry.atMs}>
                <span>
                  {entry.bookingId === undefined ? (
                    say(`tickets.${entry.kind}`)
                  ) : (
                    <a href={`/${club.slug}/bookings/${entry.bookingId}`}>
                      {say(`tickets.${entry.kind}`)}
                    </a>
                  )}
                  <span class="small">{whenWords(club.zone, entry.atMs, language)}</span>
                </span>
                <strong>{entry.delta > 0 ? `+${entry.delta}` : `−${-entry.delta}`}</strong>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

/** Beside a member in the list of the desk. */
export function SellTickets(props: {
  visit: Visit
  memberId: string
  name: string
  balance: number
}): VNode {
  const { visit, memberId, name, balance } = props
  const { say, club } = visit
  const id = `tickets-${memberId}`
  return (
    <details class="sell">
      <summary>
        <Icon name="ticket" />
        {say('tickets.short', { n: balance })}
      </summary>
      <form method="post" action={`/${club.slug}/office/members/${memberId}/tickets`}>
        <label for={id} class="small">
          {say('tickets.sellTo', { name })}
        </label>
        <input
          id={id}
          name="count"
          type="number"
          min={-TICKETS_SOLD_MAX}
          max={TICKETS_SOLD_MAX}
          value={10}
          required
        />
        <button>{say('tickets.sell')}</button>
      </form>
    </details>
  )
}

export type MoneyView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly refunds: readonly { readonly refund: Refund; readonly booking: Booking }[]
}

/** What became of money for bookings that do not take place. */
export function MoneyPage({ visit, courts, refunds }: MoneyView): VNode {
  const { say, club, language } = visit
  return (
    <Page visit={visit} title={say('money.title')} tab="office">
      <a class="back" href={`/${club.slug}/office`}>
        <Icon name="left" />
        {say('office.title')}
      </a>
      <h1>{say('money.title')}</h1>
      <p class="lead">{say('money.lead')}</p>
      {refunds.length === 0 && <p class="empty small">{say('money.none')}</p>}
      <ul class="affected card">
        {refunds.map(({ refund, booking }) => {
          const fate = fateOf(refund.state)
          return (
            <li key={refund.id} class={fate === 'club' ? 'full' : undefined}>
              <strong>{whenWords(club.zone, booking.startMs, language)}</strong>
              <a href={`/${club.slug}/bookings/${booking.id}`}>
                {courtName(courts, booking)} · {namesOf(booking, visit)}
              </a>
              <span>
                {fate === 'club' && <Icon name="alert" />}
                {refund.cents !== undefined && `${euros(refund.cents, visit.language)} `}
                {say(`money.${fate}`)}
              </span>
            </li>
          )
        })}
      </ul>
    </Page>
  )
}
