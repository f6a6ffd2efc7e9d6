/**
 * A customer's own page: the promises that concern it alone, each with what was measured for it.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Language } from '#lib/claims/claim.ts'
import { describeFinding } from '#lib/claims/findings.ts'
import { Frame } from '#lib/page/frame.tsx'
import { Icon } from '#lib/page/icons.tsx'
import { moment } from '#lib/page/wording.ts'
import type { TrustConfig } from './config.ts'
import { customerTexts as own } from './customer-texts.ts'
import type { CustomerItem, CustomerView } from './customer.ts'
import { stateShapes, stateTexts, ui } from './texts.ts'

export type CustomerPageProps = {
  readonly view: CustomerView | undefined
  readonly token: string
  readonly language: Language
  readonly config: TrustConfig
  /** Where the stylesheet of this version is. */
  readonly stylesheet: string
}

const commands =
  'bin/veilig trust verify customer.bundle\npython3 bin/verify-evidence.py customer.bundle'

export function CustomerPage(props: CustomerPageProps): VNode {
  const { view, token, language, config, stylesheet } = props
  const title = view ? own.title[language] : own.unknown[language]
  return (
    <Frame
      language={language}
      at={view ? `/customer?token=${token}` : ''}
      title={`${title} · ${config.operator}`}
      operator={config.operator}
      kind={ui.trustPage[language]}
      stylesheet={stylesheet}
      skip={{ to: '#promises', text: ui.skip[language] }}
      head={<meta name="robots" content="noindex" />}
      foot={<a href={`/${language}`}>{own.all[language]}</a>}
    >
      <section id="promises">
        <h1>{title}</h1>
        {view ? <Own {...props} view={view} /> : <p class="count">{own.unknownText[language]}</p>}
      </section>
    </Frame>
  )
}

function Own(props: CustomerPageProps & { readonly view: CustomerView }): VNode {
  const { view, token, language } = props
  return (
    <>
      <p class="count">{view.names.join(' · ')}</p>
      <p class="intro">{own.intro[language]}</p>
      {view.items.map((item) => (
        <Item item={item} language={language} />
      ))}
      <h2 id="check">{ui.check[language]}</h2>
      <p>{own.check[language]}</p>
      <pre>
        <code>{commands}</code>
      </pre>
      <p>
        <a class="button" href={`/customer.bundle?token=${token}`} download="customer.bundle">
          {own.download[language]}
        </a>
      </p>
    </>
  )
}

function Item({ item, language }: { item: CustomerItem; language: Language }): VNode {
  const { status, part, proof } = item
  const { claim, state, record } = status
  const facts = [
    [ui.when, record ? moment(record.newest.measurement.endedMs, language) : ''],
    [ui.entry, String(proof.index)],
    [ui.name, <code>{claim.id}</code>],
  ] as const
  return (
    <div class="claim">
      <p class="own">
        <span class={`sign tint ${state}`}>
          <Icon shape={stateShapes[state]} />
        </span>
        <span>
          <span class="sentence">{claim.sentence[language]}</span>
          <span class="state">
            <b class={state}>{stateTexts[state].name[language]}</b>
          </span>
        </span>
      </p>
      <div class="more">
        <h3>{ui.measured[language]}</h3>
        <ul>
          {part.findings.map((finding) => (
            <li>{describeFinding(finding, language)}</li>
          ))}
        </ul>
        <h3>{ui.evidence[language]}</h3>
        <dl class="facts">
          {facts.map(([name, value]) => (
            <>
              <dt>{name[language]}</dt>
              <dd>{value}</dd>
            </>
          ))}
        </dl>
      </div>
    </div>
  )
}
