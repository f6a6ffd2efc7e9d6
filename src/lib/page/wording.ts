/**
 * Times and ages in human words, and filling in of texts. Pure: the time is an argument.
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, type Language } from '../claims/claim.ts'

const SECOND_MS = 1000

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', DAY_MS],
  ['hour', HOUR_MS],
  ['minute', MINUTE_MS],
  ['second', SECOND_MS],
]

/** '2 minutes ago'. */
export function ago(thenMs: number, nowMs: number, language: Language): string {
  const ms = Math.max(0, nowMs - thenMs)
  const [unit, size] = units.find(([, least]) => ms >= least) ?? ['second', SECOND_MS]
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'always' })
  return format.format(-Math.floor(ms / size), unit)
}

/** '2 minutes'. */
export function duration(ms: number, language: Language): string {
  const [unit, size] = units.find(([, least]) => ms >= least) ?? ['second', SECOND_MS]
  const format = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  return format.format(Math.floor(ms / size))
}

/** '23 November 2026 at 06:12 UTC'. */
export function moment(ms: number, language: Language): string {
  const date = new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  })
  return `${date.format(ms)} UTC`
}

/** 'today at 06:12 UTC', or the date when it is another day. */
export function since(ms: number, nowMs: number, language: Language): string {
  if (nowMs - ms > DAY_MS / 2) return moment(ms, language)
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' })
  return `${time.format(ms)} UTC`
}

/** Fills in `{name}`. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}
