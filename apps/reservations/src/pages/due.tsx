/**
 * What is owed for a booking, how it stands, and the way to pay.
 *
 * @module
 */
import type { VNode } from 'preact'
import { euros } from '../money.ts'
import type { Way } from '../payments.ts'
import type { RefundFate } from '../refunds.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Page } from './layout.tsx'

/** How a payment stands, as far as a member need know. */
export type DueState = 'open' | 'paid' | 'pending' | 'refused' | 'review' | 'away'

export type DueView = {
  readonly cents: number
  readonly state: DueState
  /** Why, as the club's payment service says it. */
  readonly said?: string | undefined
  /** Remembered ways to pay, the newest. */
  readonly ways: readonly Way[]
}

const words: Readonly<Partial<Record<DueState, WordKey>>> = {
  pending: 'due.pending',
  refused: 'due.refused',
  review: 'due.review',
  away: 'due.away',
}

export function DuePart(props: { due: DueView; visit: Visit; bookingId: string }): VNode {
  const { due, visit, bookingId } = props
  const { say, club } = visit
  const amount = euros(due.cents, visit.language)
  const word = words[due.state]
  const payable = due.state === 'open' || due.state === 'refused' || due.state === 'away'
  return (
    <section class="sheet-part">
      <h2>{say('due.title')}</h2>
      <p role="status">{say(due.state === 'paid' ? 'due.paid' : 'due.amount', { amount })}</p>
      {due.said && <p class="hint">{due.said}</p>}
      {word && !(due.said && due.state === 'away') && <p class="hint">{say(word)}</p>}
      {payable && (
        <form method="post" action={`/${club.slug}/bookings/${bookingId}/pay`} class="stack">
          {due.ways.map(({ id, gateway }) => (
            <button class="primary" name="way" value={id}>
              {say(`due.with.${gateway}`)}
            </button>
          ))}
          {due.ways.length > 0 && <button>{say('due.other')}</button>}
          {due.ways.length === 0 && (
            <>
              <p class="field check">
                <input id="remember" name="remember" type="checkbox" value="1" />
                <label for="remember">{say('due.remember')}</label>
              </p>
              <button class="primary">{say('due.pay')}</button>
            </>
          )}
        </form>
      )}
    </section>
  )
}

/** How money for a cancelled booking goes back. */
export type RefundView = { readonly state: RefundFate; readonly amount: string }

export function RefundPart({ refund, visit }: { refund: RefundView; visit: Visit }): VNode {
  const { say } = visit
  return (
    <section class="sheet-part">
      <h2>{say('refund.title')}</h2>
      <p role="status">{say(`refund.${refund.state}`, { amount: refund.amount })}</p>
    </section>
  )
}

/** On the way: by itself where the browser allows, by a link everywhere. */
export function GoingPage({ visit, address }: { visit: Visit; address: string }): VNode {
  const { say } = visit
  return (
    <Page visit={visit} title={say('due.title')} tab="mine">
      <h1>{say('due.title')}</h1>
      <p>{say('due.going')}</p>
      <a class="button primary" href={address}>
        {say('due.go')}
      </a>
    </Page>
  )
}
