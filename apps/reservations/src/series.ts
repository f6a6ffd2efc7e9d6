/**
 * A course week after week: on which days, between which instants. Pure.
 *
 * A series is what the club's clock shows, never a number of hours: an hour at 18:00 stays at 18:00
 * when the clocks change (time.ts converts).
 *
 * @module
 */
import { addDays, instantOf, weekdayOf } from './time.ts'

export type Course = {
  readonly title: string
  readonly courtIds: readonly string[]
  readonly coachId: string | undefined
  /** 1 Monday … 7 Sunday. */
  readonly weekday: number
  readonly startMinute: number
  readonly lengthMinutes: number
  readonly firstDate: string
  readonly lastDate: string
}

export type Break = {
  readonly title: string
  readonly firstDate: string
  readonly lastDate: string
}

export type Occurrence = {
  readonly date: string
  readonly startMs: number
  readonly endMs: number
  /** The holiday because of which it does not take place. */
  readonly holiday: string | undefined
}

/** A year of weeks and a little: nobody plans further, and no list grows without bound. */
export const WEEKS_MAX = 60

/** Every week from the first date to the last; the holidays are there, marked. */
export function occurrencesOf(
  zone: string,
  course: Course,
  breaks: readonly Break[],
): Occurrence[] {
  const ahead = (course.weekday - weekdayOf(course.firstDate) + 7) % 7
  const occurrences: Occurrence[] = []
  for (
    let date = addDays(course.firstDate, ahead);
    date <= course.lastDate && occurrences.length < WEEKS_MAX;
    date = addDays(date, 7)
  ) {
    const startMs = instantOf(zone, date, course.startMinute)
    const endMs = instantOf(zone, date, course.startMinute + course.lengthMinutes)
    const holiday = breaks.find((one) => one.firstDate <= date && date <= one.lastDate)?.title
    // Where a clock jumps over the whole of it, there is nothing to attend.
    if (startMs < endMs) occurrences.push({ date, startMs, endMs, holiday })
  }
  return occurrences
}
