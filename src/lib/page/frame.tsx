/**
 * What every public page has around its text: head, name of the company, languages, foot.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import { languages, words, type Language } from '../claims/claim.ts'
import { Shield } from './icons.tsx'

const languageNames: Readonly<Record<Language, string>> = {
  nl: 'Nederlands',
  en: 'English',
  fr: 'Français',
}

const languageLabel = words('Taal', 'Language', 'Langue')

export type FrameProps = {
  readonly language: Language
  /** What stands after the language in the page's address; nothing for the first page. */
  readonly at?: string
  readonly title: string
  /** Who speaks. */
  readonly operator: string
  /** What kind of page it is, beside the operator's name. */
  readonly kind: string
  /** Address of the stylesheet of this version. */
  readonly stylesheet: string
  /** Where the link for keyboards leads, and what it says. */
  readonly skip: { readonly to: string; readonly text: string }
  /** Further elements of the head. */
  readonly head?: ComponentChildren
  readonly foot: ComponentChildren
  readonly children: ComponentChildren
}

export function Frame(props: FrameProps): VNode {
  const { title, language, at = '', stylesheet, skip, head, foot, children } = props
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <link rel="stylesheet" href={stylesheet} />
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        {head}
        {languages.map((other) => (
          <link rel="alternate" hreflang={other} href={`/${other}${at}`} />
        ))}
      </head>
      <body>
        <a class="skip" href={skip.to}>
          {skip.text}
        </a>
        <Top {...props} />
        <main class="wrap">{children}</main>
        <footer class="foot">
          <div class="wrap">{foot}</div>
        </footer>
      </body>
    </html>
  )
}

function Top({ language, operator, kind, at = '' }: FrameProps): VNode {
  return (
    <header class="top">
      <div class="wrap">
        <div class="brand">
          <Shield />
          <span>
            {operator} <small>{kind}</small>
          </span>
        </div>
        <nav aria-label={languageLabel[language]}>
          <ul class="langs">
            {languages.map((other) => (
              <li>
                {other === language ? (
                  <span aria-current="page">{languageNames[other]}</span>
                ) : (
                  <a href={`/${other}${at}`} hreflang={other} lang={other}>
                    {languageNames[other]}
                  </a>
                )}
              </li>
            ))}
          </ul>
        </nav>
      </div>
    </header>
  )
}
