/**
 * What every page of payments has around its text, and its look.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import { render } from 'preact-render-to-string'
import { languages, type Language } from '#lib/claims/claim.ts'
import { Shield } from '#lib/page/icons.tsx'
import { look } from '#lib/page/look.ts'
import { going } from './words.ts'

/** Where the style is; one file for all pages, no script on any. */
export const STYLE_PATH = '/office.css'

export const stylesheet: string = `${look}
.wrap.wide { max-width: 64rem; }
h1 { font-size: clamp(1.6rem, 5vw, 2.3rem); color: var(--ink); font-weight: 700;
  margin: 2rem 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .6rem; }
main { padding-bottom: 4rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .8rem;
  margin: 0; padding: 0; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  padding: .9rem 1.1rem; }
.figures dt { color: var(--soft); font-size: .92rem; }
.figures dd { margin: .1rem 0 0; font-size: 1.55rem; font-weight: 650; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; }
button { font: inherit; font-weight: 600; border: 0; border-radius: 10px;
  min-height: 2.75rem; padding: .6rem 1.2rem; background: var(--link); color: var(--paper);
  cursor: pointer; }
button.quiet { background: transparent; color: var(--link); border: 1px solid var(--line); }
.acts { display: flex; flex-wrap: wrap; align-items: center; gap: 1rem; margin-top: 1.25rem; }
.table { overflow-x: auto; border: 1px solid var(--line); border-radius: 14px;
  background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: .97rem; }
th, td { text-align: left; padding: .65rem 1rem; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .9rem; }
td.sum { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.sum { text-align: right; }
td time { white-space: nowrap; color: var(--soft); }
.badge { display: inline-block; border-radius: 999px; padding: .1rem .6rem; font-size: .88rem;
  font-weight: 600; white-space: nowrap; }
.said { border-radius: 12px; padding: .8rem 1.1rem; margin: 0 0 1.2rem; font-weight: 500; }
.what { overflow-wrap: anywhere; }
fieldset { border: 1px solid var(--line); border-radius: 14px; padding: 1rem 1.25rem 1.25rem;
  margin: 0 0 1rem; background: var(--card); }
legend { font-weight: 650; padding: 0 .4rem; }
.fields { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .9rem; }
label { display: block; font-size: .95rem; color: var(--soft); }
input, select { display: block; width: 100%; font: inherit; color: var(--ink);
  margin-top: .25rem; background: var(--paper); border: 1px solid var(--soft); border-radius: 8px;
  padding: .55rem .7rem;
  min-height: 2.75rem; }
.days { list-style: none; padding: 0; margin: 0; }
.days > li { border-top: 1px solid var(--line); padding: .7rem 0; }
.small { color: var(--soft); font-size: .92rem; }
@media (max-width: 34rem) {
  table.fold thead { position: absolute; left: -999rem; }
  table.fold tr { display: grid; grid-template-columns: 1fr auto auto; gap: 0 .8rem;
    padding: .6rem 1rem;
    border-top: 1px solid var(--line); }
  table.fold tr:first-child { border-top: 0; }
  table.fold td { border: 0; padding: .1rem 0; }
  table.fold .what { grid-row: 2; grid-column: 1 / -1; font-size: .9rem; }
}
`

export type PageProps = {
  readonly language: Language
  readonly title: string
  /** Address of this page, without its language; undefined where a language cannot be chosen. */
  readonly path?: string
  readonly wide?: boolean
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}

export function Page({ language, title, path, wide, aside, children }: PageProps): VNode {
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{title}</title>
        <link rel="stylesheet" href={STYLE_PATH} />
      </head>
      <body>
        <header class="top">
          <div class={wide ? 'wrap wide' : 'wrap'}>
            <span class="brand">
              <Shield /> {going.payments[language]}
            </span>
            {path !== undefined && (
              <ul class="langs">
                {languages.map((one) => (
                  <li>
                    {one === language ? (
                      <span aria-current="true">{one}</span>
                    ) : (
                      <a href={`${path}?lang=${one}`} hreflang={one}>
                        {one}
                      </a>
                    )}
                  </li>
                ))}
              </ul>
            )}
            {aside}
          </div>
        </header>
        <main class={wide ? 'wrap wide' : 'wrap'}>
          <h1>{title}</h1>
          {children}
        </main>
      </body>
    </html>
  )
}

export function htmlOf(page: VNode): string {
  return `<!doctype html>${render(page)}`
}
