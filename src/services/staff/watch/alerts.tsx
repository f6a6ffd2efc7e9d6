/**
 * Alerts: the list, and one in full for whom it woke.
 *
 * @module
 */
import type { VNode } from 'preact'
import { ago } from '../inside.tsx'
import { may } from '../policy.ts'
import { Badge, Hidden, LivePage, Time, tintOf, type Inside } from './parts.tsx'
import type { AlertInFull, AlertLine } from './ports.ts'

const MINUTE_MS = 60_000

export function AlertsPage(
  props: Inside & { readonly alerts: readonly AlertLine[]; readonly nowMs: number },
): VNode {
  const waiting = props.alerts.filter(({ acknowledgedBy }) => acknowledgedBy === undefined)
  const taken = props.alerts.filter(({ acknowledgedBy }) => acknowledgedBy !== undefined)
  return (
    <LivePage {...props} title="Alerts" here="/alerts">
      <h2>Nobody looks after these yet</h2>
      {waiting.length === 0 ? (
        <p class="calm tint proven">Every alert is looked after.</p>
      ) : (
        <List alerts={waiting} nowMs={props.nowMs} />
      )}
      {taken.length > 0 && (
        <>
          <h2>Looked after</h2>
          <List alerts={taken} nowMs={props.nowMs} />
        </>
      )}
    </LivePage>
  )
}

function List(props: { readonly alerts: readonly AlertLine[]; readonly nowMs: number }): VNode {
  return (
    <ul class="rows">
      {props.alerts.map((one) => (
        <li>
          <a href={`/alerts/${one.id}`} data-row>
            <Badge tint={tintOf(one.severity)}>{one.severity}</Badge>
            <span class="what">
              <b>{headOf(one.sentence)}</b>
              <small>
                {ago(props.nowMs - one.lastMs)} ago
                {one.alerts > 1 && ` · ${one.alerts} times`}
                {one.role !== '' && ` · account ${one.role}`}
                {one.address !== '' && ` · from ${one.address}`}
                {one.acknowledgedBy !== undefined && ` · ${one.acknowledgedBy} looks after it`}
              </small>
            </span>
          </a>
        </li>
      ))}
    </ul>
  )
}

/** The title that the sentence begins with: account, address and time stand apart. */
function headOf(sentence: string): string {
  return sentence.split(/, by the account | from |, \d{4}-/)[0] ?? sentence
}

export function AlertPage(
  props: Inside & { readonly alert: AlertInFull; readonly nowMs: number },
): VNode {
  const { account, csrf, alert } = props
  const { id, role, address, database, firstMs, lastMs, acknowledgedBy } = alert
  const held = alert.responses.filter(
    ({ undoneMs, untilMs }) => undoneMs === undefined && untilMs > props.nowMs,
  )
  const evidence = new URLSearchParams({
    person: role,
    from: minute(firstMs - 5 * MINUTE_MS),
    to: minute(lastMs + 6 * MINUTE_MS),
  })
  return (
    <LivePage {...props} title={headOf(alert.sentence)} here="/alerts">
      <p class="lead">
        <Badge tint={tintOf(alert.severity)}>{alert.severity}</Badge> {alert.sentence}
      </p>
      {alert.drill && <p class="note">This is a drill: the attack was our own.</p>}
      <section class="advice" aria-label="What to do">
        <h2>What to do</h2>
        <p>{alert.advice}</p>
        <div class="acts">
          {acknowledgedBy === undefined && may(account.role, 'alerts.acknowledge') && (
            <form method="post" action="/alerts/acknowledge">
              <Hidden csrf={csrf} id={id} />
              <button accessKey="a">I look after this</button>
            </form>
          )}
          {may(account.role, 'audit.search') && (
            <a class="button quiet" href={`/audit?${evidence}`}>
              See what was recorded
            </a>
          )}
        </div>
        {acknowledgedBy !== undefined && <p class="small">{acknowledgedBy} looks after it.</p>}
      </section>
      {held.length > 0 && (
        <section aria-label="Done by itself">
          <h2>Done by itself</h2>
          <ul>
            {held.map((one) => (
              <li>
                {doneWords(one, 'is')} until <Time ms={one.untilMs} />
              </li>
            ))}
          </ul>
          <p class="small">
            To take it back: <code>veilig alerts undo {id}</code>
          </p>
        </section>
      )}
      <h2>Facts</h2>
      <dl class="facts">
        <dt>Detector</dt>
        <dd>
          <code>{alert.detector}</code>
        </dd>
        <dt>Account</dt>
        <dd>{role === '' ? 'none' : role}</dd>
        <dt>Address</dt>
        <dd>{address === '' ? 'not known' : address}</dd>
        <dt>Database</dt>
        <dd>{database === '' ? 'none' : database}</dd>
        <dt>Seen</dt>
        <dd>{alert.alerts === 1 ? 'once' : `${alert.alerts} times`}</dd>
        <dt>Reference</dt>
        <dd>
          <code>{id}</code>
        </dd>
      </dl>
      <h2>Timeline</h2>
      <ol class="line">
        {timelineOf(alert).map(({ ms, what }) => (
          <li>
            <Time ms={ms} />
            <span>{what}</span>
          </li>
        ))}
      </ol>
      <p class="small">
        By command: <code>veilig alerts show {id}</code> · <code>veilig alerts ack {id}</code>
      </p>
    </LivePage>
  )
}

/** What happened to an alert, in its order. */
export function timelineOf(alert: AlertInFull): { readonly ms: number; readonly what: string }[] {
  const { firstMs, lastMs, alerts, deliveries, escalatedMs, acknowledgedMs } = alert
  const lines = [
    { ms: firstMs, what: 'First seen' },
    ...(alerts > 1 ? [{ ms: lastMs, what: `Last seen, ${alerts} times in all` }] : []),
    ...deliveries.map(({ channel, atMs, latencyMs, attempts }) => ({
      ms: atMs,
      what:
        `Told over ${channel}, ${Math.round(latencyMs)} ms after it was seen` +
        (attempts > 1 ? `, at try ${attempts}` : ''),
    })),
    ...alert.responses.flatMap((one) => [
      { ms: one.atMs, what: doneWords(one, 'was') },
      ...(one.undoneMs === undefined
        ? []
        : [{ ms: one.undoneMs, what: `${one.undoneBy ?? 'Somebody'} took that back` }]),
    ]),
    ...(escalatedMs === undefined
      ? []
      : [{ ms: escalatedMs, what: 'Told to the next in line: nobody had looked after it' }]),
    ...(acknowledgedMs === undefined
      ? []
      : [{ ms: acknowledgedMs, what: `${alert.acknowledgedBy ?? 'Somebody'} looks after it` }]),
  ]
  return lines.toSorted((a, b) => a.ms - b.ms)
}

function doneWords({ kind, value }: AlertInFull['responses'][number], verb: 'is' | 'was'): string {
  switch (kind) {
    case 'session':
      return verb === 'is' ? 'The session was ended, and stays so' : 'The session was ended'
    case 'address':
      return `The address ${value} ${verb} refused`
    case 'role':
      return `The account ${value} ${verb} refused`
  }
}

function minute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16)
}
