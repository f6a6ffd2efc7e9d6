/**
 * Moments and lengths of time in words.
 *
 * @module
 */
const SECOND_MS = 1000
const MINUTE_MS = 60_000
export const HOUR_MS: number = 60 * MINUTE_MS
export const DAY_MS: number = 24 * HOUR_MS

/** To the second, UTC: `2026-11-23T10:07:00Z`. */
export function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** As people read it: `23 November, 10:07:05`, without a year that is this year. */
export function spoken(ms: number, nowMs: number): string {
  const [day = '', time = ''] = instant(ms).split('T')
  const date = new Date(ms)
  const year = day.slice(0, 4) === instant(nowMs).slice(0, 4) ? '' : ` ${day.slice(0, 4)}`
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}${year}, ${time.slice(0, 8)}`
}

/** As a list has room for: `23 Nov, 10:07`, without a year that is this year. */
export function brief(ms: number, nowMs: number): string {
  const [day = '', time = ''] = instant(ms).split('T')
  const year = day.slice(0, 4) === instant(nowMs).slice(0, 4) ? '' : ` ${day.slice(0, 4)}`
  return `${dayOf(ms)}${year}, ${time.slice(0, 5)}`
}

/** `26.1 MiB`, `412 MiB`, `12.4 GiB`: three digits or so. */
export function sizeOf(bytes: number): string {
  const mebibytes = bytes / 1024 / 1024
  const [amount, unit] = mebibytes < 1000 ? [mebibytes, 'MiB'] : [mebibytes / 1024, 'GiB']
  return `${amount.toFixed(amount < 100 ? 1 : 0)} ${unit}`
}

/** `27 Aug`. */
export function dayOf(ms: number): string {
  const date = new Date(ms)
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]?.slice(0, 3)}`
}

/** A length: `12 s`, `7 min`, `3 h`, `40 days`. */
export function lasting(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.round(ms / SECOND_MS))} s`
  if (ms < HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`
  return ms < 2 * DAY_MS ? `${Math.round(ms / HOUR_MS)} h` : `${Math.round(ms / DAY_MS)} days`
}

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
