/**
 * What every page of the console has around its content: places by chapter, keys, the live line.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import { may, type Permission, type Role } from './policy.ts'

export type Frame = {
  readonly title: string
  readonly children: ComponentChildren
  /** Who is signed in; undefined before the door. */
  readonly account?: { readonly name: string; readonly role: Role } | undefined
  readonly csrf?: string | undefined
  readonly here?: string | undefined
  /** Whether a page behind the door asks for a passkey. */
  readonly passkey?: boolean
  /** Where the browser goes by itself. */
  readonly onward?: string
}

type Place = readonly [path: string, name: string, permission: Permission]

const chapters: readonly (readonly [name: string, places: readonly Place[]])[] = [
  [
    'Now',
    [
      ['/', 'Overview', 'overview.see'],
      ['/alerts', 'Alerts', 'alerts.see'],
      ['/incidents', 'Incidents', 'incidents.see'],
      ['/monitors', 'Monitors', 'overview.see'],
      ['/claims', 'Claims', 'overview.see'],
    ],
  ],
  [
    'Look back',
    [
      ['/audit', 'Audit trail', 'audit.search'],
      ['/recovery', 'Recovery', 'overview.see'],
      ['/mail', 'Mail', 'mail.see'],
      ['/settings', 'Settings', 'settings.see'],
    ],
  ],
  [
    'People',
    [
      ['/access', 'Database access', 'access.request'],
      ['/approvals', 'Approvals', 'approvals.see'],
      ['/staff', 'Staff', 'staff.see'],
      ['/outside', 'Outside services', 'outside.see'],
      ['/account', 'My account', 'account.own'],
    ],
  ],
]

/** Every page stands in it. */
export function Shell(frame: Frame): VNode {
  const { title, children, account, csrf = '', here, passkey = !account, onward } = frame
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · Console`}</title>
        <link rel="stylesheet" href="/console.css" />
        {account && <script type="module" src="/console.js" />}
        {passkey && <script type="module" src="/passkey.js" />}
        {onward !== undefined && <meta http-equiv="refresh" content={`0;url=${onward}`} />}
      </head>
      <body class={account ? 'inside' : 'door'}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {account && (
          <header class="side">
            <span class="brand">
              <Shield /> Console
            </span>
            <Places role={account.role} here={here} />
            <form method="post" action="/logout">
              <input type="hidden" name="csrf" value={csrf} />
              <button class="quiet">Sign out</button>
            </form>
          </header>
        )}
        <main id="main" class="wrap" tabIndex={-1}>
          {!account && <Shield />}
          <h1>{title}</h1>
          {children}
        </main>
        {account && <Keys />}
      </body>
    </html>
  )
}

function Places(props: { readonly role: Role; readonly here: string | undefined }): VNode {
  return (
    <nav aria-label="Console">
      {chapters.map(([chapter, places]) => (
        <div class="chapter">
          <span aria-hidden="true">{chapter}</span>
          <ul aria-label={chapter}>
            {places
              .filter(([, , permission]) => may(props.role, permission))
              .map(([path, name]) => (
                <li>
                  <a href={path} aria-current={path === props.here ? 'page' : undefined}>
                    {name}
                    {path === '/alerts' && <b id="waiting" class="waiting" hidden />}
                  </a>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

const keys: readonly (readonly [string, string])[] = [
  ['j', 'next line'],
  ['k', 'line before'],
  ['Enter', 'open the line'],
  ['/', 'search the audit trail'],
  ['?', 'this help'],
]

/** The help on keys, and the line that a screen reader hears when the page renews itself. */
function Keys(): VNode {
  return (
    <footer class="keys">
      <p id="live-said" role="status" />
      <button id="help-open" class="quiet" type="button" hidden>
        Keys <kbd>?</kbd>
      </button>
      <dialog id="help" aria-labelledby="help-title">
        <h2 id="help-title">Keys</h2>
        <dl class="facts">
          {keys.map(([key, act]) => (
            <>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{act}</dd>
            </>
          ))}
        </dl>
        <label class="check">
          <input id="keys-on" type="checkbox" /> Single keys act
        </label>
        <form method="dialog">
          <button>Close</button>
        </form>
      </dialog>
    </footer>
  )
}

function Shield(): VNode {
  return (
    <svg class="shield" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path fill="currentColor" d="M12 1l9 3.4V11c0 5.6-3.8 10.1-9 12-5.2-1.9-9-6.4-9-12V4.4z" />
    </svg>
  )
}

export function Problem({ text }: { readonly text?: string | undefined }): VNode | null {
  return text === undefined ? null : (
    <p class="problem" role="alert">
      {text}
    </p>
  )
}
