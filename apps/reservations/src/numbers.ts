/**
 * How much a club's courts are used, for the committee and the town hall. Pure, and without people.
 *
 * @module
 */
import type { Club, Court, Kind } from './model.ts'
import { addDays, STEP_MS, wallClock, weekdayOf } from './time.ts'

export type Use = {
  readonly courtId: string
  readonly startMs: number
  readonly endMs: number
  readonly kind: Kind
}

export type Numbers = {
  readonly courts: readonly CourtNumbers[]
  /** Share of open court time that is booked, by weekday (0 Monday) and hour of the day. */
  readonly hours: readonly number[]
  readonly byHour: readonly (readonly number[])[]
}

export type CourtNumbers = {
  readonly court: Court
  readonly openHours: number
  readonly playHours: number
  readonly courseHours: number
  readonly closedHours: number
  /** Booked share of the hours it was not closed, 0 to 1. */
  readonly share: number
}

const HOUR_MS = 3_600_000

/** @param from First day. @param to Last day, included. */
export function numbersOf(
  club: Club,
  courts: readonly Court[],
  uses: readonly Use[],
  from: string,
  to: string,
): Numbers {
  const days: string[] = []
  for (let date = from; date <= to; date = addDays(date, 1)) days.push(date)
  const openHours = (days.length * (club.closesMinute - club.opensMinute)) / 60
  const perCourt = courts.map((court): CourtNumbers => {
    const own = uses.filter(({ courtId }) => courtId === court.id)
    const hours = (kinds: readonly Kind[]): number =>
      own
        .filter(({ kind }) => kinds.includes(kind))
        .reduce((sum, { startMs, endMs }) => sum + (endMs - startMs) / HOUR_MS, 0)
    const [playHours, courseHours] = [hours(['play']), hours(['course', 'match'])]
    const closedHours = Math.min(hours(['closure']), openHours)
    const usable = openHours - closedHours
    const share = usable > 0 ? Math.min(1, (playHours + courseHours) / usable) : 0
    return { court, openHours, playHours, courseHours, closedHours, share }
  })
  const first = Math.floor(club.opensMinute / 60)
  const last = Math.ceil(club.closesMinute / 60)
  const hours = Array.from({ length: last - first }, (_, at) => first + at)
  return { courts: perCourt, hours, byHour: sharesByHour(club, courts, uses, days, hours) }
}

function sharesByHour(
  club: Club,
  courts: readonly Court[],
  uses: readonly Use[],
  days: readonly string[],
  hours: readonly number[],
): number[][] {
  const used = Array.from({ length: 7 }, () => new Map<number, number>())
  for (const { startMs, endMs, kind } of uses) {
    if (kind === 'closure' || kind === 'hold') continue
    for (let at = startMs; at < endMs; at += STEP_MS) {
      const { date, minute } = wallClock(club.zone, at)
      const day = used[weekdayOf(date) - 1]
      const hour = Math.floor(minute / 60)
      day?.set(hour, (day.get(hour) ?? 0) + 0.5)
    }
  }
  const counts = Array.from({ length: 7 }, (_, day) => days.filter((d) => weekdayOf(d) === day + 1))
  return used.map((day, at) =>
    hours.map((hour) => {
      const capacity = (counts[at]?.length ?? 0) * courts.length
      return capacity === 0 ? 0 : Math.min(1, (day.get(hour) ?? 0) / capacity)
    }),
  )
}
