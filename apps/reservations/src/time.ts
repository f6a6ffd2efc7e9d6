/**
 * The one place where instants and wall clocks meet.
 *
 * An instant is milliseconds since the Unix epoch; a date is `2026-11-23`; a minute counts from
 * midnight on the club's wall clock. Everything else in the application handles these three and
 * never a zone. PostgreSQL and Temporal disagree on the hour that happens twice in autumn, so only
 * Temporal is asked: the earlier of the two, and for a time skipped in spring the hour after.
 *
 * @module
 */
import { Temporal } from 'temporal-polyfill'

export type Language = 'nl' | 'fr' | 'en'

/** Rows of the grid and steps of every booking. */
export const STEP_MINUTES = 30
const MINUTE_MS = 60_000
export const STEP_MS: number = STEP_MINUTES * MINUTE_MS

/** How each language writes dates; all use the 24-hour clock. */
const locales: Readonly<Record<Language, string>> = { nl: 'nl-BE', fr: 'fr-FR', en: 'en-GB' }

/** One row of the grid: half an hour, or less where the zone cuts it. */
export type Row = { readonly startMs: number; readonly endMs: number; readonly label: string }

/** Whether the text is a date that exists, between 2000 and 2199. */
export function isDate(text: string): boolean {
  if (!/^2[01]\d\d-\d\d-\d\d$/.test(text)) return false
  try {
    return Temporal.PlainDate.from(text).toString() === text
  } catch {
    return false // 30 February
  }
}

export function todayIn(zone: string, nowMs: number): string {
  return at(zone, nowMs).toPlainDate().toString()
}

export function addDays(date: string, days: number): string {
  return Temporal.PlainDate.from(date).add({ days }).toString()
}

/** 1 Monday … 7 Sunday. */
export function weekdayOf(date: string): number {
  return Temporal.PlainDate.from(date).dayOfWeek
}

/** The Monday of the week the date is in. */
export function mondayOf(date: string): string {
  return addDays(date, 1 - weekdayOf(date))
}

/** The instant at which the club's clock shows this; minute 1440 is the next midnight. */
export function instantOf(zone: string, date: string, minute: number): number {
  const midnight = Temporal.PlainDateTime.from(`${date}T00:00`)
  return midnight.add({ minutes: minute }).toZonedDateTime(zone).epochMilliseconds
}

/** What the club's clock shows at the instant. */
export function wallClock(zone: string, instantMs: number): { date: string; minute: number } {
  const shown = at(zone, instantMs)
  return { date: shown.toPlainDate().toString(), minute: shown.hour * 60 + shown.minute }
}

/** The year on the club's calendar. */
export function yearOf(zone: string, instantMs: number): number {
  return at(zone, instantMs).year
}

/**
 * The rows of a club's day. They step through real time, so a day of 23 or 25 hours has two rows
 * fewer or more, and the hour that happens twice is there twice, each with its own label.
 */
export function dayRows(zone: string, date: string, opens: number, closes: number): Row[] {
  const endMs = instantOf(zone, date, closes)
  const rows: Row[] = []
  for (let startMs = instantOf(zone, date, opens); startMs < endMs;) {
    const next = Math.min(startMs + STEP_MS, endMs)
    rows.push({ startMs, endMs: next, label: clockLabel(zone, startMs) })
    startMs = next
  }
  return rows.map((row) =>
    isTwice(rows, row) ? { ...row, label: labelWithOffset(zone, row) } : row,
  )
}

/** `18:00` on the club's clock. */
export function clockLabel(zone: string, instantMs: number): string {
  return at(zone, instantMs).toPlainTime().toString({ smallestUnit: 'minute' })
}

/** `18:00` for a minute of the day; 1440 is shown as `24:00`. */
export function minuteLabel(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}

/** An instant as it stands in addresses and forms: `2026-11-23T17:00Z`. */
export function instantText(instantMs: number): string {
  return new Date(instantMs).toISOString().replace(/:00\.000Z$/, 'Z')
}

/** Reads `instantText` back; undefined for anything else, or for an instant between steps. */
export function parseInstant(text: string): number | undefined {
  if (!/^2[01]\d\d-\d\d-\d\dT\d\d:\d\dZ$/.test(text)) return undefined
  const instantMs = Date.parse(text)
  return Number.isNaN(instantMs) || instantMs % STEP_MS !== 0 ? undefined : instantMs
}

export type DateStyle = 'long' | 'full' | 'short' | 'weekday' | 'weekdayLong' | 'day' | 'month'

const dateStyles: Readonly<Record<DateStyle, Intl.DateTimeFormatOptions>> = {
  long: { weekday: 'long', day: 'numeric', month: 'long' },
  full: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
  short: { weekday: 'short', day: 'numeric', month: 'short' },
  weekday: { weekday: 'short' },
  weekdayLong: { weekday: 'long' },
  day: { day: 'numeric' },
  month: { month: 'short' },
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** A date in words, such as `Monday 23 November`. */
export function dateWords(date: string, language: Language, style: DateStyle): string {
  const key = `${language} ${style}`
  let format = formats.get(key)
  if (!format) {
    const options = { ...dateStyles[style], timeZone: 'UTC' }
    formats.set(key, (format = new Intl.DateTimeFormat(locales[language], options)))
  }
  return format
    .format(Date.parse(`${date}T12:00Z`))
    .replace(',', '')
    .replace(/\.$/, '')
}

function at(zone: string, instantMs: number): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instantMs).toZonedDateTimeISO(zone)
}

function isTwice(rows: readonly Row[], row: Row): boolean {
  return rows.some((other) => other !== row && other.label === row.label)
}

function labelWithOffset(zone: string, row: Row): string {
  return `${row.label} ${at(zone, row.startMs).offset.replace(/:00$/, '')}`
}
