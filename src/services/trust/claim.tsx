/**
 * One claim on the page: the sentence with its state, opening to everything behind it.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import type { Language, Words } from '#lib/claims/claim.ts'
import { describeFinding } from '#lib/claims/findings.ts'
import type { ClaimStatus, Evidence } from '#lib/claims/state.ts'
import type { ClaimHistory } from '#lib/claims/history.ts'
import { Icon } from '#lib/page/icons.tsx'
import { ago, duration, fill, moment, since } from '#lib/page/wording.ts'
import { Year } from './year.tsx'
import { stateShapes, stateTexts, statusLines, ui, type UiText } from './texts.ts'

export type ClaimProps = {
  readonly status: ClaimStatus
  readonly nowMs: number
  readonly language: Language
  readonly broken: boolean
  readonly history: ClaimHistory
}

export function ClaimItem(props: ClaimProps): VNode {
  const { status, language } = props
  const { claim, state } = status
  return (
    <div class="claim" id={claim.id}>
      <details>
        <summary>
          <span class={`sign tint ${state}`}>
            <Icon shape={stateShapes[state]} />
          </span>
          <span>
            <span class="sentence">{claim.sentence[language]}</span>
            <span class="state">
              <b class={state}>{stateTexts[state].name[language]}</b> · {statusLine(props)}
            </span>
          </span>
          <Icon shape="chevron" />
        </summary>
        <ClaimDetail {...props} />
      </details>
    </div>
  )
}

/** What stands behind the state, in a few words. */
export function statusLine({ status, nowMs, language, broken }: ClaimProps): string {
  const { record, measured, reason, exception } = status
  if (exception) {
    const time = moment(exception.untilMs, language)
    return fill(ui.exception[language], { time, reason: exception.reason })
  }
  const key = broken ? 'broken-log' : reason === 'measured' ? measured : reason
  const shown = reason === 'measured' || reason === 'too-old' ? record?.decisive : record?.newest
  const age = shown ? ago(shown.measurement.endedMs, nowMs, language) : ''
  const from = since(record?.sinceMs ?? 0, nowMs, language)
  return fill(statusLines[key]?.[language] ?? '', { age, since: from })
}

function ClaimDetail({ status, language, history }: ClaimProps): VNode {
  const { claim, record, exception, measured } = status
  const state = stateTexts[measured].name[language].toLocaleLowerCase(language)
  return (
    <div class="more">
      {exception && <p class="note">{fill(ui.exceptionMeasured[language], { state })}</p>}
      <Part title="control" language={language}>
        <p>{claim.control[language]}</p>
      </Part>
      <Part title="measured" language={language}>
        {record ? (
          <Measured evidence={record.newest} language={language} />
        ) : (
          <p>{ui.nothingMeasured[language]}</p>
        )}
      </Part>
      {history.watchedMs > 0 && (
        <Part title="history" language={language}>
          <Year history={history} language={language} />
        </Part>
      )}
      <Part title="falsifiedBy" language={language}>
        <p>{claim.falsifiedBy[language]}</p>
      </Part>
      {claim.outdated && <Outdated text={claim.outdated} language={language} />}
      {record && <EvidenceFacts status={status} evidence={record.newest} language={language} />}
    </div>
  )
}

type PartProps = {
  readonly title: UiText
  readonly language: Language
  readonly children: ComponentChildren
}

function Part({ title, language, children }: PartProps): VNode {
  return (
    <>
      <h3>{ui[title][language]}</h3>
      {children}
    </>
  )
}

function Outdated({ text, language }: { text: Words; language: Language }): VNode {
  return (
    <Part title="outdated" language={language}>
      <p class="note">{text[language]}</p>
    </Part>
  )
}

function Measured({ evidence, language }: { evidence: Evidence; language: Language }): VNode {
  return (
    <ul>
      {evidence.measurement.findings.map((finding) => (
        <li>{describeFinding(finding, language)}</li>
      ))}
    </ul>
  )
}

type FactsProps = {
  readonly status: ClaimStatus
  readonly evidence: Evidence
  readonly language: Language
}

function EvidenceFacts({ status, evidence, language }: FactsProps): VNode {
  const { measurement, index, leafHash, keyId } = evidence
  const { count, firstMs } = measurement.runs
  const runs = fill(ui.runs[language], { count, time: moment(firstMs, language) })
  const when = moment(measurement.endedMs, language)
  const facts: readonly (readonly [UiText, ComponentChildren])[] = [
    ['when', count > 1 ? `${when} (${runs})` : when],
    ['bound', duration(status.claim.boundMs, language)],
    ['entry', String(index)],
    ['hash', <code>{leafHash}</code>],
    ['key', <code>{keyId.slice(0, KEY_SHOWN)}…</code>],
    ['name', <code>{status.claim.id}</code>],
  ]
  return (
    <Part title="evidence" language={language}>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <>
            <dt>{ui[name][language]}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
      <p class="note">
        {ui.checkText[language]} <a href="#check">{ui.check[language]}</a>
      </p>
    </Part>
  )
}

/** Hex digits of the key's identifier; the whole of it stands at the foot of the page. */
const KEY_SHOWN = 16
