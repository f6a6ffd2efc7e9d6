/**
 * The page of acts that take two persons.
 *
 * @module
 */
import type { VNode } from 'preact'
import { acts, type Approval } from './approvals.ts'
import { Act, ago, frame, type Inside } from './inside.tsx'
import { may } from './policy.ts'
import { Problem, Shell } from './shell.tsx'

const tints: Readonly<Record<Approval['state'], string>> = {
  asked: 'stale',
  approved: 'proven',
  used: 'unproven',
  withdrawn: 'unproven',
  expired: 'unproven',
}

export function ApprovalsPage(
  props: Inside & { readonly approvals: readonly Approval[]; readonly nowMs: number },
): VNode {
  const { account, csrf, approvals, nowMs, problem } = props
  const asks = may(account.role, 'approvals.ask')
  const open = approvals.filter(({ state }) => state === 'asked' || state === 'approved')
  const past = approvals.filter((one) => !open.includes(one))
  return (
    <Shell {...frame('Approvals', '/approvals', props)}>
      <Problem text={problem} />
      <p class="lead">
        Nobody restores over the running database, reads the recovery key or erases what is held
        alone: one asks, another approves.
      </p>
      {open.length === 0 && <p class="calm tint proven">Nothing waits for a second person.</p>}
      <ul class="requests">
        {open.map((one) => (
          <li>
            <div>
              <b>
                {acts[one.act]}: {one.subject}
              </b>
              <small>
                {one.reason} · asked by {one.askedBy} {ago(nowMs - one.askedMs)} ago
                {one.approvedBy !== null && ` · approved by ${one.approvedBy}`}
              </small>
            </div>
            <span class={`badge tint ${tints[one.state]}`}>{one.state}</span>
            {asks && one.state === 'asked' && one.askedBy !== account.name && (
              <Act path="/approvals/approve" id={one.id} csrf={csrf} word="Approve" />
            )}
            {asks && (
              <Act path="/approvals/withdraw" id={one.id} csrf={csrf} word="Withdraw" quiet />
            )}
          </li>
        ))}
      </ul>
      {asks && (
        <>
          <h2>Ask</h2>
          <form method="post" action="/approvals/ask" class="fields narrow">
            <input type="hidden" name="csrf" value={csrf} />
            <label>
              What
              <select name="act">
                {Object.entries(acts).map(([id, words]) => (
                  <option value={id}>{words}</option>
                ))}
              </select>
            </label>
            <label>
              Which
              <small>As the command will name it: a folder, a key file, a backup.</small>
              <input name="subject" required maxLength={200} autocomplete="off" />
            </label>
            <label>
              Why
              <input name="reason" required maxLength={500} />
            </label>
            <button>Ask</button>
          </form>
        </>
      )}
      {past.length > 0 && (
        <>
          <h2>Before</h2>
          <ul class="requests">
            {past.map((one) => (
              <li>
                <div>
                  <b>
                    {acts[one.act]}: {one.subject}
                  </b>
                  <small>
                    {one.reason} · {one.askedBy}
                    {one.approvedBy !== null && ` and ${one.approvedBy}`} ·{' '}
                    {ago(nowMs - one.askedMs)} ago
                  </small>
                </div>
                <span class={`badge tint ${tints[one.state]}`}>{one.state}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Shell>
  )
}
