/**
 * The logo of a club that has none of its own: its initials on its colour. Pure.
 *
 * @module
 */
import { contrast, hex } from './web/theme.ts'

const DARK = '#101416'
const WHITE = '#ffffff'
/** Words that are no part of a name as people say it: `TC de la Roseraie` is `TR`. */
const small: ReadonlySet<string> = new Set(
  [
    'de',
    'du',
    'des',
    'la',
    'le',
    'les',
    'van',
    'der',
    'den',
    'het',
    'en',
    'et',
    'of',
    'the',
  ].concat(['and', 'op', 'aan', 'in', 'sur', 'à', 'aux', 'd', 'l']),
)

/** At most two capitals: of the first word and of the last that counts; '' when no letter is there. */
export function initialsOf(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? []
  const counted = words.filter((word) => !small.has(word.toLowerCase()))
  const ends = counted.length > 1 ? [counted.at(0), counted.at(-1)] : counted
  return ends.map((word) => firstOf(word ?? '')).join('')
}

/** @param colour `#rrggbb`. @returns An image of letters and a square; no script, no address. */
export function drawnLogo(name: string, colour: string): string {
  const [white, dark] = [WHITE, DARK].map((ink) => contrast(hex(ink), hex(colour)))
  const ink = (white ?? 0) >= (dark ?? 0) ? WHITE : DARK
  const initials = initialsOf(name)
  const drawing =
    initials === ''
      ? `<circle cx="32" cy="32" r="15" fill="none" stroke="${ink}" stroke-width="4"/>`
      : `<text x="32" y="33" fill="${ink}" font-family="system-ui, sans-serif" font-weight="700"` +
        ` font-size="${initials.length > 1 ? 27 : 34}" text-anchor="middle"` +
        ` dominant-baseline="central">${initials}</text>`
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">' +
    `<rect width="64" height="64" rx="16" fill="${colour}"/>${drawing}</svg>`
  )
}

function firstOf(word: string): string {
  return Array.from(Array.from(word)[0]?.toUpperCase() ?? '')[0] ?? ''
}
