/**
 * The secretary's pages: closing courts with a look at who is touched, and the club's rules.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Closure, Effect } from '../data/closures.ts'
import type { Booking, Court } from '../model.ts'
import { eurosInField } from '../money.ts'
import { may, type Right } from '../rights.ts'
import { clockLabel, dateWords, minuteLabel, STEP_MINUTES, wallClock } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { courtName } from './bookings.tsx'
import { namesOf } from './day.tsx'
import { Icon, type IconName } from './icons.tsx'
import { Message, Page, whenWords } from './layout.tsx'

/** What the secretary filled in, as it stands in the form. */
export type ClosureForm = {
  readonly courtIds: readonly string[]
  readonly fromDate: string
  readonly fromMinute: number
  readonly toDate: string
  readonly toMinute: number
  readonly title: string
}

export type OfficeView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly closures: readonly Booking[]
  readonly form: ClosureForm
  readonly problem?: 'office.badRange' | 'office.listChanged' | 'refuse.taken' | undefined
  readonly cancelled?: number | undefined
  /** Sessions that were just ended. */
  readonly cut?: number | undefined
}

export function OfficePage(view: OfficeView): VNode {
  const { visit, problem } = view
  const { say, club } = visit
  return (
    <Page visit={visit} title={say('office.title')} tab="office">
      <h1>{say('office.title')}</h1>
      <OfficeMenu visit={visit} />
      {visit.done === 'reopened' && <Message kind="good">{say('office.reopened')}</Message>}
      {view.cancelled !== undefined && (
        <Message kind="good">{say('office.closed', { n: view.cancelled })}</Message>
      )}
      {view.cut !== undefined && (
        <Message kind="good">{say('alerts.done', { n: view.cut })}</Message>
      )}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      <ClosureCard {...view} />
      <Closures {...view} />
      {club.checkinMinutes > 0 && (
        <section class="card stack">
          <div>
            <h2>{say('kiosk.device')}</h2>
            <p class="small">{say('kiosk.deviceHint')}</p>
          </div>
          <div class="news-acts">
            <form method="post" action={`/${club.slug}/office/kiosk`}>
              <button>{say('kiosk.make')}</button>
            </form>
            <form method="post" action={`/${club.slug}/office/kiosks/close`}>
              <button class="quiet">{say('kiosk.closeAll')}</button>
            </form>
          </div>
        </section>
      )}
      <section class="card row-card">
        <div>
          <h2>{say('office.bookFor')}</h2>
          <p class="small">{say('office.bookForLead')}</p>
        </div>
        <a class="button" href={`/${club.slug}/day`}>
          {say('nav.day')}
        </a>
      </section>
    </Page>
  )
}

/** The rooms of the office. */
const rooms = [
  ['members', 'members', 'people', 'members.title'],
  ['rules', 'rules', 'tools', 'office.rules'],
  ['courts', 'rules', 'sun', 'courts.title'],
  ['series', 'courses', 'cap', 'series.title'],
  ['money', 'money', 'ticket', 'money.title'],
  ['numbers', 'numbers', 'calendar', 'numbers.title'],
  ['links', 'links', 'link', 'links.title'],
  ['club', 'rules', 'ball', 'club.title'],
  ['staff', 'staff', 'person', 'staff.title'],
  ['journal', 'journal', 'clock', 'journal.title'],
] as const satisfies readonly (readonly [string, Right, IconName, WordKey])[]

export function OfficeMenu({ visit }: { visit: Visit }): VNode {
  const { say, club, member } = visit
  const open = rooms.filter(([, right]) => member && may(member, right))
  return (
    <nav class="rooms" aria-label={say('office.title')}>
      {open.map(([path, , icon, word]) => (
        <a key={path} href={`/${club.slug}/office/${path}`}>
          <Icon name={icon} />
          {say(word)}
        </a>
      ))}
    </nav>
  )
}

function ClosureCard({ visit, courts, form }: OfficeView): VNode {
  const { say, club } = visit
  return (
    <form method="get" action={`/${club.slug}/office/close`} class="card stack">
      <div>
        <h2>{say('office.close')}</h2>
        <p class="small">{say('office.closeLead')}</p>
      </div>
      <fieldset>
        <legend>{say('office.courts')}</legend>
        <div class="choices">
          {courts.map((court) => (
            <label key={court.id} class="choice small-choice">
              <input
                type="checkbox"
                name="court"
                value={court.id}
                checked={form.courtIds.includes(court.id)}
              />
              <span>
                <strong>{court.name}</strong>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div class="field-row">
        <Moment visit={visit} which="from" date={form.fromDate} minute={form.fromMinute} />
        <Moment visit={visit} which="to" date={form.toDate} minute={form.toMinute} />
      </div>
      <p class="field">
        <label for="title">{say('office.reason')}</label>
        <input
          id="title"
          name="title"
          value={form.title}
          placeholder={say('office.reasonExample')}
          maxLength={80}
          autocomplete="off"
          required
        />
      </p>
      <button class="primary">{say('office.preview')}</button>
    </form>
  )
}

type MomentProps = {
  readonly visit: Visit
  readonly which: 'from' | 'to'
  readonly date: string
  readonly minute: number
}

function Moment({ visit, which, date, minute }: MomentProps): VNode {
  const { say } = visit
  const word = say(`office.${which}`)
  return (
    <fieldset class="moment">
      <legend>{word}</legend>
      <input
        type="date"
        name={`${which}Date`}
        value={date}
        aria-label={`${word}: ${say('office.date')}`}
        required
      />
      <MinuteSelect
        name={`${which}Minute`}
        value={minute}
        label={`${word}: ${say('office.time')}`}
      />
    </fieldset>
  )
}

export function MinuteSelect(props: {
  name: string
  value: number
  label?: string
  id?: string
}): VNode {
  const steps = Array.from({ length: 1440 / STEP_MINUTES + 1 }, (_, at) => at * STEP_MINUTES)
  return (
    <select name={props.name} aria-label={props.label} id={props.id}>
      {steps.map((minute) => (
        <option key={minute} value={minute} selected={minute === props.value}>
          {minuteLabel(minute)}
        </option>
      ))}
    </select>
  )
}

function Closures({ visit, courts, closures }: OfficeView): VNode {
  const { say, club, language } = visit
  const groups = [...new Set(closures.map(({ groupId }) => groupId))]
  return (
    <section>
      <h2>{say('office.closures')}</h2>
      {groups.length === 0 && <p class="empty small">{say('office.noClosures')}</p>}
      <ul class="cards">
        {groups.map((group) => {
          const rows = closures.filter(({ groupId }) => groupId === group)
          const [first] = rows
          if (!first) return null
          return (
            <li key={group ?? 'none'} class="card row-card">
              <div>
                <strong>{first.title}</strong>
                <span class="small">
                  {rows.map((row) => courtName(courts, row)).join(', ')} ·{' '}
                  {whenWords(club.zone, first.startMs, language)} – {untilWords(visit, first)}
                </span>
              </div>
              {group && (
                <form method="post" action={`/${club.slug}/office/reopen/${group}`}>
                  <button class="quiet">{say('office.reopen')}</button>
                </form>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** The end, without the date when it is the same day. */
function untilWords({ club, language }: Visit, { startMs, endMs }: Booking | Closure): string {
  const sameDay = wallClock(club.zone, startMs).date === wallClock(club.zone, endMs).date
  return sameDay ? clockLabel(club.zone, endMs) : whenWords(club.zone, endMs, language)
}

export type PreviewView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly closure: Closure
  readonly effect: Effect
  readonly form: ClosureForm
}

/** Who would be touched, before anything is done. */
export function PreviewPage({ visit, courts, closure, effect, form }: PreviewView): VNode {
  const { say, club, language } = visit
  const people = new Set(effect.cancels.flatMap(({ players }) => players.map(({ id }) => id)))
  const names = courts.filter(({ id }) => closure.courtIds.includes(id)).map(({ name }) => name)
  return (
    <Page visit={visit} title={say('office.close')} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`/${club.slug}/office?${formQuery(form)}`}>
            <Icon name="left" />
            {say('office.edit')}
          </a>
          <h1>{closure.title}</h1>
          <p class="sheet-when">{names.join(', ')}</p>
          <p class="sheet-kind">
            {whenWords(club.zone, closure.startMs, language)} – {untilWords(visit, closure)}
          </p>
        </header>
        {effect.bars.map((bar) => (
          <Message key={bar.id} kind="bad">
            {say('office.barred', { court: courtName(courts, bar), title: bar.title })}
          </Message>
        ))}
        <section class="sheet-part">
          <h2>
            {effect.cancels.length === 0
              ? say('office.nobody')
              : say('office.affected', { n: effect.cancels.length })}
          </h2>
          {people.size > 0 && <p>{say('office.affectedPeople', { n: people.size })}</p>}
          <ul class="affected">
            {effect.cancels.map((booking) => (
              <li key={booking.id}>
                <strong>
                  {dateWords(wallClock(club.zone, booking.startMs).date, language, 'short')}{' '}
                  {clockLabel(club.zone, booking.startMs)}
                </strong>
                <span>{courtName(courts, booking)}</span>
                <span>{booking.title || namesOf(booking, visit)}</span>
              </li>
            ))}
          </ul>
        </section>
        {effect.bars.length === 0 && (
          <form method="post" action={`/${club.slug}/office/close`} class="sheet-part">
            {closure.courtIds.map((id) => (
              <input key={id} type="hidden" name="court" value={id} />
            ))}
            <input type="hidden" name="fromDate" value={form.fromDate} />
            <input type="hidden" name="fromMinute" value={form.fromMinute} />
            <input type="hidden" name="toDate" value={form.toDate} />
            <input type="hidden" name="toMinute" value={form.toMinute} />
            <input type="hidden" name="title" value={form.title} />
            {effect.cancels.map(({ id }) => (
              <input key={id} type="hidden" name="seen" value={id} />
            ))}
            <button class="danger">{say('office.do')}</button>
          </form>
        )}
      </article>
    </Page>
  )
}

export function formQuery(form: ClosureForm): string {
  const query = new URLSearchParams(form.courtIds.map((id) => ['court', id]))
  for (const key of ['fromDate', 'fromMinute', 'toDate', 'toMinute', 'title'] as const) {
    query.set(key, String(form[key]))
  }
  return query.toString()
}

export function NumberField(props: {
  id: string
  word: string
  value: number
  max: number
}): VNode {
  const { id, word, value, max } = props
  return (
    <p class="field number">
      <label for={id}>{word}</label>
      <input id={id} name={id} type="number" min={0} max={max} value={value} required />
    </p>
  )
}

/** A choice of some, with its label. */
export function SelectField<Value extends string | number>(props: {
  id: string
  word: string
  /** In the order shown, each with its words. */
  choices: readonly (readonly [Value, string])[]
  value: Value
}): VNode {
  const { id, word, choices, value } = props
  return (
    <p class="field">
      <label for={id}>{word}</label>
      <select id={id} name={id}>
        {choices.map(([one, words]) => (
          <option key={one} value={one} selected={one === value}>
            {words}
          </option>
        ))}
      </select>
    </p>
  )
}

/** An amount in euro. */
export function MoneyField(props: { id: string; word: string; cents: number }): VNode {
  const { id, word, cents } = props
  return (
    <p class="field">
      <label for={id}>{word} (€)</label>
      <input
        id={id}
        name={id}
        inputMode="decimal"
        pattern="[0-9]{1,4}([.,][0-9]{1,2})?"
        maxLength={7}
        autocomplete="off"
        value={eurosInField(cents)}
        required
      />
    </p>
  )
}
