/**
 * The mailbox to look at: what would have gone out, and what a receiver says about it.
 *
 * @module
 */
import { html } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { letterOf, type KeptMail } from './letter.ts'
import { words, type Language } from './words.ts'

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

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
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
        <nav aria-label="${words[language].language}">
          ${Object.keys(words).map(
            (other) =>
              html`<a href="${path}?lang=${other}" lang="${other}">${other.toUpperCase()}</a>`,
          )}
        </nav>
      </body>
    </html>`
}

export const stylesheet = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #f6f7f9; --card: #fff; --line: #d5dae1;
  --accent: #14532d; --bad: #9f1239 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebef; --paper: #14181d; --card: #1e242b; --line: #39424d;
    --accent: #86d9a4; --bad: #fda4af }
}
* { box-sizing: border-box }
body { margin: 0; padding: 2rem 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, sans-serif }
main { max-width: 46rem; margin: 0 auto; padding: 2rem; background: var(--card);
  border-radius: .75rem; box-shadow: 0 1px 3px #0003 }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25 }
ul { list-style: none; margin: 0; padding: 0 }
li { border-top: 1px solid var(--line); padding: .75rem 0 }
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
.small { font-size: .9375rem; opacity: .85 }
a { color: var(--accent) }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
nav { max-width: 46rem; margin: 1rem auto 0; text-align: center }
nav a { color: inherit; padding: .5rem .75rem }
`
