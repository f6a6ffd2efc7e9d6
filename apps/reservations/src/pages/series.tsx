/**
 * Courses: the list, a preview of every week, and one course with its meetings.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Holiday } from '../data/rules.ts'
import type { Meet, Meeting, Series } from '../data/series.ts'
import type { Court, Member } from '../model.ts'
import { may } from '../rights.ts'
import type { Course } from '../series.ts'
import { clockLabel, dateWords, minuteLabel, wallClock } from '../time.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { namesOf } from './day.tsx'
import { Icon } from './icons.tsx'
import { Message, Page } from './layout.tsx'
import { MinuteSelect } from './office.tsx'
import { weekdayNames } from './rules.tsx'

const LENGTHS = [30, 60, 90, 120, 150, 180, 240, 300, 360, 480]

export type SeriesView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly coaches: readonly Member[]
  readonly series: readonly Series[]
  readonly holidays: readonly Holiday[]
  readonly course: Course
  readonly given?: number | undefined
  readonly problem?: WordKey | undefined
}

export function SeriesPage(view: SeriesView): VNode {
  const { visit, series, given, problem } = view
  const { say, club, language, member } = visit
  const days = weekdayNames(language, 'weekdayLong')
  const plans = member !== undefined && may(member, 'courses')
  return (
    <Page visit={visit} title={say('series.title')} tab="office">
      {plans && (
        <a class="back" href={`/${club.slug}/office`}>
          <Icon name="left" />
          {say('office.title')}
        </a>
      )}
      <h1>{say('series.title')}</h1>
      <p class="lead">{say('series.lead')}</p>
      {given !== undefined && <Message kind="good">{say('series.given', { n: given })}</Message>}
      {visit.done === 'ended' && <Message kind="good">{say('series.ended')}</Message>}
      {visit.done === 'saved' && <Message kind="good">{say('saved')}</Message>}
      {problem && <Message kind="bad">{say(problem)}</Message>}
      {series.length === 0 && <p class="empty small">{say('series.none')}</p>}
      <ul class="cards">
        {series
          .filter(({ coming }) => coming > 0)
          .map((one) => (
            <li key={one.id}>
              <a class="card row-card link-card" href={`/${club.slug}/office/series/${one.id}`}>
                <div>
                  <strong>{one.title}</strong>
                  <span class="small">
                    {days[one.weekday - 1]} {minuteLabel(one.startMinute)}–
                    {minuteLabel(one.startMinute + one.lengthMinutes)} · {one.courtName}
                    {one.coachName && ` · ${one.coachName}`}
                  </span>
                </div>
                <span class="badge">{say('series.coming', { n: one.coming })}</span>
              </a>
            </li>
          ))}
      </ul>
      {plans && <CourseForm {...view} />}
      {plans && <Holidays {...view} />}
    </Page>
  )
}

function CourseForm({ visit, courts, coaches, course }: SeriesView): VNode {
  const { say, club, language } = visit
  return (
    <form method="get" action={`/${club.slug}/office/series/preview`} class="card stack">
      <h2>{say('series.new')}</h2>
      <p class="field">
        <label for="title">{say('series.name')}</label>
        <input
          id="title"
          name="title"
          value={course.title}
          maxLength={80}
          placeholder={say('series.example')}
          autocomplete="off"
          required
        />
      </p>
      <fieldset>
        <legend>{say('office.courts')}</legend>
        <div class="choices">
          {courts.map((court) => (
            <label key={court.id} class="choice small-choice">
              <input
                type="checkbox"
                name="court"
                value={court.id}
                checked={course.courtIds.includes(court.id)}
              />
              <span>
                <strong>{court.name}</strong>
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      <div class="field-row">
        <p class="field">
          <label for="weekday">{say('series.weekday')}</label>
          <select id="weekday" name="weekday">
            {weekdayNames(language, 'weekdayLong').map((name, at) => (
              <option key={name} value={at + 1} selected={at + 1 === course.weekday}>
                {name}
              </option>
            ))}
          </select>
        </p>
        <p class="field">
          <label for="start">{say('series.start')}</label>
          <MinuteSelect id="start" name="start" value={course.startMinute} />
        </p>
        <p class="field">
          <label for="length">{say('series.length')}</label>
          <select id="length" name="length">
            {LENGTHS.map((length) => (
              <option key={length} value={length} selected={length === course.lengthMinutes}>
                {say('minutes', { n: length })}
              </option>
            ))}
          </select>
        </p>
      </div>
      <div class="field-row">
        <p class="field">
          <label for="first">{say('series.first')}</label>
          <input id="first" name="first" type="date" value={course.firstDate} required />
        </p>
        <p class="field">
          <label for="last">{say('series.last')}</label>
          <input id="last" name="last" type="date" value={course.lastDate} required />
        </p>
        <p class="field">
          <label for="coach">{say('series.coach')}</label>
          <select id="coach" name="coach">
            <option value="">{say('series.noCoach')}</option>
            {coaches.map(({ id, firstName, lastName }) => (
              <option key={id} value={id} selected={id === course.coachId}>
                {firstName} {lastName}
              </option>
            ))}
          </select>
        </p>
      </div>
      <button class="primary">{say('series.preview')}</button>
    </form>
  )
}

function Holidays({ visit, holidays }: SeriesView): VNode {
  const { say, club, language } = visit
  const office = `/${club.slug}/office/holidays`
  return (
    <section class="card stack">
      <div>
        <h2>{say('holidays.title')}</h2>
        <p class="small">{say('holidays.lead')}</p>
      </div>
      <ul class="affected">
        {holidays.map(({ id, title, firstDate, lastDate }) => (
          <li key={id}>
            <strong>{title}</strong>
            <span>
              {dateWords(firstDate, language, 'short')}
              {lastDate !== firstDate && ` – ${dateWords(lastDate, language, 'short')}`}
            </span>
            <form method="post" action={`${office}/${id}/drop`}>
              <button class="quiet">
                {say('holidays.drop')}
                <span class="visually-hidden"> {title}</span>
              </button>
            </form>
          </li>
        ))}
      </ul>
      <form method="post" action={office} class="field-row bottom">
        <p class="field">
          <label for="holiday">{say('holidays.name')}</label>
          <input
            id="holiday"
            name="title"
            maxLength={60}
            placeholder={say('holidays.example')}
            autocomplete="off"
            required
          />
        </p>
        <p class="field">
          <label for="holiday-first">{say('series.first')}</label>
          <input id="holiday-first" name="first" type="date" required />
        </p>
        <p class="field">
          <label for="holiday-last">{say('series.last')}</label>
          <input id="holiday-last" name="last" type="date" required />
        </p>
        <button>{say('rules.add')}</button>
      </form>
    </section>
  )
}

export type CoursePreview = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly course: Course
  readonly meetings: readonly Meeting[]
}

/** Every week, with what becomes of it, before anything is done. */
export function CoursePreviewPage({ visit, courts, course, meetings }: CoursePreview): VNode {
  const { say, club, language } = visit
  const taken = meetings.filter(({ bar, holiday }) => !bar && !holiday)
  const day = weekdayNames(language, 'weekdayLong')[course.weekday - 1]
  return (
    <Page visit={visit} title={course.title} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`/${club.slug}/office/series?${courseQuery(course)}`}>
            <Icon name="left" />
            {say('office.edit')}
          </a>
          <h1>{course.title}</h1>
          <p class="sheet-when">
            {day} {minuteLabel(course.startMinute)}–
            {minuteLabel(course.startMinute + course.lengthMinutes)}
          </p>
        </header>
        <section class="sheet-part">
          <h2>
            {taken.length === 0
              ? say('series.nothing')
              : say('series.meetings', { n: taken.length })}
          </h2>
          <ul class="affected weeks">
            {meetings.map((one) => (
              <li key={`${one.date} ${one.courtId}`} class={isOn(one) ? undefined : 'off'}>
                <strong>{dateWords(one.date, language, 'short')}</strong>
                <span>{courts.find(({ id }) => id === one.courtId)?.name}</span>
                <span>{meetingWords(one, visit)}</span>
              </li>
            ))}
          </ul>
        </section>
        {taken.length > 0 && (
          <form method="post" action={`/${club.slug}/office/series`} class="sheet-part">
            {[...new URLSearchParams(courseQuery(course))].map(([name, value]) => (
              <input key={`${name} ${value}`} type="hidden" name={name} value={value} />
            ))}
            {taken
              .flatMap(({ cancels }) => cancels)
              .map(({ id }) => (
                <input key={id} type="hidden" name="seen" value={id} />
              ))}
            <button class="primary">{say('series.do')}</button>
          </form>
        )}
      </article>
    </Page>
  )
}

function isOn({ bar, holiday }: Meeting): boolean {
  return !bar && holiday === undefined
}

function meetingWords({ bar, holiday, cancels }: Meeting, visit: Visit): string {
  const { say } = visit
  if (holiday !== undefined) return say('series.holiday', { title: holiday })
  if (bar) return say('series.barred', { title: bar.title })
  if (cancels.length === 0) return say('series.free')
  const names = cancels.map((one) => namesOf(one, visit)).join(' / ')
  return say('series.displaces', { n: cancels.length, names })
}

export function courseQuery(course: Course): string {
  const query = new URLSearchParams(course.courtIds.map((id) => ['court', id]))
  query.set('title', course.title)
  query.set('weekday', String(course.weekday))
  query.set('start', String(course.startMinute))
  query.set('length', String(course.lengthMinutes))
  query.set('first', course.firstDate)
  query.set('last', course.lastDate)
  query.set('coach', course.coachId ?? '')
  return query.toString()
}

export type OneSeriesView = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly series: Series
  readonly meetings: readonly Meet[]
  readonly problem?: WordKey | undefined
}

export function OneSeriesPage({ visit, courts, series, meetings, problem }: OneSeriesView): VNode {
  const { say, club, language, nowMs, member } = visit
  const base = `/${club.slug}/office/series/${series.id}`
  const plans = member !== undefined && may(member, 'courses')
  const coming = meetings.filter(({ endMs }) => endMs > nowMs)
  return (
    <Page visit={visit} title={series.title} tab="office">
      <article class="sheet">
        <header class="sheet-head">
          <a class="back" href={`/${club.slug}/office/series`}>
            <Icon name="left" />
            {say('series.title')}
          </a>
          <h1>{series.title}</h1>
          <p class="sheet-when">
            {weekdayNames(language, 'weekdayLong')[series.weekday - 1]}{' '}
            {minuteLabel(series.startMinute)}–
            {minuteLabel(series.startMinute + series.lengthMinutes)} · {series.courtName}
          </p>
          {series.coachName && <p class="sheet-kind">{series.coachName}</p>}
        </header>
        {visit.done === 'moved' && <Message kind="good">{say('series.moved')}</Message>}
        {visit.done === 'cancelled' && <Message kind="good">{say('series.oneCancelled')}</Message>}
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <section class="sheet-part">
          <h2>{say('series.coming', { n: series.coming })}</h2>
          <ul class="affected meetings">
            {coming.map((one) => (
              <Meeting key={one.id} {...{ visit, courts, base, one }} />
            ))}
          </ul>
        </section>
        {plans && (
          <form method="post" action={`${base}/end`} class="sheet-part">
            <button class="danger" aria-describedby="end-hint">
              {say('series.end')}
            </button>
            <p id="end-hint" class="small">
              {say('series.endHint')}
            </p>
          </form>
        )}
      </article>
    </Page>
  )
}

type MeetingProps = {
  readonly visit: Visit
  readonly courts: readonly Court[]
  readonly base: string
  readonly one: Meet
}

function Meeting({ visit, courts, base, one }: MeetingProps): VNode {
  const { say, club, language } = visit
  const { date, minute } = wallClock(club.zone, one.startMs)
  const name = dateWords(date, language, 'short')
  const isOff = one.status === 'cancelled'
  return (
    <li class={isOff ? 'off' : undefined}>
      <strong>{name}</strong>
      <span>
        {clockLabel(club.zone, one.startMs)}–{clockLabel(club.zone, one.endMs)} ·{' '}
        {courts.find(({ id }) => id === one.courtId)?.name}
        {isOff && <span class="badge off">{say('mine.cancelled')}</span>}
      </span>
      {!isOff && (
        <details>
          <summary>
            {say('rules.edit')}
            <span class="visually-hidden"> {name}</span>
          </summary>
          <form method="post" action={`${base}/meetings/${one.id}`} class="field-row bottom">
            <p class="field">
              <label for={`d-${one.id}`}>{say('office.date')}</label>
              <input id={`d-${one.id}`} name="date" type="date" value={date} required />
            </p>
            <p class="field">
              <label for={`m-${one.id}`}>{say('series.start')}</label>
              <MinuteSelect id={`m-${one.id}`} name="start" value={minute} />
            </p>
            <p class="field">
              <label for={`c-${one.id}`}>{say('series.court')}</label>
              <select id={`c-${one.id}`} name="court">
                {courts.map((court) => (
                  <option key={court.id} value={court.id} selected={court.id === one.courtId}>
                    {court.name}
                  </option>
                ))}
              </select>
            </p>
            <button>{say('series.moveOne')}</button>
          </form>
          <form method="post" action={`${base}/meetings/${one.id}/cancel`}>
            <button class="quiet">{say('series.cancelOne')}</button>
          </form>
        </details>
      )}
    </li>
  )
}
