/**
 * The pages of the console before the door: log in, second proof, invitation, set-up.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import { QR_BYTES_MAX, qrCode } from '#lib/page/qr.ts'
import { invitedRoles } from './policy.ts'
import { Problem, Shell } from './shell.tsx'

/** Where a passkey says what went wrong, and the button that asks for it. */
export function PasskeyButton(props: {
  readonly act: 'create' | 'get'
  readonly path: string
  readonly csrf?: string
  /** Where to go on afterwards. */
  readonly back?: string
  readonly children: ComponentChildren
}): VNode {
  const { act, path, csrf, back, children } = props
  return (
    <>
      <button
        type="button"
        hidden
        data-passkey={act}
        data-path={path}
        data-csrf={csrf}
        data-back={back}
      >
        {children}
      </button>
      <p id="passkey-said" class="problem said" role="status" />
    </>
  )
}

export function LoginPage(props: {
  readonly problem?: string | undefined
  /** Name of the company's own provider, when there is one. */
  readonly provider?: string | undefined
}): VNode {
  return (
    <Shell title="Sign in">
      <Problem text={props.problem} />
      <PasskeyButton act="get" path="/login/passkey">
        Sign in with a passkey
      </PasskeyButton>
      {props.provider !== undefined && (
        <p>
          <a class="button quiet" href="/login/provider">
            Sign in with {props.provider}
          </a>
        </p>
      )}
      <form method="post" action="/login" class="fields">
        <label>
          Name
          <input
            name="name"
            autocomplete="username webauthn"
            required
            maxLength={254}
            autocapitalize="none"
          />
        </label>
        <label>
          Password
          <input
            name="password"
            type="password"
            autocomplete="current-password"
            required
            maxLength={256}
          />
        </label>
        <button class="quiet">Go on</button>
      </form>
      <p class="small">A password alone opens nothing here: a second proof is asked next.</p>
    </Shell>
  )
}

/**
 * After a login elsewhere. A redirect would still belong to that visit, and the browser would
 * keep our strict cookie back; a page of ours begins a visit of its own.
 */
export function OnwardPage({ to }: { readonly to: string }): VNode {
  return (
    <Shell title="You are through" onward={to}>
      <p>
        <a class="button" href={to}>
          Go on
        </a>
      </p>
    </Shell>
  )
}

export function SecondPage(props: {
  readonly csrf: string
  readonly problem?: string | undefined
}): VNode {
  return (
    <Shell title="Second proof">
      <Problem text={props.problem} />
      <PasskeyButton act="get" path="/login/passkey">
        Use a passkey
      </PasskeyButton>
      <form method="post" action="/second" class="fields">
        <input type="hidden" name="csrf" value={props.csrf} />
        <label>
          Code from your authenticator app, or a recovery code
          <input name="code" autocomplete="one-time-code" required maxLength={40} autofocus />
        </label>
        <button>Sign in</button>
      </form>
    </Shell>
  )
}

export function InvitationPage(props: {
  readonly token: string
  readonly name?: string | undefined
  readonly problem?: string | undefined
}): VNode {
  const { token, name, problem } = props
  if (name === undefined) {
    return (
      <Shell title="Invitation">
        <Problem text={problem ?? 'This invitation was used, or is too old.'} />
        <p>
          Please ask for a new one. Do you have an account already? <a href="/login">Sign in</a>.
        </p>
      </Shell>
    )
  }
  return (
    <Shell title="Welcome">
      <p>
        You are invited as <b>{name}</b>. Choose a password; a second proof comes next.
      </p>
      <Problem text={problem} />
      <form method="post" action="/invitation" class="fields">
        <input type="hidden" name="token" value={token} />
        <input type="hidden" name="name" autocomplete="username" value={name} />
        <label>
          Password
          <small>Eight characters or more; a sentence is best. No rules about signs.</small>
          <input
            name="password"
            type="password"
            autocomplete="new-password"
            required
            maxLength={256}
          />
        </label>
        <button>Go on</button>
      </form>
    </Shell>
  )
}

export function EnrolPage(props: {
  readonly seed: string
  readonly uri: string
  readonly csrf: string
  readonly problem?: string | undefined
}): VNode {
  const { seed, uri, csrf, problem } = props
  return (
    <Shell title="Your second proof">
      <Problem text={problem} />
      <h2>Best: a passkey</h2>
      <p>Your phone, your computer or a security key. It cannot be phished.</p>
      <PasskeyButton act="create" path="/enrol/passkey" csrf={csrf}>
        Make a passkey
      </PasskeyButton>
      <h2>Or: an authenticator app</h2>
      <p>
        On this device: <a href={uri}>open your app</a>. On your phone: let the app read this.
      </p>
      <Picture of={uri} />
      <p>
        Or type this key into it: <code class="seed">{seed.replaceAll(/(.{4})(?=.)/g, '$1 ')}</code>
      </p>
      <form method="post" action="/enrol/totp" class="fields">
        <input type="hidden" name="csrf" value={csrf} />
        <label>
          The six figures it shows now
          <input
            name="code"
            inputMode="numeric"
            autocomplete="one-time-code"
            required
            maxLength={10}
          />
        </label>
        <button>Confirm</button>
      </form>
    </Shell>
  )
}

/** The same key for the camera of a phone; it never leaves this page. */
function Picture({ of: text }: { readonly of: string }): VNode | null {
  if (Buffer.byteLength(text) > QR_BYTES_MAX) return null // the key below says the same
  const { side, path } = qrCode(text)
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label="The key as a QR code">
      <rect width={side} height={side} />
      <path d={path} shape-rendering="crispEdges" />
    </svg>
  )
}

export function CodesPage({ codes }: { readonly codes: readonly string[] }): VNode {
  return (
    <Shell title="Keep these codes">
      <p>
        Without your second proof, each of these lets you in once. Print them or keep them in your
        password manager: they are not shown again.
      </p>
      <ul class="codes">
        {codes.map((code) => (
          <li>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <p>
        <a class="button" href="/">
          I have kept them
        </a>
      </p>
    </Shell>
  )
}

export function RefusedPage({
  title,
  text,
}: {
  readonly title: string
  readonly text: string
}): VNode {
  return (
    <Shell title={title}>
      <p>{text}</p>
      <p>
        <a href="/">Back to the console</a>
      </p>
    </Shell>
  )
}

export const roleNames: Readonly<Record<(typeof invitedRoles)[number], string>> = {
  owner: 'Owner: everything, staff included',
  operator: 'Operator: runs the ring, approves access',
  support: 'Support: asks to read, when needed',
  auditor: 'Auditor: looks, changes nothing',
}
