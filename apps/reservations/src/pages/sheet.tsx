/**
 * The booking sheet: court, start, length, who plays, what it uses, one button.
 *
 * Everything is a form or a link: court and start are links to the same sheet, the rest is posted.
 *
 * @module
 */
import type { VNode } from 'preact'
import { OTHERS_MAX } from '../guests.ts'
import type { Booking, Court, Member, Person } from '../model.ts'
import { euros, priceOf } from '../money.ts'
import type { QuotaUse } from '../policy.ts'
import { clockLabel, dateWords, instantText, wallClock } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import { relativeDay } from './day.tsx'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'

export type SheetView = {
  readonly visit: Visit
  readonly court: Court
  readonly startMs: number
  /** Lengths in minutes that are truly free, shortest first; empty when the start is taken. */
  readonly lengths: readonly number[]
  readonly length: number
  /** Courts free at the same time, and other free starts on this court. */
  readonly elsewhere: readonly Court[]
  readonly otherStarts: readonly number[]
  readonly people: readonly Person[]
  /** Of those, who already plays at that time. */
  readonly busyIds: ReadonlySet<string>
  readonly partnerIds: readonly string[]
  readonly partnersMin: number
  /** What the one responsible may bring; undefined when he may bring nobody. */
  readonly guests: GuestsView | undefined
  readonly quotas: readonly QuotaUse[]
  /** Whether pressing the button could do anything. */
  readonly mayTry: boolean
  /** Sentences why it was, or would be, refused. */
  readonly refused: readonly string[]
  /** Set when a booking is being changed rather than made. */
  readonly booking?: Booking | undefined
  /** On whose behalf: for an officer all members, for a parent the family; else none. */
  readonly owners: readonly Member[]
  /** An officer may break rules, with a reason. */
  readonly isOffice: boolean
  readonly ownerId: string
  /** What was paid for the booking that is being changed. */
  readonly paidCents: number
}

export type GuestsView = {
  readonly chosen: number
  readonly used: number
  readonly max: number
  /** Tickets one guest uses, and those the member has. */
  readonly each: number
  readonly balance: number
}

export function SheetPage(view: SheetView): VNode {
  const { visit, court, startMs, refused, booking } = view
  const { say, language, club, today } = visit
  const { date } = wallClock(club.zone, startMs)
  const title = booking ? say('one.change') : say('book.title', { court: court.name })
  return (
    <Page visit={visit} title={title} tab="day">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={backOf(view, date)}>
            <Icon name="left" />
            {say('back')}
          </a>
          <h1>{court.name}</h1>
          <p class="sheet-when">
            {relativeDay(say, date, today) && <>{relativeDay(say, date, today)} · </>}
            {dateWords(date, language, 'long')} · {clockLabel(club.zone, startMs)}
          </p>
          <p class="sheet-kind">
            <Icon name={court.indoor ? 'roof' : 'sun'} />
            {say(`sport.${court.sport}`)} · {say(`surface.${court.surface}`)} ·{' '}
            {say(court.indoor ? 'court.indoor' : 'court.outdoor')}
          </p>
        </header>
        {refused.length > 0 && (
          <Message kind="bad" title={say('refuse.title')}>
            {refused.map((sentence) => (
              <p key={sentence}>{sentence}</p>
            ))}
          </Message>
        )}
        {view.lengths.length > 0 && view.mayTry ? <SheetForm {...view} /> : null}
        <Alternatives {...view} />
      </article>
    </Page>
  )
}

function SheetForm(view: SheetView): VNode {
  const { visit, court, startMs, booking, owners, isOffice, paidCents } = view
  const { say, club, language } = visit
  const action = booking ? `/${club.slug}/bookings/${booking.id}` : `/${club.slug}/book`
  const until = clockLabel(club.zone, startMs + view.length * 60_000)
  const from = clockLabel(club.zone, startMs)
  return (
    <form method="post" action={action} class="sheet-form" data-sheet>
      <input type="hidden" name="court" value={court.id} />
      <input type="hidden" name="start" value={instantText(startMs)} />
      <fieldset>
        <legend>{say('book.length')}</legend>
        <div class="choices">
          {view.lengths.map((length) => {
            const end = clockLabel(club.zone, startMs + length * 60_000)
            return (
              <label key={length} class="choice">
                <input
                  type="radio"
                  name="length"
                  value={length}
                  checked={length === view.length}
                  data-span={`${from}–${end}`}
                />
                <span>
                  <strong>{say('minutes', { n: length })}</strong>
                  <span class="small">{say('book.until', { time: end })}</span>
                  {court.priceCentsHour > 0 && (
                    <span class="small">{euros(priceOf(court, length * 60_000), language)}</span>
                  )}
                </span>
              </label>
            )
          })}
        </div>
        {paidCents > 0 && (
          <p class="hint">{say('book.paidMove', { amount: euros(paidCents, language) })}</p>
        )}
      </fieldset>
      {owners.length > 0 && !booking && <OwnerField {...view} />}
      <Partners {...view} />
      <Guests {...view} />
      {isOffice && (
        <p class="field">
          <label for="reason">
            {say('book.reason')} <span class="small">{say('book.optional')}</span>
          </label>
          <input
            id="reason"
            name="reason"
            maxLength={200}
            autocomplete="off"
            aria-describedby="reason-hint"
          />
          <span id="reason-hint" class="small">
            {say('book.reasonHint')}
          </span>
        </p>
      )}
      <Cost {...view} />
      <button class="primary">
        {booking ? say('one.save') : say('book.submit')}{' '}
        <span data-span-shown>{`${from}–${until}`}</span>
      </button>
    </form>
  )
}

/** Two lists, or three where the sport is played by four. The rest stay empty. */
function Partners(view: SheetView): VNode {
  const { visit, people, busyIds, partnerIds, partnersMin, court } = view
  const { say } = visit
  const seats = Math.max(court.sport === 'squash' ? 1 : 3, partnersMin)
  return (
    <fieldset class="partners">
      <legend>{say('book.partner')}</legend>
      {Array.from({ length: seats }, (_, at) => (
        <p key={at} class="field" data-seat={at}>
          <label for={`partner-${at}`} class={at === 0 ? 'visually-hidden' : undefined}>
            {say('book.partnerNth', { n: at + 1 })}{' '}
            {at >= partnersMin && <span class="small">{say('book.optional')}</span>}
          </label>
          <select
            id={`partner-${at}`}
            name="partner"
            data-filter={say('book.partnerFilter')}
            required={at < partnersMin && !view.isOffice && !view.guests}
          >
            <option value="">{say('book.partnerNone')}</option>
            {people.map(({ id, name }) => (
              <option
                key={id}
                value={id}
                selected={partnerIds[at] === id}
                disabled={busyIds.has(id)}
              >
                {busyIds.has(id) ? say('book.partnerBusy', { name }) : name}
              </option>
            ))}
          </select>
        </p>
      ))}
    </fieldset>
  )
}

/** How many, with what that uses. Nobody asks who they are. */
function Guests({ visit, guests, isOffice, booking }: SheetView): VNode | null {
  const { say } = visit
  if (!guests) return null
  const { chosen, used, max, each, balance } = guests
  const hint = each > 0 ? 'guests.left' : 'guests.free'
  return (
    <p class="field">
      <label for="guests">
        {say('guests.title')} <span class="small">{say('book.optional')}</span>
      </label>
      <select id="guests" name="guests" aria-describedby="guests-hint">
        {Array.from({ length: OTHERS_MAX + 1 }, (_, n) => (
          <option key={n} value={n} selected={n === chosen}>
            {n === 0 ? say('guests.none') : say('guests.n', { n })}
          </option>
        ))}
      </select>
      <span id="guests-hint" class="small">
        {isOffice && !booking ? say('guests.office') : say(hint, { used, max, n: each, balance })}
      </span>
    </p>
  )
}

function OwnerField({ visit, owners, ownerId, isOffice }: SheetView): VNode {
  const { say } = visit
  return (
    <p class="field">
      <label for="owner">{say('book.for')}</label>
      <select id="owner" name="owner">
        {owners.map((member) => (
          <option key={member.id} value={member.id} selected={member.id === ownerId}>
            {member.firstName} {member.lastName}
          </option>
        ))}
      </select>
      {isOffice && !visit.officer?.isProved && (
        <span class="small">
          {say('prove.hidden')} <a href={proveAddress(visit)}>{say('prove.show')}</a>
        </span>
      )}
    </p>
  )
}

function proveAddress({ club, here }: Visit): string {
  return `/${club.slug}/office/prove?to=${encodeURIComponent(here)}`
}

/** What it uses, before pressing. */
function Cost({ visit, quotas, booking }: SheetView): VNode {
  const { say, club } = visit
  return (
    <section class="cost">
      <h2>{say('book.quota')}</h2>
      {quotas.length === 0 && <p>{say('book.noQuota')}</p>}
      <ul>
        {quotas.map(({ quota, used }) => {
          const full = used >= quota.bookingsMax
          const after = full ? used : used + 1
          const line = full ? 'book.quotaFull' : 'book.quotaLine'
          return (
            <li key={quota.id} class={full ? 'full' : undefined}>
              <span class="quota-name">{quota.name}</span>
              <meter
                min={0}
                max={Math.max(1, quota.bookingsMax)}
                value={after}
                aria-label={quota.name}
              />
              <span>{say(line, { used: after, max: quota.bookingsMax })}</span>
            </li>
          )
        })}
      </ul>
      {club.cancelHours > 0 && !booking && (
        <p class="small">{say('book.cancelRule', { n: club.cancelHours })}</p>
      )}
    </section>
  )
}

function Alternatives(view: SheetView): VNode | null {
  const { visit, court, startMs, elsewhere, otherStarts, booking } = view
  const { say, club } = visit
  if (elsewhere.length === 0 && otherStarts.length === 0) return null
  const address = (courtId: string, start: number): string => {
    const path = booking ? `bookings/${booking.id}/change` : 'book'
    return `/${club.slug}/${path}?court=${courtId}&start=${instantText(start)}`
  }
  return (
    <aside class="alternatives">
      {elsewhere.length > 0 && (
        <section>
          <h2>{say('book.elsewhere')}</h2>
          <ul class="chips">
            {elsewhere.map((one) => (
              <li key={one.id}>
                <a class="chip" href={address(one.id, startMs)}>
                  {one.indoor && <Icon name="roof" />}
                  {one.name}
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {otherStarts.length > 0 && (
        <section>
          <h2>{say('book.otherTimes')}</h2>
          <ul class="chips">
            {otherStarts.map((start) => (
              <li key={start}>
                <a
                  class="chip"
                  href={address(court.id, start)}
                  aria-current={start === startMs ? 'true' : undefined}
                >
                  {clockLabel(club.zone, start)}
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  )
}

function backOf({ visit, booking }: SheetView, date: string): string {
  const base = `/${visit.club.slug}`
  return booking ? `${base}/bookings/${booking.id}` : `${base}/day?date=${date}`
}
