/**
 * The few pages of a subscription: a sentence, and where something is to be decided one button.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import type { Language, Words } from '#lib/claims/claim.ts'
import { Frame } from '#lib/page/frame.tsx'
import { ui } from '../texts.ts'
import { subscribe } from './words.ts'

export type Look = {
  readonly language: Language
  readonly operator: string
  /** Where the stylesheet of this version is. */
  readonly stylesheet: string
}

/** What the page says, and what can be done on it. */
export type Saying = {
  readonly title: Words
  readonly text?: string
  readonly children?: ComponentChildren
}

export function SubscriptionPage(props: Look & Saying): VNode {
  const { language, operator, stylesheet, title, text, children } = props
  return (
    <Frame
      language={language}
      title={`${title[language]} · ${operator}`}
      operator={operator}
      kind={ui.statusPage[language]}
      stylesheet={stylesheet}
      skip={{ to: '#said', text: ui.skip[language] }}
      head={<meta name="robots" content="noindex" />}
      foot={<a href={`/${language}`}>{subscribe.back[language]}</a>}
    >
      <section class="said" id="said">
        <h1 class="answer">{title[language]}</h1>
        {text !== undefined && <p class="count">{text}</p>}
        {children}
      </section>
    </Frame>
  )
}

/** One button that does what the page asks: a link alone is followed by machines, too. */
export function Decide(props: {
  readonly action: string
  readonly token: string
  readonly text: string
}): VNode {
  return (
    <form method="post" action={props.action}>
      <input type="hidden" name="token" value={props.token} />
      <button class="button" type="submit">
        {props.text}
      </button>
    </form>
  )
}

/** On the status page: by mail, and for programs. */
export function Subscribe(props: { readonly language: Language; readonly mail: boolean }): VNode {
  const { language, mail } = props
  return (
    <>
      {mail && (
        <form class="subscribe" method="post" action={`/${language}/subscribe`}>
          <h3>{subscribe.mail[language]}</h3>
          <p class="intro" id="subscribe-text">
            {subscribe.mailText[language]}
          </p>
          <label for="subscribe-mail">{subscribe.address[language]}</label>
          <div class="ask">
            <input
              id="subscribe-mail"
              name="mail"
              type="email"
              autocomplete="email"
              aria-describedby="subscribe-text"
              maxLength={320}
              required
            />
            <button class="button" type="submit">
              {subscribe.send[language]}
            </button>
          </div>
        </form>
      )}
      <details class="more">
        <summary>
          <span>{subscribe.hook[language]}</span>
        </summary>
        <form class="subscribe" method="post" action={`/${language}/subscribe`}>
          <p class="intro" id="hook-text">
            {subscribe.hookText[language]}
          </p>
          <label for="subscribe-hook">{subscribe.hookAddress[language]}</label>
          <div class="ask">
            <input
              id="subscribe-hook"
              name="webhook"
              type="url"
              placeholder="https://"
              aria-describedby="hook-text"
              maxLength={500}
              required
            />
            <button class="button quiet" type="submit">
              {subscribe.hookSend[language]}
            </button>
          </div>
        </form>
      </details>
    </>
  )
}
