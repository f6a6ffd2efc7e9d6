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

/**
 * A format is dear to make and cheap to use, and a page has hundreds: each is made once. There are
 * as many as languages and units.
 */
function madeOnce<Format>(
  make: (language: string, form: string) => Format,
): (language: string, form: string) => Format {
  const made = new Map<string, Format>()
  return (language, form) => {
    const key = `${language} ${form}`
    const format = made.get(key) ?? make(language, form)
    made.set(key, format)
    return format
  }
}

const relative = madeOnce((language) => {
  return new Intl.RelativeTimeFormat(language, { numeric: 'always' })
})
const length = madeOnce((language, unit) => {
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
})
const date = madeOnce((language, dateStyle) => {
  const day = dateStyle === 'long' ? ({ dateStyle } as const) : {}
  return new Intl.DateTimeFormat(language, { ...day, timeStyle: 'short', timeZone: 'UTC' })
})
/** A part of the whole, in hundredths of a percent at most. */
const percent = madeOnce((language) => {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 2 })
})

const shortDate = madeOnce((language) => {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })
})

const currencies = madeOnce((language, currency) => {
  return new Intl.NumberFormat(language, { style: 'currency', currency })
})

/** '23 Nov 2026', by UTC. */
export function day(ms: number, language: Language): string {
  return shortDate(language === 'en' ? 'en-GB' : language, '').format(ms)
}

/** '23 Nov 2026, 06:12', by UTC. */
export function dayAndTime(ms: number, language: Language): string {
  return `${day(ms, language)}, ${date('en-GB', '').format(ms)}`
}

/**
 * '€12.00'; nothing is rounded.
 *
 * @param decimal '12.00', with as many decimals as the currency has.
 */
export function money(decimal: string, currency: string, language: Language): string {
  const written = decimal as Intl.StringNumericLiteral
  return currencies(language === 'en' ? 'en-GB' : language, currency).format(written)
}

/** '99.95%'; the number is not rounded in anybody's favour: hand in what is rounded already. */
export function share(part: number, language: Language): string {
  return percent(language, '').format(part)
}

/** '2 minutes ago'. */
export function ago(thenMs: number, nowMs: number, language: Language): string {
  const ms = Math.max(0, nowMs - thenMs)
  const [unit, size] = units.find(([, least]) => ms >= least) ?? ['second', SECOND_MS]
  return relative(language, '').format(-Math.floor(ms / size), unit)
}

/** '2 minutes'. */
export function duration(ms: number, language: Language): string {
  const [unit, size] = units.find(([, least]) => ms >= least) ?? ['second', SECOND_MS]
  return length(language, unit).format(Math.floor(ms / size))
}

/** '23 November 2026 at 06:12 UTC'. */
export function moment(ms: number, language: Language): string {
  return `${date(language === 'en' ? 'en-GB' : language, 'long').format(ms)} UTC`
}

/** 'today at 06:12 UTC', or the date when it is another day. */
export function since(ms: number, nowMs: number, language: Language): string {
  if (nowMs - ms > DAY_MS / 2) return moment(ms, language)
  return `${date('en-GB', '').format(ms)} UTC`
}

/** Fills in `{name}`. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}
