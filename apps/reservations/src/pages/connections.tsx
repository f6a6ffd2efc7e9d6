/**
 * Connections: door codes, keys of door systems, addresses that are told of bookings.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { DoorKey } from '../data/doors.ts'
import type { Webhook } from '../data/webhooks.ts'
import type { Visit } from '../web/visit.ts'
import type { WordKey } from '../words/table.ts'
import { Icon } from './icons.tsx'
import { Message, Page, whenWords } from './layout.tsx'

export type ConnectionsView = {
  readonly visit: Visit
  readonly keys: readonly DoorKey[]
  readonly hooks: readonly (Webhook & { readonly secret: string })[]
  /** Where a door fetches its codes. */
  readonly doorsUrl: string
  /** A key that was just made. */
  readonly made?: string | undefined
  readonly problem?: WordKey | undefined
}

export function ConnectionsPage(view: ConnectionsView): VNode {
  const { visit, problem } = view
  const { say, club, done } = visit
  const news = good.find((word) => word === done.replace('-', '.'))
  return (
    <Page visit={visit} title={say('links.title')} tab="office">
      <div class="stack inset">
        <a class="back" href={`/${club.slug}/office`}>
          <Icon name="left" />
          {say('office.title')}
        </a>
        <h1>{say('links.title')}</h1>
        <p class="lead">{say('links.lead')}</p>
        {news && <Message kind="good">{say(news)}</Message>}
        {problem && <Message kind="bad">{say(problem)}</Message>}
        <DoorCodes visit={visit} />
        <DoorKeys {...view} />
        <Webhooks {...view} />
      </div>
    </Page>
  )
}

const good = ['doors.saved', 'keys.dropped', 'hooks.tested'] as const

function DoorCodes({ visit }: { visit: Visit }): VNode {
  const { say, club } = visit
  return (
    <form method="post" action={`/${club.slug}/office/links/doors`} class="card stack">
      <div>
        <h2>{say('doors.title')}</h2>
        <p class="small">{say('doors.lead')}</p>
      </div>
      <p class="field">
        <label for="minutes">{say('doors.minutes')}</label>
        <input
          id="minutes"
          name="minutes"
          type="number"
          min={0}
          max={60}
          value={club.doorMinutes}
          required
        />
      </p>
      <p>
        <button>{say('doors.save')}</button>
      </p>
    </form>
  )
}

function DoorKeys({ visit, keys, made, doorsUrl }: ConnectionsView): VNode {
  const { say, club, language } = visit
  const base = `/${club.slug}/office/links/keys`
  return (
    <section class="card stack">
      <div>
        <h2>{say('keys.title')}</h2>
        <p class="small">{say('keys.lead')}</p>
        <p class="address">
          GET {doorsUrl}
          <br />
          Authorization: Bearer …
        </p>
      </div>
      {made !== undefined && (
        <Message kind="good">
          <label for="key">{say('keys.once')}</label>
          <input id="key" class="address" readOnly value={made} />
        </Message>
      )}
      <ul class="affected waits">
        {keys.map(({ id, name, usedAtMs }) => (
          <li key={id}>
            <span>
              <strong>{name}</strong>{' '}
              <span class="small">
                {usedAtMs === undefined
                  ? say('keys.unused')
                  : say('keys.used', { when: whenWords(club.zone, usedAtMs, language) })}
              </span>
            </span>
            <form method="post" action={`${base}/${id}/drop`}>
              <button class="quiet">
                {say('keys.drop')}
                <span class="visually-hidden"> {name}</span>
              </button>
            </form>
          </li>
        ))}
      </ul>
      <form method="post" action={base} class="inline-form">
        <p class="field">
          <label for="name">{say('keys.name')}</label>
          <input id="name" name="name" maxLength={60} required />
        </p>
        <button>{say('keys.make')}</button>
      </form>
    </section>
  )
}

function Webhooks({ visit, hooks }: ConnectionsView): VNode {
  const { say, club } = visit
  const base = `/${club.slug}/office/links/hooks`
  return (
    <section class="card stack">
      <div>
        <h2>{say('hooks.title')}</h2>
        <p class="small">{say('hooks.lead')}</p>
      </div>
      {hooks.map((hook) => (
        <div key={hook.id} class="stack sheet-part">
          <p>
            <strong class="address">{hook.url}</strong>
            <br />
            <span class="small">{stateWords(visit, hook)}</span>
          </p>
          <details>
            <summary>{say('hooks.secret')}</summary>
            <input
              class="address"
              readOnly
              value={hook.secret}
              aria-label={say('hooks.secret')}
              autocomplete="off"
            />
          </details>
          <div class="news-acts">
            <form method="post" action={`${base}/${hook.id}/test`}>
              <button>{say('hooks.test')}</button>
            </form>
            <form method="post" action={`${base}/${hook.id}/drop`}>
              <button class="quiet">
                {say('keys.drop')}
                <span class="visually-hidden"> {hook.url}</span>
              </button>
            </form>
          </div>
        </div>
      ))}
      <form method="post" action={base} class="inline-form">
        <p class="field">
          <label for="url">{say('hooks.url')}</label>
          <input id="url" name="url" type="url" maxLength={500} placeholder="https://" required />
        </p>
        <button>{say('hooks.add')}</button>
      </form>
    </section>
  )
}

function stateWords({ say, club, language }: Visit, hook: Webhook): string {
  const when = (ms: number): string => whenWords(club.zone, ms, language)
  const problem = hook.problem ?? ''
  if (hook.isStopped) return say('hooks.stopped', { problem })
  if (hook.failingSinceMs !== undefined) {
    return say('hooks.failing', { when: when(hook.failingSinceMs), problem, n: hook.waiting })
  }
  if (hook.deliveredAtMs === undefined) return say('hooks.new')
  return say('hooks.fine', { when: when(hook.deliveredAtMs) })
}
