/**
 * The pages that links of mails lead to, and the second proof shown again before a dangerous act.
 *
 * @module
 */
import type { VNode } from 'preact'
import { frame, type Inside } from './inside.tsx'
import { PasskeyButton } from './pages.tsx'
import type { AccessRequest } from './requests.ts'
import { Problem, Shell } from './shell.tsx'

/** @param token Undefined: the link is not good, and the page says no more than that. */
export function NotMePage({ token }: { readonly token: string | undefined }): VNode {
  if (token === undefined) {
    return (
      <Shell title="It wasn't me">
        <Problem text="This link was used, or is too old." />
        <p>
          <a href="/login">Sign in</a> and look under My account; or ask an owner to close your
          account until you have looked.
        </p>
      </Shell>
    )
  }
  return (
    <Shell title="It wasn't you?">
      <p>One click ends every session of your account, and its password opens nothing any more.</p>
      <p>You choose another one next. Your passkeys go on working.</p>
      <form method="post" action="/not-me" class="fields">
        <input type="hidden" name="token" value={token} />
        <button>It wasn't me: end all sessions</button>
      </form>
    </Shell>
  )
}

export function RenewPage(props: {
  readonly token: string
  readonly ended?: number
  readonly problem?: string
}): VNode {
  const { token, ended, problem } = props
  return (
    <Shell title="Another password">
      {ended !== undefined && (
        <p class="calm tint proven">
          {ended === 1 ? 'One session was' : `${ended} sessions were`} ended. The old password opens
          nothing any more.
        </p>
      )}
      <Problem text={problem} />
      <form method="post" action="/renew" class="fields">
        <input type="hidden" name="token" value={token} />
        <label>
          Your new password
          <small>Eight characters or more; a sentence is best.</small>
          <input
            name="password"
            type="password"
            autocomplete="new-password"
            required
            maxLength={256}
          />
        </label>
        <label>
          Code from your authenticator app, or a recovery code
          <input name="code" autocomplete="one-time-code" required maxLength={40} />
        </label>
        <button>Keep it</button>
      </form>
      <p class="small">
        With a passkey you need no password now: <a href="/login">sign in</a> and choose one later.
      </p>
    </Shell>
  )
}

/** An approval from a mail. @param done Whether it was approved; undefined before. */
export function LinkPage(props: {
  readonly token: string
  readonly request: AccessRequest | undefined
  readonly done?: boolean | undefined
}): VNode {
  const { token, request, done } = props
  if (done === true) {
    return (
      <Shell title="Approved">
        <p class="calm tint proven">They may begin now. Every statement is recorded.</p>
      </Shell>
    )
  }
  if (!request) {
    return (
      <Shell title="Database access">
        <Problem text="This link was used, or is too old, or the request was decided already." />
        <p>
          <a href="/access">Look at the requests</a>
        </p>
      </Shell>
    )
  }
  const { account, role, minutes, reason } = request
  return (
    <Shell title="May they?">
      <p>
        <b>{account}</b> asks to {role === 'read' ? 'read' : 'read and write'} the database for{' '}
        {minutes} minutes:
      </p>
      <p class="lead">{reason}</p>
      <form method="post" action="/access/link" class="fields">
        <input type="hidden" name="token" value={token} />
        <button>Approve</button>
      </form>
      <p class="small">Do nothing to refuse: the request lapses by itself.</p>
    </Shell>
  )
}

/** Before a dangerous act, when the second proof was shown too long ago. */
export function ProvePage(
  props: Inside & { readonly back: string; readonly problem?: string | undefined },
): VNode {
  const { csrf, back, problem } = props
  return (
    <Shell {...frame('Is it still you?', back, props)} passkey>
      <Problem text={problem} />
      <p class="lead">
        What you are about to do is worth asking. Show your second proof once more; then press the
        button again.
      </p>
      <PasskeyButton act="get" path="/prove/passkey" csrf={csrf} back={back}>
        Use a passkey
      </PasskeyButton>
      <form method="post" action="/prove" class="fields narrow">
        <input type="hidden" name="csrf" value={csrf} />
        <input type="hidden" name="back" value={back} />
        <label>
          Code from your authenticator app, or a recovery code
          <input name="code" autocomplete="one-time-code" required maxLength={40} />
        </label>
        <button class="quiet">Go on</button>
      </form>
      <p class="small">
        <a href={back}>Not now</a>
      </p>
    </Shell>
  )
}
