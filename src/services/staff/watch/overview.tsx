/**
 * The overview: in five seconds, whether anything is wrong, and where to go.
 *
 * @module
 */
import type { VNode } from 'preact'
import { ago } from '../inside.tsx'
import { may } from '../policy.ts'
import type { Overview } from '../ports.ts'
import { Badge, LivePage, type Inside } from './parts.tsx'
import type { AlertLine, IncidentLine } from './ports.ts'
import { claimStates } from './state.tsx'

type Concern = {
  readonly tint: string
  readonly what: string
  readonly to: string
  readonly more: string
}

export type OverviewProps = Inside & {
  readonly overview: Overview
  /** Undefined: they cannot be read now. */
  readonly alerts: readonly AlertLine[] | undefined
  readonly incidents: readonly IncidentLine[] | undefined
  readonly nowMs: number
}

export function OverviewPage(props: OverviewProps): VNode {
  const { claims, processes, backups } = props.overview
  const concerns = concernsOf(props)
  const counts = Map.groupBy(claims, ({ state }) => state)
  return (
    <LivePage {...props} title="Overview" here="/">
      {concerns.length === 0 ? (
        <p class="verdict tint proven">Nothing is wrong.</p>
      ) : (
        <section aria-label="What needs somebody">
          <p class="verdict tint failing">
            {concerns.length === 1 ? 'One thing needs you.' : `${concerns.length} things need you.`}
          </p>
          <ul class="rows">
            {concerns.map(({ tint, what, to, more }) => (
              <li>
                <a href={to} data-row>
                  <Badge tint={tint}>{tint === 'failing' ? 'now' : 'soon'}</Badge>
                  <span class="what">
                    <b>{what}</b>
                    <small>{more}</small>
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
      <h2>Claims</h2>
      <ul class="tiles">
        {claimStates
          .filter((state) => counts.has(state))
          .map((state) => (
            <li class={`tint ${state}`}>
              <b>{counts.get(state)?.length}</b> {state}
            </li>
          ))}
      </ul>
      <h2>Backups</h2>
      <dl class="facts">
        {backups.map(({ what, value }) => (
          <>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <h2>Processes</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              Since
            </th>
            <th scope="col" class="number">
              Restarts
            </th>
          </tr>
        </thead>
        <tbody>
          {processes.map(({ name, state, sinceMs, restarts }) => (
            <tr>
              <td>{name}</td>
              <td class={state === 'runs' ? 'proven' : 'failing'}>{state}</td>
              <td class="number">{ago(props.nowMs - sinceMs)}</td>
              <td class="number">{restarts}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </LivePage>
  )
}

/** All that somebody should look at, the gravest first. */
export function concernsOf(props: Omit<OverviewProps, 'csrf'>): Concern[] {
  const { overview, alerts, incidents, account, nowMs } = props
  const waiting = alerts?.filter(({ acknowledgedBy }) => acknowledgedBy === undefined) ?? []
  const grave = waiting.filter(({ severity }) => severity === 'critical' || severity === 'high')
  const open = incidents?.filter(({ resolvedMs }) => resolvedMs === undefined) ?? []
  const of = (state: string): Overview['claims'] =>
    overview.claims.filter((claim) => claim.state === state)
  const ended = overview.processes.filter(({ state }) => state === 'ended')
  const line = (tint: string, count: number, one: string, many: string, to: string): Concern => ({
    tint,
    what: count === 1 ? one : `${count} ${many}`,
    to,
    more: '',
  })
  const sentences = (claims: Overview['claims']): string =>
    claims
      .slice(0, 3)
      .map(({ sentence }) => sentence)
      .join(' ')
  const found: (Concern | false)[] = [
    waiting.length > 0 && {
      ...line(
        grave.length > 0 ? 'failing' : 'stale',
        waiting.length,
        'An alert waits',
        'alerts wait',
        '/alerts',
      ),
      more: waiting[0] ? `Newest ${ago(nowMs - waiting[0].lastMs)} ago` : '',
    },
    alerts === undefined && {
      ...line('failing', 1, 'The alerts cannot be read', '', '/alerts'),
      more: 'Detection or its database does not answer.',
    },
    open.length > 0 && {
      ...line('failing', open.length, 'An incident is open', 'incidents are open', '/incidents'),
      more: open.map(({ title }) => title).join(', '),
    },
    incidents === undefined && {
      ...line('failing', 1, 'The status service does not answer', '', '/incidents'),
      more: 'The public page may be away too.',
    },
    of('failing').length > 0 && {
      ...line('failing', of('failing').length, 'A claim fails', 'claims fail', '/claims'),
      more: sentences(of('failing')),
    },
    of('stale').length > 0 && {
      ...line(
        'stale',
        of('stale').length,
        'A claim has old proof',
        'claims have old proof',
        '/claims',
      ),
      more: sentences(of('stale')),
    },
    ended.length > 0 && {
      ...line('failing', ended.length, 'A process does not run', 'processes do not run', '/'),
      more: ended.map(({ name }) => name).join(', '),
    },
  ]
  const seen = found.filter((concern) => concern !== false)
  const allowed = seen.filter(({ to }) => to !== '/alerts' || may(account.role, 'alerts.see'))
  return allowed.toSorted((a, b) => Number(b.tint === 'failing') - Number(a.tint === 'failing'))
}
