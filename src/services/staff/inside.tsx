/**
 * The pages of the console behind the door.
 *
 * @module
 */
import type { VNode } from 'preact'
import { roleNames } from './pages.tsx'
import { invitedRoles, may, type Role } from './policy.ts'
import type { Started } from './ports.ts'
import type { AccessRequest } from './requests.ts'
import { Problem, Shell, type Frame } from './shell.tsx'
import type { StaffLine } from './store.ts'

export type Who = { readonly name: string; readonly role: Role }
export type Inside = {
  readonly account: Who
  readonly csrf: string
  readonly problem?: string | undefined
}

export const frame = (
  title: string,
  here: string,
  { account, csrf }: Inside,
): Omit<Frame, 'children'> => ({
  title,
  here,
  account,
  csrf,
})

export function AccessPage(
  props: Inside & {
    readonly requests: readonly AccessRequest[]
    readonly started?: Started | undefined
    readonly nowMs: number
    readonly ownApproval: boolean
  },
): VNode {
  const { account, csrf, requests, started, nowMs, ownApproval, problem } = props
  const approves = may(account.role, 'access.approve')
  const shown = approves ? requests : requests.filter((one) => one.account === account.name)
  return (
    <Shell {...frame('Database access', '/access', props)}>
      <Problem text={problem} />
      {started && (
        <section class="once" aria-label="Your access">
          <p>
            You are in until <b>{clock(started.untilMs)}</b>. This address is shown once:
          </p>
          <pre>psql '{started.url}'</pre>
          {(started.rowSettings ?? []).length > 0 && (
            <p>
              The application's row security shows no rows until you say whose you mean:{' '}
              <code>{started.rowSettings?.map((name) => `set ${name} = '…';`).join(' ')}</code>
            </p>
          )}
        </section>
      )}
      <p class="small">
        Nobody has a standing way into the database. Ask for what you need; every statement is
        recorded under a role of your own, which is gone when the time is over.
      </p>
      <form method="post" action="/access/request" class="fields inline">
        <input type="hidden" name="csrf" value={csrf} />
        <label>
          Rights
          <select name="role">
            <option value="read">Read</option>
            {may(account.role, 'access.write') && <option value="write">Read and write</option>}
          </select>
        </label>
        <label>
          Minutes
          <input name="minutes" type="number" min={1} max={60} value={30} required />
        </label>
        <label class="wide">
          Reason
          <input name="reason" required maxLength={500} placeholder="What for, and for whom" />
        </label>
        <button>Ask</button>
      </form>
      <h2>Requests</h2>
      {shown.length === 0 && <p class="small">None yet.</p>}
      <ul class="requests">
        {shown.map((one) => (
          <li>
            <div>
              <b>{one.reason}</b>
              <small>
                {one.account} · {one.role} · {one.minutes} min · {ago(nowMs - one.requestedMs)} ago
                · {one.state}
                {one.approvedBy !== null && `, approved by ${one.approvedBy}`}
                {one.state === 'started' && one.endsMs !== null && `, until ${clock(one.endsMs)}`}
              </small>
            </div>
            {one.state === 'requested' &&
              approves &&
              (ownApproval || one.account !== account.name) && (
                <Act path="/access/approve" id={one.id} csrf={csrf} word="Approve" />
              )}
            {one.state === 'approved' && one.account === account.name && (
              <Act path="/access/start" id={one.id} csrf={csrf} word="Begin" />
            )}
            {one.state === 'started' && (
              <Act path="/access/end" id={one.id} csrf={csrf} word="End now" quiet />
            )}
          </li>
        ))}
      </ul>
    </Shell>
  )
}

/** One button that acts on one line. */
export function Act(props: {
  readonly path: string
  readonly id: string
  readonly csrf: string
  readonly word: string
  readonly quiet?: boolean
}): VNode {
  const { path, id, csrf, word, quiet } = props
  return (
    <form method="post" action={path}>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="id" value={id} />
      <button class={quiet ? 'quiet' : ''}>{word}</button>
    </form>
  )
}

export function StaffPage(
  props: Inside & { readonly staff: readonly StaffLine[]; readonly link?: string | undefined },
): VNode {
  const { account, csrf, staff, link, problem } = props
  const manages = may(account.role, 'staff.manage')
  return (
    <Shell {...frame('Staff', '/staff', props)}>
      <Problem text={problem} />
      {link !== undefined && (
        <section class="once" aria-label="Invitation">
          <p>Send this link over a channel you trust. It is good once, for a day:</p>
          <pre>{link}</pre>
        </section>
      )}
      <ul class="requests">
        {staff
          .filter(({ role }) => role !== 'probe')
          .map((one) => (
            <li>
              <div>
                <b>{one.name}</b>
                <small>
                  {one.role} · {one.state} · {proofs(one)}
                </small>
              </div>
              {manages && one.name !== account.name && one.state !== 'disabled' && (
                <Act path="/staff/disable" id={one.name} csrf={csrf} word="Disable" quiet />
              )}
            </li>
          ))}
      </ul>
      {manages && (
        <>
          <h2>Invite</h2>
          <form method="post" action="/staff/invite" class="fields narrow">
            <input type="hidden" name="csrf" value={csrf} />
            <label class="wide">
              Name or e-mail address
              <input name="name" required maxLength={254} autocomplete="off" />
            </label>
            <label class="wide">
              Role
              <select name="role">
                {invitedRoles.toReversed().map((role) => (
                  <option value={role}>{roleNames[role]}</option>
                ))}
              </select>
            </label>
            <button>Make the link</button>
          </form>
        </>
      )}
    </Shell>
  )
}

function proofs({ totp, passkeys, codesLeft }: StaffLine): string {
  const words = [
    ...(passkeys > 0 ? [passkeys === 1 ? 'a passkey' : `${passkeys} passkeys`] : []),
    ...(totp ? ['authenticator app'] : []),
  ]
  if (words.length === 0) return 'no second proof yet'
  return `${words.join(', ')}, ${codesLeft} recovery codes left`
}

/** `14:05 UTC`. */
function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 16)} UTC`
}

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
]

/** `3 min`. */
export function ago(ms: number): string {
  const [unit, size] = units.find(([, least]) => ms >= least) ?? ['s', 1000]
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`
}
