/**
 * A small page that works without login, script or picture: what readers of mail are shown.
 *
 * The mail gateway's preferences and the demonstration's mailbox share it, and neither may import
 * the other.
 *
 * @module
 */
import { html, raw } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'

/** HTML whose values were escaped by the template that made it. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>

export type PlainPage = {
  readonly language: string
  /** Those to choose from. */
  readonly languages: readonly string[]
  /** What the choice is called. */
  readonly languageLabel: string
  /** Where the page lies; the choice of a language leads there. */
  readonly path: string
  readonly title: string
  readonly content: Html
}

export function plainPage(page: PlainPage): Html {
  const { language, languages, languageLabel, path, title, content } = page
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
        <nav aria-label="${languageLabel}">
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

/** @param width Of the card, as CSS says it. */
export function plainStyle(width: string): string {
  return `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #f6f7f9; --card: #fff; --line: #d5dae1;
  --accent: #14532d; --bad: #9f1239 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ebef; --paper: #14181d; --card: #1e242b; --line: #39424d;
    --accent: #86d9a4; --bad: #fda4af }
}
* { box-sizing: border-box }
body { margin: 0; padding: clamp(1rem, 6vh, 4rem) 1rem 2rem; background: var(--paper);
  color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif }
main { max-width: ${width}; margin: 0 auto; padding: clamp(1.25rem, 5vw, 2rem);
  background: var(--card); border-radius: .75rem; box-shadow: 0 1px 3px #0003 }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere }
h2 { margin: 2rem 0 .25rem; font-size: 1.125rem }
.small { font-size: .9375rem; opacity: .85 }
a { color: var(--accent) }
a:focus-visible, button:focus-visible, summary:focus-visible { outline: 3px solid var(--accent);
  outline-offset: 3px }
nav { max-width: ${width}; margin: 1rem auto 0; text-align: center }
nav a { color: inherit; padding: .5rem .75rem }
nav a[aria-current] { font-weight: 700; text-decoration: none }
ul { list-style: none; margin: 0; padding: 0 }
li { border-top: 1px solid var(--line); padding: .75rem 0 }
`
}
