/**
 * The status page: one document, no script, the answer first.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Language } from '#lib/claims/claim.ts'
import { Frame } from '#lib/page/frame.tsx'
import { ago, duration, fill, moment } from '#lib/page/wording.ts'
import { colourOf, Component } from './component.tsx'
import type { StatusConfig } from './config.ts'
import { textIn, type Incident, type Maintenance } from './incidents/incident.ts'
import type { Overall, Snapshot } from './snapshot.ts'
import { Subscribe } from './subscriptions/pages.tsx'
import { overallCount, overallNone, overallTexts, stateNames, ui, updateNames } from './texts.ts'

export type PageProps = {
  readonly snapshot: Snapshot
  readonly language: Language
  readonly config: StatusConfig
  /** Where the stylesheet of this version is. */
  readonly stylesheet: string
  /** Whether one may subscribe here, and by mail. */
  readonly subscribe: { readonly open: boolean; readonly mail: boolean }
}

export function Page(props: PageProps): VNode {
  const { language, config, stylesheet, snapshot } = props
  const answer = overallTexts[snapshot.overall][language]
  const feed = `/feed.${language}.atom`
  return (
    <Frame
      language={language}
      title={`${answer} · ${config.operator}`}
      operator={config.operator}
      kind={ui.statusPage[language]}
      stylesheet={stylesheet}
      skip={{ to: '#components', text: ui.skip[language] }}
      head={<link rel="alternate" type="application/atom+xml" href={feed} />}
      foot={<p>{fill(ui.made[language], { time: moment(snapshot.nowMs, language) })}</p>}
    >
      <Answer {...props} />
      <Now {...props} />
      <h2 id="components">{ui.components[language]}</h2>
      {snapshot.components.map((view) => (
        <Component
          view={view}
          nowMs={snapshot.nowMs}
          language={language}
          objective={config.objective}
        />
      ))}
      <Past {...props} />
      <How {...props} />
      <Follow {...props} />
    </Frame>
  )
}

const overallColours: Readonly<Record<Overall, string>> = {
  'all-down': 'failing',
  'some-down': 'failing',
  unknown: 'unproven',
  incident: 'stale',
  up: 'proven',
}

function Answer({ snapshot, language, config }: PageProps): VNode {
  const { overall, components, nowMs, historyAway } = snapshot
  const checks = components.flatMap(({ checkedMs }) => (checkedMs === undefined ? [] : [checkedMs]))
  const count = {
    up: components.filter(({ state }) => state === 'up').length,
    total: components.length,
    age: checks.length > 0 ? ago(Math.max(...checks), nowMs, language) : '',
  }
  return (
    <section>
      <h1>{ui.title[language]}</h1>
      <p class={`answer ${overallColours[overall]}`}>{overallTexts[overall][language]}</p>
      <p class="count">
        {checks.length > 0 ? fill(overallCount[language], count) : overallNone[language]}
      </p>
      {historyAway && <p class="alarm tint stale">{ui.away[language]}</p>}
      <p class="intro">{fill(ui.intro[language], { seconds: config.intervalSeconds })}</p>
    </section>
  )
}

/** What is open and what is planned, before anything else. */
function Now({ snapshot, language }: PageProps): VNode {
  const open = snapshot.incidents.filter(({ resolvedMs }) => resolvedMs === undefined)
  return (
    <>
      {open.length > 0 && (
        <section aria-labelledby="now">
          <h2 id="now">{ui.now[language]}</h2>
          {open.map((incident) => (
            <IncidentCard incident={incident} snapshot={snapshot} language={language} />
          ))}
        </section>
      )}
      {snapshot.maintenance.length > 0 && (
        <section aria-labelledby="planned">
          <h2 id="planned">{ui.planned[language]}</h2>
          {snapshot.maintenance.map((planned) => (
            <Planned planned={planned} language={language} />
          ))}
        </section>
      )}
    </>
  )
}

function Planned({ planned, language }: { planned: Maintenance; language: Language }): VNode {
  const title = textIn(planned.title, language)
  const from = moment(planned.fromMs, language)
  const until = moment(planned.untilMs, language)
  return (
    <article class="incident planned">
      <h3 lang={title.language}>{title.text}</h3>
      <p class="when">{`${ui.from[language]} ${from} ${ui.until[language]} ${until}`}</p>
    </article>
  )
}

type CardProps = {
  readonly incident: Incident
  readonly snapshot: Snapshot
  readonly language: Language
}

function IncidentCard({ incident, snapshot, language }: CardProps): VNode {
  const { id, openedMs, resolvedMs, components, origin, updates } = incident
  const title = textIn(incident.title, language)
  const names = components.map(
    (one) => snapshot.components.find((view) => view.id === one)?.name[language] ?? one,
  )
  const opened = moment(openedMs, language)
  const lasted = duration((resolvedMs ?? openedMs) - openedMs, language)
  const when =
    resolvedMs === undefined
      ? fill(ui.ongoing[language], { time: opened })
      : `${opened}, ${fill(ui.lasted[language], { duration: lasted })}`
  const facts = [when, ...(origin === 'automatic' ? [ui.automatic[language]] : names)]
  return (
    <article class={`incident${resolvedMs === undefined ? ' open' : ''}`} id={`incident-${id}`}>
      <h3 lang={title.language}>{title.text}</h3>
      <p class="when">{facts.join(' · ')}</p>
      <ul class="updates">
        {updates.map(({ atMs, kind, text }) => {
          const found = textIn(text, language)
          return (
            <li>
              <p>
                <b>{updateNames[kind][language]}.</b>{' '}
                <span lang={found.language}>{found.text}</span>
              </p>
              <time dateTime={new Date(atMs).toISOString()}>{moment(atMs, language)}</time>
            </li>
          )
        })}
      </ul>
    </article>
  )
}

function Past({ snapshot, language }: PageProps): VNode {
  const past = snapshot.incidents.filter(({ resolvedMs }) => resolvedMs !== undefined)
  const none = snapshot.historyAway ? ui.pastAway[language] : ui.noPast[language]
  const whole = snapshot.incidents.length === 0
  return (
    <section aria-labelledby="past">
      <h2 id="past">{ui.past[language]}</h2>
      {past.length === 0 && <p class="intro">{whole ? none : '–'}</p>}
      {past.map((incident) => (
        <IncidentCard incident={incident} snapshot={snapshot} language={language} />
      ))}
    </section>
  )
}

function How({ snapshot, language, config }: PageProps): VNode {
  const thresholds = { down: config.confirmDown, up: config.confirmUp }
  return (
    <section aria-labelledby="how">
      <h2 id="how">{ui.how[language]}</h2>
      <p>{fill(ui.howRule[language], thresholds)}</p>
      <p>
        {ui.howLimit[language]} {placesText(snapshot, language)}
      </p>
      {snapshot.rehearsals.map(({ state }) => (
        <p class="note rehearsal">
          {ui.rehearsal[language]}{' '}
          <b class={colourOf[state]}>{stateNames[state][language].toLocaleLowerCase(language)}</b>.
        </p>
      ))}
    </section>
  )
}

/** Heard of so lately that it has a vote. */
const HEARD_MS = 60_000

function placesText({ vantages, nowMs }: Snapshot, language: Language): string {
  if (vantages.length === 0) return ui.howOne[language]
  const looking = vantages.filter(({ heardMs = -Infinity }) => nowMs - heardMs <= HEARD_MS)
  const values = { places: vantages.length + 1, looking: looking.length + 1 }
  return fill(ui.howMany[language], values)
}

function Follow({ language, subscribe }: PageProps): VNode {
  return (
    <section aria-labelledby="follow">
      <h2 id="follow">{ui.follow[language]}</h2>
      {subscribe.open && <Subscribe language={language} mail={subscribe.mail} />}
      <p>
        <a class="button quiet" href={`/feed.${language}.atom`}>
          {ui.feed[language]}
        </a>
        <a class="button quiet" href="/status.json">
          {ui.asJson[language]}
        </a>
      </p>
    </section>
  )
}
