/**
 * Claims, monitors and settings: the pages that only show.
 *
 * @module
 */
import type { VNode } from 'preact'
import { ago } from '../inside.tsx'
import type { Overview } from '../ports.ts'
import { Badge, LivePage, tintOf, type Inside } from './parts.tsx'
import type { MonitorLine, SettingLine, Settings } from './ports.ts'

export const claimStates: readonly string[] = ['failing', 'stale', 'excepted', 'unproven', 'proven']

export function ClaimsPage(props: Inside & { readonly claims: Overview['claims'] }): VNode {
  const rank = (state: string): number => claimStates.indexOf(state)
  const shown = props.claims.toSorted((a, b) => rank(a.state) - rank(b.state))
  return (
    <LivePage {...props} title="Claims" here="/claims">
      <p class="small">What customers read on the trust page, with how old the proof is.</p>
      <ul class="rows">
        {shown.map(({ id, state, sentence, ageMs }) => (
          <li class="flat" tabIndex={-1} data-row>
            <Badge tint={state}>{state}</Badge>
            <span class="what">
              <b>{sentence}</b>
              <small>
                <code>{id}</code> · {ageMs === undefined ? 'never measured' : `${ago(ageMs)} ago`}
              </small>
            </span>
          </li>
        ))}
      </ul>
    </LivePage>
  )
}

export function MonitorsPage(
  props: Inside & { readonly monitors: readonly MonitorLine[]; readonly nowMs: number },
): VNode {
  const part = (value: number): string => `${(Math.floor(value * 1e5) / 1e3).toFixed(3)} %`
  return (
    <LivePage {...props} title="Monitors" here="/monitors">
      <ul class="rows">
        {props.monitors.map(({ id, name, state, sinceMs, tookMs, reason, availability }) => (
          <li class="flat" tabIndex={-1} data-row>
            <Badge tint={tintOf(state)}>{state}</Badge>
            <span class="what">
              <b>{name}</b>
              <small>
                <code>{id}</code> · for {ago(props.nowMs - sinceMs)}
                {tookMs !== undefined && ` · answers in ${tookMs} ms`}
                {reason !== undefined && ` · ${reason}`}
              </small>
            </span>
            {availability && (
              <span class="bounds">
                {part(availability.lowest)}
                <small>at most {part(availability.highest)}</small>
              </span>
            )}
          </li>
        ))}
      </ul>
      <p class="small">
        Ninety days. The first figure counts unknown time as down, the second as up.
      </p>
    </LivePage>
  )
}

export function SettingsPage(props: Inside & { readonly settings: Settings }): VNode {
  const { file, lines } = props.settings
  const changed = lines.filter(({ value, standard }) => value !== undefined && value !== standard)
  const rest = lines.filter((line) => !changed.includes(line))
  return (
    <LivePage {...props} title="Settings" here="/settings">
      <p class="small">
        {file === undefined ? (
          'There is no veilig.yaml: every default holds.'
        ) : (
          <>
            From <code>{file}</code>, as it stands there now. It is changed in the file, never here.
          </>
        )}
      </p>
      <h2>Other than the default</h2>
      {changed.length === 0 ? (
        <p class="calm tint proven">Nothing differs from the defaults.</p>
      ) : (
        <dl class="diff">
          {changed.map(({ path, value, standard }) => (
            <div tabIndex={-1} data-row>
              <dt>
                <code>{path}</code>
              </dt>
              {standard !== undefined && (
                <dd class="was">
                  <del>{standard}</del>
                </dd>
              )}
              <dd class="is">
                <ins>{value}</ins>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <details class="past">
        <summary>All {rest.length} settings that are as by default</summary>
        <Table lines={rest} />
      </details>
    </LivePage>
  )
}

function Table({ lines }: { readonly lines: readonly SettingLine[] }): VNode {
  return (
    <dl class="facts">
      {lines.map(({ path, value, standard }) => (
        <>
          <dt>
            <code>{path}</code>
          </dt>
          <dd>{value ?? standard ?? 'not set'}</dd>
        </>
      ))}
    </dl>
  )
}
