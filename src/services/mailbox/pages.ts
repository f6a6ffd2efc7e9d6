/**
 * The mailbox to look at: what would have gone out, and what a receiver says about it.
 *
 * @module
 */
import { html } from 'hono/html'
import { plainPage, plainStyle, type Html } from '#system/plain-page.ts'
import { letterOf, type KeptMail } from './letter.ts'
import { words, type Language } from './words.ts'

export function listPage(language: Language, mails: readonly KeptMail[]): Html {
  const text = words[language]
  const rows = mails.map((mail) => {
    const letter = letterOf(mail)
    return html`<li>
      <a href="/m/${mail.id}?lang=${language}">
        <strong>${letter.subject}</strong>
        <span>${mail.to.join(', ')} · ${when(language, mail.receivedMs)}</span>
      </a>
      ${badges(mail)}
    </li>`
  })
  const list =
    mails.length > 0
      ? html`<ul>
          ${rows}
        </ul>`
      : html`<p>${text.empty}</p>`
  return page(
    language,
    '/',
    text.title,
    html`<p>${text.intro}</p>
      ${list}`,
  )
}

export function mailPage(language: Language, mail: KeptMail): Html {
  const text = words[language]
  const letter = letterOf(mail)
  const stop = letter.unsubscribe
    ? html`<p><a href="${letter.unsubscribe}">${text.unsubscribe}</a></p>`
    : html`<p class="small">${text.security}</p>`
  return page(
    language,
    `/m/${mail.id}`,
    letter.subject,
    html`<p><a href="/?lang=${language}">← ${text.title}</a></p>
      <dl>
        <dt>${text.from}</dt>
        <dd>${letter.from}</dd>
        <dt>${text.to}</dt>
        <dd>${mail.to.join(', ')}</dd>
        <dt>${text.date}</dt>
        <dd>${when(language, mail.receivedMs)}</dd>
      </dl>
      ${badges(mail)}
      <pre class="letter">${linked(letter.text)}</pre>
      ${stop}
      <details>
        <summary>${text.header}</summary>
        <pre>${letter.header}</pre>
      </details>`,
  )
}

function badges(mail: KeptMail): Html {
  const { spf, dkim, dmarc } = mail.verdict
  const rows = Object.entries({ SPF: spf, DKIM: dkim, DMARC: dmarc }).map(
    ([name, result]) =>
      html`<span class="${result === 'pass' ? 'good' : 'bad'}">${name} ${result}</span> `,
  )
  return html`<p class="badges">${rows}</p>`
}

/** The addresses in a text as links, everything else as it stands. */
function linked(text: string): Html {
  const pieces = text.split(/(https?:\/\/[^\s<>"]+)/)
  return html`${pieces.map((piece, at) =>
    at % 2 === 1 ? html`<a href="${piece}" rel="noreferrer">${piece}</a>` : piece,
  )}`
}

function when(language: Language, ms: number): string {
  return new Date(ms).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })
}

function page(language: Language, path: string, title: string, content: Html): Html {
  const languages = Object.keys(words)
  const { language: languageLabel } = words[language]
  return plainPage({ language, languages, languageLabel, path, title, content })
}

export const stylesheet: string = `${plainStyle('46rem')}
li a { color: inherit; text-decoration: none; display: block }
li a:hover strong { text-decoration: underline }
li span { font-size: .9375rem; opacity: .85 }
li a span { display: block }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0 0 1rem }
dt { opacity: .75 }
dd { margin: 0; overflow-wrap: anywhere }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: .8125rem/1.5 ui-monospace, monospace }
.letter { font: inherit; padding: 1rem; border: 1px solid var(--line); border-radius: .5rem }
.badges { margin: .25rem 0 }
.badges span { border: 1px solid; border-radius: 1rem; padding: .05rem .6rem; font-size: .8125rem }
.good { color: var(--accent) } .bad { color: var(--bad) }
`
