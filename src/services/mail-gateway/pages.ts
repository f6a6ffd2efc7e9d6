/**
 * The preference page: works without login and without JavaScript, in three languages.
 *
 * @module
 */
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { languages, words, type Language } from './words.ts'

/** HTML whose values were escaped by the template that made it. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

export type PreferencesView = {
  readonly language: Language
  readonly list: string
  readonly stopped: boolean
  /** What was done just now, if anything. */
  readonly done: 'stopped' | 'resumed' | undefined
  /** The link is older than the newest consent. */
  readonly outdated: boolean
  /** Where the form posts to: this page. */
  readonly path: string
}

export function preferencesPage(view: PreferencesView): Html {
  const { language, list, stopped, path } = view
  const text = words[language]
  const asking = view.done === 'resumed' ? text.resumed(list) : text.ask(list)
  const sentence = stopped ? text.stopped(list) : asking
  return page(
    language,
    path,
    text.title,
    html`<p class="${view.done ? 'done' : ''}" role="status">${sentence}</p>
      ${view.outdated && !stopped ? html`<p>${text.renewed}</p>` : ''}
      <form method="post" action="${path}">
        <input type="hidden" name="lang" value="${language}" />
        <button name="action" value="${stopped ? 'resume' : 'stop'}">
          ${stopped ? text.resume : text.stop}
        </button>
      </form>
      <p class="small">${text.security}</p>`,
  )
}

export function unknownPage(language: Language, path: string): Html {
  const text = words[language]
  return page(language, path, text.unknownTitle, html`<p>${text.unknown}</p>`)
}

function page(language: Language, path: string, title: string, content: Html): Html {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
        <nav aria-label="${words[language].languageLabel}">
          ${languages.map(
            (other) =>
              html`<a href="${path}?lang=${other}" lang="${other}" ${current(other === language)}
                >${other.toUpperCase()}</a
              >`,
          )}
        </nav>
      </body>
    </html>`
}

function current(is: boolean): HtmlEscapedString | '' {
  return is ? raw(' aria-current="true"') : ''
}

export const stylesheet = `
:root { color-scheme: light dark;
  --ink: #1c2430; --paper: #f6f7f9; --card: #fff; --accent: #14532d }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebef; --paper: #14181d; --card: #1e242b; --accent: #86d9a4 }
}
* { box-sizing: border-box }
body { margin: 0; padding: 8vh 1rem 2rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, sans-serif }
main { max-width: 34rem; margin: 0 auto; padding: 2rem; background: var(--card);
  border-radius: .75rem; box-shadow: 0 1px 3px #0003 }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25 }
.done { font-weight: 600; color: var(--accent) }
.small { font-size: .9375rem; opacity: .8 }
button { font: inherit; font-weight: 600; padding: .7rem 1.4rem; border: 0; border-radius: .5rem;
  background: var(--accent); color: var(--card); cursor: pointer }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px }
nav { max-width: 34rem; margin: 1rem auto 0; text-align: center }
nav a { color: inherit; padding: .5rem .75rem }
nav a[aria-current] { font-weight: 700; text-decoration: none }
`
