/**
 * The page of one's own account: proofs, password, and where one is signed in.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { PasskeyLine } from './factors.ts'
import { Act, ago, frame, type Inside } from './inside.tsx'
import { PasskeyButton } from './pages.tsx'
import { RECOVERY_CODES } from './policy.ts'
import { Problem, Shell } from './shell.tsx'
import type { SessionLine } from './store.ts'

const CODES_FEW = 3

export function AccountPage(
  props: Inside & {
    readonly sessions: readonly SessionLine[]
    readonly keys: readonly PasskeyLine[]
    readonly codes: number
    readonly current: string
    readonly nowMs: number
    readonly done?: string | undefined
  },
): VNode {
  const { account, csrf, sessions, keys, codes, current, nowMs, problem, done } = props
  return (
    <Shell {...frame('My account', '/account', props)} passkey>
      <Problem text={problem} />
      {done !== undefined && <p class="calm tint proven">{done}</p>}
      <p class="lead">
        <b>{account.name}</b>, {account.role}
      </p>
      <h2>Passkeys</h2>
      {keys.length === 0 && (
        <p class="small">None yet. A passkey cannot be phished, and is the quickest way in.</p>
      )}
      <ul class="requests">
        {keys.map(({ id, label, createdMs, usedMs }) => (
          <li>
            <div>
              <b>{label === '' ? 'A passkey' : `Made in ${label}`}</b>
              <small>
                {ago(nowMs - createdMs)} ago ·{' '}
                {usedMs === null ? 'not used since' : `last used ${ago(nowMs - usedMs)} ago`}
              </small>
            </div>
            <Act path="/account/passkey/remove" id={id} csrf={csrf} word="Remove" quiet />
          </li>
        ))}
      </ul>
      <PasskeyButton act="create" path="/account/passkey" csrf={csrf}>
        Add a passkey
      </PasskeyButton>
      <h2>Codes on paper</h2>
      <p class={codes <= CODES_FEW ? 'problem' : 'small'}>
        {codes} of {RECOVERY_CODES} are left. New ones make the old ones void.
      </p>
      <form method="post" action="/account/codes">
        <input type="hidden" name="csrf" value={csrf} />
        <button class="quiet">Make new codes</button>
      </form>
      <h2>Password</h2>
      <form method="post" action="/account/password" class="fields narrow">
        <input type="hidden" name="csrf" value={csrf} />
        <input type="hidden" name="username" autocomplete="username" value={account.name} />
        <label>
          Another password
          <small>It ends every other session.</small>
          <input
            name="password"
            type="password"
            autocomplete="new-password"
            required
            maxLength={256}
          />
        </label>
        <button class="quiet">Change it</button>
      </form>
      <h2>Where you are signed in</h2>
      <ul class="requests">
        {sessions.map(({ id, device, network, createdMs, seenMs }) => (
          <li>
            <div>
              <b>{id === current ? 'Here' : browserOf(device)}</b>
              <small>
                from {network} · since {ago(nowMs - createdMs)} · used {ago(nowMs - seenMs)} ago
              </small>
            </div>
            <Act path="/account/end-session" id={id} csrf={csrf} word="Sign out" quiet />
          </li>
        ))}
      </ul>
      {sessions.length > 1 && (
        <form method="post" action="/account/end-others">
          <input type="hidden" name="csrf" value={csrf} />
          <button class="quiet">Sign out everywhere else</button>
        </form>
      )}
    </Shell>
  )
}

/** What a person knows a browser by. */
export function browserOf(agent: string): string {
  return /(Firefox|Edg|OPR|Chrome|Safari|curl)/.exec(agent)?.[1] ?? 'another browser'
}
