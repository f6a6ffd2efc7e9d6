/**
 * Incidents as an Atom feed (RFC 4287), in one language.
 *
 * @module
 */
import type { Language } from '#lib/claims/claim.ts'
import { escapeMarkup } from '#lib/markup.ts'
import { textIn, type Incident } from './incidents/incident.ts'
import type { Snapshot } from './snapshot.ts'
import { ui, updateNames } from './texts.ts'

/** @param origin Where the page is seen: 'https://status.example'. */
export function atomFeed(
  { incidents, nowMs }: Snapshot,
  operator: string,
  origin: string,
  language: Language,
): string {
  const changed = incidents.map(changedMs)
  const updated = changed.length > 0 ? Math.max(...changed) : nowMs
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${language}">`,
    `<id>${escape(origin)}/feed.${language}.atom</id>`,
    `<title>${escape(`${operator}: ${ui.statusPage[language]}`)}</title>`,
    `<updated>${iso(updated)}</updated>`,
    `<author><name>${escape(operator)}</name></author>`,
    `<link rel="self" href="${escape(origin)}/feed.${language}.atom"/>`,
    `<link rel="alternate" href="${escape(origin)}/${language}"/>`,
    ...incidents.map((incident) => entry(incident, origin, language)),
    '</feed>',
    '',
  ].join('\n')
}

function entry(incident: Incident, origin: string, language: Language): string {
  const { id, title, openedMs, updates } = incident
  const lines = updates.map(({ atMs, kind, text }) => {
    return `${iso(atMs)} ${updateNames[kind][language]}: ${textIn(text, language).text}`
  })
  return [
    `<entry><id>${escape(origin)}/incident/${id}</id>`,
    `<title>${escape(textIn(title, language).text)}</title>`,
    `<published>${iso(openedMs)}</published><updated>${iso(changedMs(incident))}</updated>`,
    `<link href="${escape(origin)}/${language}#incident-${id}"/>`,
    `<content type="text">${escape(lines.join('\n'))}</content></entry>`,
  ].join('\n')
}

function changedMs({ openedMs, updates }: Incident): number {
  return updates[0]?.atMs ?? openedMs
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

/** Without the control characters that XML 1.0 cannot hold at all. */
function escape(text: string): string {
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  const clean = text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
  return escapeMarkup(clean)
}
