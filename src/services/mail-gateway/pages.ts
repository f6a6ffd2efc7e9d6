/**
 * The preference page: works without login and without JavaScript, in three languages.
 *
 * @module
 */
import { html } from 'hono/html'
import { plainPage, plainStyle, type Html } from '#system/plain-page.ts'
import type { Subscription } from './subscriptions.ts'
import { languages, words, type Language } from './words.ts'

export type PreferencesView = {
  readonly language: Language
  readonly subscription: Subscription
  /** The others of the same person from the same sender and tenant. */
  readonly others: readonly Subscription[]
  /** What was done just now, if anything. */
  readonly done: 'stopped' | 'resumed' | 'stopped-all' | undefined
  /** The link is older than the newest consent. */
  readonly outdated: boolean
  /** Where the forms post to: this page. */
  readonly path: string
}

export function preferencesPage(view: PreferencesView): Html {
  const { language, subscription, others, path } = view
  const { list, stopped, tenant } = subscription
  const text = words[language]
  const asking = view.done === 'resumed' ? text.resumed(list) : text.ask(list)
  const one = stopped ? text.stopped(list) : asking
  const sentence = view.done === 'stopped-all' ? text.stoppedAll : one
  const rest =
    others.length === 0
      ? ''
      : html`<h2>${tenant === 'all' ? text.others : text.othersOf(tenant)}</h2>
          <ul class="lists">
            ${others.map(
              (other) =>
                html`<li>
                  <span
                    >${other.list}${other.stopped ? html` <em>${text.isStopped}</em>` : ''}</span
                  >
                  ${form(view, other, 'quiet')}
                </li>`,
            )}
          </ul>
          ${
            [subscription, ...others].some((each) => !each.stopped)
              ? html`<form method="post" action="${path}">
                  <input type="hidden" name="lang" value="${language}" />
                  <button class="quiet" name="action" value="stop-all">${text.stopAll}</button>
                </form>`
              : ''
          }`
  return page(
    language,
    path,
    text.title,
    html`<p class="${view.done ? 'done' : ''}" role="status">${sentence}</p>
      ${view.outdated && !stopped ? html`<p>${text.renewed}</p>` : ''}
      ${form(view, subscription, '')} ${rest}
      <p class="small">${text.security}</p>`,
  )
}

function form(
  { language, path, subscription }: PreferencesView,
  one: Subscription,
  look: string,
): Html {
  const text = words[language]
  const label = one === subscription ? '' : one.list
  return html`<form method="post" action="${path}">
    <input type="hidden" name="lang" value="${language}" />
    ${label === '' ? '' : html`<input type="hidden" name="of" value="${one.id}" />`}
    <button class="${look}" name="action" value="${one.stopped ? 'resume' : 'stop'}">
      ${one.stopped ? text.resume : text.stop}${
        label === '' ? '' : html`<span class="unseen"> ${label}</span>`
      }
    </button>
  </form>`
}

export function unknownPage(language: Language, path: string): Html {
  const text = words[language]
  return page(language, path, text.unknownTitle, html`<p>${text.unknown}</p>`)
}

function page(language: Language, path: string, title: string, content: Html): Html {
  const { languageLabel } = words[language]
  return plainPage({ language, languages, languageLabel, path, title, content })
}

export const stylesheet: string = `${plainStyle('34rem')}
.done { font-weight: 600; color: var(--accent) }
.lists li { display: grid; grid-template-columns: 1fr auto; gap: .5rem 1rem; align-items: center }
.lists em { display: block; font-style: normal; font-size: .9375rem; opacity: .85 }
.lists span { overflow-wrap: anywhere; min-width: 0 }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
button { font: inherit; font-weight: 600; padding: .7rem 1.4rem; border: 0; border-radius: .5rem;
  background: var(--accent); color: var(--card); cursor: pointer }
button.quiet { background: none; color: inherit; border: 1px solid var(--line); font-weight: 500;
  padding: .45rem 1rem }
.lists + form { margin-top: 1rem }
`
