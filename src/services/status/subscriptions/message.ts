/**
 * Notices as a mail and as a webhook's body. Pure.
 *
 * @module
 */
import type { Language } from '#lib/claims/claim.ts'
import { fill, moment } from '#lib/page/wording.ts'
import { textIn } from '../incidents/incident.ts'
import { updateNames } from '../texts.ts'
import type { StatusNotice } from './store.ts'
import { mail, planned } from './words.ts'

export type Letter = { readonly subject: string; readonly text: string }

export function confirmationLetter(operator: string, language: Language, link: string): Letter {
  const values = { operator, link }
  const text = `${fill(mail.confirmText[language], values)}\n`
  return { subject: `${operator}: ${mail.confirmSubject[language]}`, text }
}

/** @param origin Of the status page. @param leave Link that ends it. */
export function noticeLetter(
  operator: string,
  notices: readonly StatusNotice[],
  language: Language,
  { origin, leave }: { readonly origin: string; readonly leave: string },
): Letter {
  const newest = notices.at(-1)
  const title = newest ? textIn(newest.title, language).text : ''
  const parts = notices.map((notice) => {
    const head = `${textIn(notice.title, language).text}\n${moment(notice.atMs, language)}`
    return `${head} · ${nameOf(notice, language)}\n${textIn(notice.text, language).text}`.trimEnd()
  })
  const see = fill(mail.see[language], { link: `${origin}/${language}` })
  const stop = fill(mail.leave[language], { link: leave })
  return { subject: `${operator}: ${title}`, text: [...parts, see, stop, ''].join('\n\n') }
}

function nameOf({ kind }: StatusNotice, language: Language): string {
  return kind === 'planned' ? planned[language] : updateNames[kind][language]
}

/** The body of a webhook, in all languages. */
export function noticeBody(
  operator: string,
  notices: readonly StatusNotice[],
  { origin, leave }: { readonly origin: string; readonly leave: string },
): string {
  const told = notices.map(({ number, atMs, incident, kind, title, text }) => ({
    number,
    at: new Date(atMs).toISOString(),
    ...(incident === undefined ? {} : { incident }),
    kind,
    title,
    text,
  }))
  return JSON.stringify({ type: 'notices', from: operator, page: origin, leave, notices: told })
}

/** Asks a webhook whether it wants notices; it answers with the challenge. */
export function challengeBody(operator: string, origin: string, challenge: string): string {
  return JSON.stringify({ type: 'challenge', from: operator, page: origin, challenge })
}
