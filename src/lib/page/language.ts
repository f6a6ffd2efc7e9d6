/**
 * Which language a visitor reads, from Accept-Language (RFC 9110 §12.5.4).
 *
 * @module
 */
import { languages, type Language } from '../claims/claim.ts'

const HEADER_MAX = 500

/** The visitor's favourite among ours; English when none of ours is asked for. */
export function chooseLanguage(header: string | undefined): Language {
  const wanted = (header ?? '')
    .slice(0, HEADER_MAX)
    .split(',')
    .map((range, order) => {
      const [tag = '', ...parameters] = range.trim().toLowerCase().split(';')
      const q = parameters.map((text) => /^\s*q=([\d.]+)/.exec(text)?.[1]).find(Boolean)
      return { tag: tag.split('-')[0], quality: Number(q ?? 1), order }
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality || a.order - b.order)
  for (const { tag } of wanted) {
    const found = languages.find((language) => language === tag)
    if (found) return found
  }
  return 'en'
}
