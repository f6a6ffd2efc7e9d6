/**
 * The state of all promises in one small picture, for a company's own site.
 *
 * A picture can be copied. This one bears the checkpoint that the log's key signed, so that who has
 * the evidence can tell of which moment it speaks, and that its numbers are those of that moment.
 *
 * @module
 */
import { countStates } from '#lib/claims/state.ts'
import { words, type Language } from '#lib/claims/claim.ts'
import { escapeMarkup } from '#lib/markup.ts'
import { fill } from '#lib/page/wording.ts'
import type { Snapshot } from './session.ts'
import { headline } from './wording.ts'

const label = words('Gegevensveiligheid', 'Data safety', 'Sécurité des données')
const value = words(
  '{proven} van {total} bewezen',
  '{proven} of {total} proven',
  '{proven} sur {total} prouvées',
)

const colours = { failing: '#b3261e', stale: '#855300', unproven: '#5a6070', proven: '#1c6b45' }

const HEIGHT = 28
const CHARACTER_WIDTH = 6.6
const PADDING = 11

/** An SVG of a few hundred bytes, legible without the page's look. */
export function badge({ statuses, nowMs, view }: Snapshot, language: Language): string {
  const counts = countStates(statuses)
  const { state } = headline(counts, language)
  const colour = colours[state === 'excepted' ? 'stale' : state]
  const text = fill(value[language], { proven: counts.proven, total: statuses.length })
  const left = widthOf(label[language])
  const right = widthOf(text)
  const width = left + right
  const time = new Date(nowMs).toISOString()
  const said = escapeMarkup(`${label[language]}: ${text}`)
  const note = view ? `<metadata id="checkpoint">${escapeMarkup(view.note)}</metadata>` : ''
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT}" ` +
    `viewBox="0 0 ${width} ${HEIGHT}" role="img" aria-label="${said}" lang="${language}">` +
    `<title>${said} (${time})</title>${note}` +
    `<rect width="${width}" height="${HEIGHT}" rx="6" fill="#1d2430"/>` +
    `<path d="M${left} 0h${right - 6}a6 6 0 0 1 6 6v${HEIGHT - 12}a6 6 0 0 1-6 6H${left}z" ` +
    `fill="${colour}"/><g fill="#fff" text-anchor="middle" ` +
    `font-family="system-ui,'Segoe UI',sans-serif" font-size="12">` +
    `<text x="${left / 2}" y="18">${escapeMarkup(label[language])}</text>` +
    `<text x="${left + right / 2}" y="18" font-weight="600">${escapeMarkup(text)}</text></g></svg>`
  )
}

function widthOf(text: string): number {
  return Math.ceil(text.length * CHARACTER_WIDTH) + 2 * PADDING
}
