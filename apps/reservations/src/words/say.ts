/**
 * Says a sentence in a language.
 *
 * @module
 */
import type { Language } from '../time.ts'
import { sentences, type WordKey } from './table.ts'

export type Values = Readonly<Record<string, string | number>>

/** A sentence in the language of the page. */
export type Say = (key: WordKey, values?: Values) => string

export const languages: readonly Language[] = ['nl', 'fr', 'en']
const columns: Readonly<Record<Language, 0 | 1 | 2>> = { nl: 0, fr: 1, en: 2 }

/** `{n|one|other}`; the choices may hold `{name}`, one level deep. */
const choice = /\{(\w+)\|((?:[^{}|]|\{\w+\})*)\|((?:[^{}|]|\{\w+\})*)\}/g

export function sayIn(language: Language): Say {
  const plural = new Intl.PluralRules(language)
  return (key, values = {}) =>
    sentences[key][columns[language]]
      .replace(choice, (_, name: string, one: string, other: string) =>
        plural.select(Number(values[name])) === 'one' ? one : other,
      )
      .replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

export function isLanguage(text: string | undefined): text is Language {
  return languages.some((language) => language === text)
}

/** The first language of an Accept-Language header that we speak. */
export function acceptedLanguage(header: string | undefined): Language | undefined {
  const wanted = (header ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [range = '', quality] = part.trim().split(';q=')
      return { name: range.slice(0, 2).toLowerCase(), weight: Number(quality ?? 1) }
    })
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ name }) => name)
  return wanted.find(isLanguage)
}
