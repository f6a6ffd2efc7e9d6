/**
 * The page of outside services: who answers for each, and what stands there still unseen.
 *
 * @module
 */
import type { VNode } from 'preact'
import { Act, ago, frame, type Inside } from './inside.tsx'
import { countedOf, isDue, REVIEW_DAYS, type OutsideLine } from './outside.ts'
import { may } from './policy.ts'
import { Problem, Shell } from './shell.tsx'

/** A word is never as green as a measurement. */
const factors = {
  yes: ['second factor on', 'unproven'],
  no: ['no second factor', 'failing'],
  'none-offered': ['offers none', 'stale'],
} as const

export function OutsidePage(
  props: Inside & { readonly services: readonly OutsideLine[]; readonly nowMs: number },
): VNode {
  const { account, csrf, services, nowMs, problem } = props
  const manages = may(account.role, 'outside.manage')
  const due = services.filter((one) => isDue(one, nowMs)).length
  return (
    <Shell {...frame('Outside services', '/outside', props)}>
      <Problem text={problem} />
      <p class="lead">
        What we work with elsewhere. Each line is somebody's word, looked at again every{' '}
        {REVIEW_DAYS} days; where a service's API may be asked, what it proves stands above the
        word.
      </p>
      {services.length > 0 && (
        <p class={`calm tint ${due === 0 ? 'proven' : 'stale'}`}>
          {due === 0 ? 'Every line was looked at this quarter.' : `${due} to be looked at again.`}
        </p>
      )}
      <ul class="requests">
        {services.map((one) => {
          const { secondFactor, measured } = countedOf(one, nowMs)
          const [words, tint] = factors[secondFactor]
          return (
            <li>
              <div>
                <b>{one.name}</b>, {one.purpose}
                <small>Answers for it: {one.owner}</small>
                <small>Personal data: {one.personalData}</small>
                <small>
                  Password or key changed {ago(nowMs - one.credentialMs)} ago; looked at{' '}
                  {ago(nowMs - one.reviewedMs)} ago by {one.reviewedBy}
                </small>
                {one.provenMs !== null && (
                  <small>
                    Its API was asked {ago(nowMs - one.provenMs)} ago
                    {one.proofProblem === null ? '' : `: ${one.proofProblem}`}
                  </small>
                )}
              </div>
              <span class={`badge tint ${measured && secondFactor === 'yes' ? 'proven' : tint}`}>
                {words}, {measured ? 'measured' : 'by word'}
              </span>
              {manages && (
                <span class="acts">
                  <Act
                    path="/outside/review"
                    id={one.id}
                    csrf={csrf}
                    word="Still so"
                    quiet={!isDue(one, nowMs)}
                  />
                  <Act path="/outside/remove" id={one.id} csrf={csrf} word="Remove" quiet />
                </span>
              )}
            </li>
          )
        })}
      </ul>
      {services.length === 0 && <p class="small">None is written down yet.</p>}
      {manages && (
        <>
          <h2>Write one down, or anew</h2>
          <form method="post" action="/outside/keep" class="fields narrow">
            <input type="hidden" name="csrf" value={csrf} />
            <Field name="name" words="Name" />
            <Field name="purpose" words="What for" hint="Hosting, mail, payment, code …" />
            <Field name="owner" words="Who answers for it" hint="An address gets the reminders." />
            <label>
              Second factor
              <select name="secondFactor">
                <option value="yes">On</option>
                <option value="no">Off</option>
                <option value="none-offered">It offers none</option>
              </select>
            </label>
            <Field name="personalData" words="Personal data it holds" hint="Or: none" />
            <label>
              Password or key last changed
              <input name="credentialChangedOn" type="date" required />
            </label>
            <button>Keep</button>
          </form>
        </>
      )}
    </Shell>
  )
}

function Field(props: {
  readonly name: string
  readonly words: string
  readonly hint?: string
}): VNode {
  return (
    <label>
      {props.words}
      {props.hint !== undefined && <small>{props.hint}</small>}
      <input name={props.name} required maxLength={200} autocomplete="off" />
    </label>
  )
}
