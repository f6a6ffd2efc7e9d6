/**
 * The trust page: one document, no script, readable in a minute.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { LogKeys } from '#crypto/log-keys.ts'
import type { Language, SectionId } from '#lib/claims/claim.ts'
import { historyOf, type History } from '#lib/claims/history.ts'
import { countStates, type ClaimStatus } from '#lib/claims/state.ts'
import { sections } from '#lib/claims/table.ts'
import { Frame } from '#lib/page/frame.tsx'
import { Icon } from '#lib/page/icons.tsx'
import { fill, moment } from '#lib/page/wording.ts'
import { ClaimItem } from './claim.tsx'
import type { TrustConfig } from './config.ts'
import { Ring } from './ring.tsx'
import type { Snapshot } from './session.ts'
import { Subprocessors, Verify } from './colophon.tsx'
import { notClaimed, stateShapes, stateTexts, ui } from './texts.ts'
import { headline } from './wording.ts'

export type PageProps = {
  readonly snapshot: Snapshot
  readonly history: History
  readonly language: Language
  readonly config: TrustConfig
  /** Where the stylesheet of this version is. */
  readonly stylesheet: string
}

export function Page(props: PageProps): VNode {
  const { language, config, stylesheet } = props
  return (
    <Frame
      language={language}
      title={`${ui.title[language]} · ${config.operator}`}
      operator={config.operator}
      kind={ui.trustPage[language]}
      stylesheet={stylesheet}
      skip={{ to: '#promises', text: ui.skip[language] }}
      head={<meta name="description" content={ui.intro[language]} />}
      foot={<Foot {...props} />}
    >
      <Answer {...props} />
      <Contents {...props} />
      <div id="promises">
        {sectionIds.map((id) => (
          <Section id={id} {...props} />
        ))}
      </div>
      <NotClaimed language={language} />
      <Subprocessors {...props} />
      <Verify {...props} />
    </Frame>
  )
}

const sectionIds = Object.keys(sections) as readonly SectionId[]

function Answer({ snapshot, language }: PageProps): VNode {
  const counts = countStates(snapshot.statuses)
  const { answer, count, state } = headline(counts, language)
  return (
    <section>
      <h1>{ui.title[language]}</h1>
      <div class="first">
        <div>
          <p class={`answer ${state}`}>{answer}</p>
          <p class="count">{count}</p>
        </div>
        <Ring counts={counts} />
      </div>
      {snapshot.problem && (
        <p class="alarm tint failing" role="alert">
          {fill(ui.brokenLog[language], { code: snapshot.problem })}
        </p>
      )}
      <Glance snapshot={snapshot} language={language} />
      <p class="intro">{ui.intro[language]}</p>
      <Legend snapshot={snapshot} language={language} />
    </section>
  )
}

/** What the signs mean, each with its count: also those that nothing has at the moment. */
function Legend({ snapshot, language }: Pick<PageProps, 'snapshot' | 'language'>): VNode {
  const counts = countStates(snapshot.statuses)
  return (
    <>
      <h2 class="minor">{ui.legend[language]}</h2>
      <ul class="legend">
        {legendOrder.map((state) => (
          <li>
            <span class={`sign tint ${state}`}>
              <Icon shape={stateShapes[state]} />
            </span>
            <b class={`number ${state}`}>{counts[state]}</b>
            <span class="meaning">
              <b class={state}>{stateTexts[state].name[language]}</b> ·{' '}
              {stateTexts[state].means[language]}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

/** What is wrong first, so that it cannot stand where nobody looks; then what holds. */
const glanceOrder = ['failing', 'excepted', 'stale', 'proven', 'unproven'] as const
const legendOrder = ['proven', 'unproven', 'stale', 'excepted', 'failing'] as const

/** Every promise as one square. */
function Glance({ snapshot, language }: Pick<PageProps, 'snapshot' | 'language'>): VNode {
  const ordered = snapshot.statuses.toSorted(
    (a, b) => glanceOrder.indexOf(a.state) - glanceOrder.indexOf(b.state),
  )
  return (
    <ul class="glance" aria-label={ui.overview[language]}>
      {ordered.map(({ claim, state }) => (
        <li>
          <a
            class={`tint ${state}`}
            href={`#${claim.id}`}
            title={claim.sentence[language]}
            aria-label={`${stateTexts[state].name[language]}: ${claim.sentence[language]}`}
          >
            <Icon shape={stateShapes[state]} />
          </a>
        </li>
      ))}
    </ul>
  )
}

function Contents({ snapshot, language }: PageProps): VNode {
  return (
    <nav aria-label={ui.contents[language]}>
      <h2 class="minor">{ui.contents[language]}</h2>
      <ul class="topics">
        {sectionIds.map((id) => {
          const inside = of(snapshot.statuses, id)
          const proven = inside.filter(({ state }) => state === 'proven').length
          return (
            <li>
              <a href={`#${id}`}>
                {sections[id][language]}
                <span class="dots" role="img" aria-label={`${proven} / ${inside.length}`}>
                  {inside.map(({ state }) => (
                    <span class={`dot ${state}`} />
                  ))}
                </span>
              </a>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

function of(statuses: readonly ClaimStatus[], id: SectionId): readonly ClaimStatus[] {
  return statuses.filter(({ claim }) => claim.section === id)
}

function Section({
  id,
  snapshot,
  language,
  history,
}: PageProps & { readonly id: SectionId }): VNode {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{sections[id][language]}</h2>
      {of(snapshot.statuses, id).map((status) => (
        <ClaimItem
          status={status}
          nowMs={snapshot.nowMs}
          language={language}
          broken={snapshot.problem !== undefined}
          history={historyOf(history, status.claim.id, snapshot.nowMs)}
        />
      ))}
    </section>
  )
}

function NotClaimed({ language }: Pick<PageProps, 'language'>): VNode {
  return (
    <section>
      <h2>{ui.notClaimed[language]}</h2>
      <ul class="plain">
        {notClaimed.map((text) => (
          <li>{text[language]}</li>
        ))}
      </ul>
    </section>
  )
}

const KEYS_SHOWN_MAX = 3

/** The keys before the present one, the newest of them first, each with the end of its term. */
function formerKeys({ terms }: LogKeys): readonly { keyId: string; untilMs: number }[] {
  const ended = terms.slice(1).map(({ sinceMs = 0 }, at) => {
    return { keyId: terms[at]?.keyId ?? '', untilMs: sinceMs }
  })
  return ended.toReversed().slice(0, KEYS_SHOWN_MAX)
}

function Foot({ snapshot, language }: PageProps): VNode {
  const { view, nowMs } = snapshot
  return (
    <>
      <p>{fill(ui.made[language], { time: moment(nowMs, language) })}</p>
      {view && (
        <dl class="facts">
          <dt>{ui.register[language]}</dt>
          <dd>
            <code>{view.checkpoint.origin}</code>: {view.checkpoint.size} {ui.entries[language]}
          </dd>
          <dt>{ui.root[language]}</dt>
          <dd>
            <code>{Buffer.from(view.checkpoint.root).toString('hex')}</code>
          </dd>
          <dt>{ui.key[language]}</dt>
          <dd>
            <code>{view.keys.newest.keyId}</code>
          </dd>
          {view.keys.terms.length > 1 && (
            <>
              <dt>{ui.keysBefore[language]}</dt>
              {formerKeys(view.keys).map(({ keyId, untilMs }) => (
                <dd>
                  <code>{keyId}</code>{' '}
                  {fill(ui.until[language], { time: moment(untilMs, language) })}
                </dd>
              ))}
            </>
          )}
        </dl>
      )}
    </>
  )
}
