/**
 * Incidents as the public reads them, and the register of breaches with its clocks.
 *
 * @module
 */
import type { VNode } from 'preact'
import { may } from '../policy.ts'
import { ago } from '../inside.tsx'
import { Badge, Hidden, LivePage, Time, type Inside } from './parts.tsx'
import type { BreachLine, IncidentLine } from './ports.ts'

export const incidentStates = ['investigating', 'identified', 'monitoring', 'resolved'] as const
const TEXT_MAX = 2000

export type IncidentsProps = Inside & {
  readonly incidents: readonly IncidentLine[]
  /** Undefined: this role does not see them. */
  readonly breaches: readonly BreachLine[] | undefined
  readonly components: readonly string[]
  readonly nowMs: number
}

export function IncidentsPage(props: IncidentsProps): VNode {
  const { account, incidents, breaches, nowMs } = props
  const writes = may(account.role, 'incidents.write')
  const open = incidents.filter(({ resolvedMs }) => resolvedMs === undefined)
  const past = incidents.filter(({ resolvedMs }) => resolvedMs !== undefined)
  return (
    <LivePage {...props} title="Incidents" here="/incidents">
      {open.length === 0 && <p class="calm tint proven">No incident is open.</p>}
      {open.map((one) => (
        <Open incident={one} writes={writes} csrf={props.csrf} nowMs={nowMs} />
      ))}
      {writes && <New {...props} />}
      {breaches && <Breaches breaches={breaches} nowMs={nowMs} />}
      {past.length > 0 && (
        <>
          <h2>Resolved</h2>
          {past.map((one) => (
            <details class="past">
              <summary data-row>
                {one.title}{' '}
                <small>
                  <Time ms={one.openedMs} />, lasted {ago((one.resolvedMs ?? nowMs) - one.openedMs)}
                </small>
              </summary>
              <Updates incident={one} />
            </details>
          ))}
        </>
      )}
    </LivePage>
  )
}

function Open(props: {
  readonly incident: IncidentLine
  readonly writes: boolean
  readonly csrf: string
  readonly nowMs: number
}): VNode {
  const { incident, writes, csrf, nowMs } = props
  const { id, title, origin, components, openedMs } = incident
  return (
    <article class="card" aria-labelledby={`incident-${id}`}>
      <h2 id={`incident-${id}`} class="minor" tabIndex={-1} data-row>
        <Badge tint="failing">open</Badge> {title}
      </h2>
      <p class="small">
        Number {id} · for {ago(nowMs - openedMs)} ·{' '}
        {origin === 'automatic' ? 'opened by the measurements' : 'opened by staff'}
        {components.length > 0 && ` · ${components.join(', ')}`}
      </p>
      <Updates incident={incident} />
      {writes && (
        <form method="post" action="/incidents/update" class="fields">
          <Hidden csrf={csrf} id={String(id)} />
          <label>
            What the public should know now
            <textarea name="text" required maxLength={TEXT_MAX} rows={2} />
          </label>
          <div class="pair">
            <label>
              State
              <select name="kind">
                {incidentStates.map((kind) => (
                  <option value={kind}>{kind}</option>
                ))}
              </select>
            </label>
            <Languages />
            <button>Publish</button>
          </div>
        </form>
      )}
    </article>
  )
}

function Updates({ incident }: { readonly incident: IncidentLine }): VNode {
  return (
    <ol class="line">
      {incident.updates.map(({ atMs, kind, text }) => (
        <li>
          <Time ms={atMs} />
          <span>
            <b>{kind}</b> {text}
          </span>
        </li>
      ))}
    </ol>
  )
}

function New({ csrf, components }: IncidentsProps): VNode {
  return (
    <details class="card">
      <summary>Tell the public of something</summary>
      <form method="post" action="/incidents/open" class="fields">
        <Hidden csrf={csrf} />
        <label>
          Title
          <input name="title" required maxLength={200} />
        </label>
        <label>
          What happens, and whom it concerns
          <textarea name="text" required maxLength={TEXT_MAX} rows={3} />
        </label>
        <div class="pair">
          <label>
            Part
            <select name="component">
              <option value="">None in particular</option>
              {components.map((id) => (
                <option value={id}>{id}</option>
              ))}
            </select>
          </label>
          <Languages />
          <button>Publish</button>
        </div>
      </form>
    </details>
  )
}

function Languages(): VNode {
  return (
    <label>
      Language
      <select name="language">
        <option value="en">English</option>
        <option value="nl">Nederlands</option>
        <option value="fr">Français</option>
      </select>
    </label>
  )
}

function Breaches(props: {
  readonly breaches: readonly BreachLine[]
  readonly nowMs: number
}): VNode {
  const { breaches, nowMs } = props
  return (
    <>
      <h2>Breaches of personal data</h2>
      {breaches.length === 0 && <p class="small">None is in the register.</p>}
      {breaches.map(({ id, nature, awareMs, closed, duties }) => (
        <article class="card" aria-labelledby={id}>
          <h3 id={id} class="minor">
            <Badge tint={closed ? 'unproven' : 'failing'}>{closed ? 'closed' : 'open'}</Badge> {id}
          </h3>
          <p class="small">
            Known since <Time ms={awareMs} />
            {nature !== '' && ` · ${nature}`}
          </p>
          <ul class="duties">
            {duties.map((duty) => (
              <li>
                <span>{duty.recipient.replace('tenant:', '')}</span>
                <Clock {...duty} nowMs={nowMs} />
              </li>
            ))}
          </ul>
          <p class="small">
            <code>veilig incident notice {id}</code> writes and sends each notice. No clock can be
            stopped from here.
          </p>
        </article>
      ))}
    </>
  )
}

function Clock(props: BreachLine['duties'][number] & { readonly nowMs: number }): VNode {
  const { dueMs, doneMs, nowMs } = props
  if (doneMs !== undefined) return <Badge tint="proven">told</Badge>
  if (nowMs > dueMs) return <Badge tint="failing">overdue by {ago(nowMs - dueMs)}</Badge>
  return <Badge tint="stale">{ago(dueMs - nowMs)} left</Badge>
}
