/**
 * One component on the page: its state, its ninety days, and what lies behind them.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Language } from '#lib/claims/claim.ts'
import type { Budget, Objective } from '#lib/availability/budget.ts'
import { percent, type Seen } from '#lib/availability/time.ts'
import { Icon, type Shape } from '#lib/page/icons.tsx'
import { day, ago, duration, fill, moment } from '#lib/page/wording.ts'
import { Bars, Line } from './charts.tsx'
import type { ComponentView } from './snapshot.ts'
import { dayNames, reasonTexts, stateNames, ui } from './texts.ts'

export type ComponentProps = {
  readonly view: ComponentView
  readonly nowMs: number
  readonly language: Language
  readonly objective: Objective
}

/** The colours of the trust page, by state. */
export const colourOf: Readonly<Record<Seen, string>> = {
  up: 'proven',
  down: 'failing',
  unknown: 'unproven',
}

const shapeOf: Readonly<Record<Seen, Shape>> = { up: 'check', down: 'cross', unknown: 'question' }

export function Component(props: ComponentProps): VNode {
  const { view, language } = props
  const colour = colourOf[view.state]
  const heading = `component-${view.id}`
  return (
    <article class="component" aria-labelledby={heading}>
      <div class="row">
        <span class={`sign tint ${colour}`}>
          <Icon shape={shapeOf[view.state]} />
        </span>
        <h3 id={heading}>{view.name[language]}</h3>
        <span class={`word ${colour}`}>{stateNames[view.state][language]}</span>
      </div>
      <Bars days={view.days} language={language} />
      <div class="share">
        <span>{ui.ago[language]}</span>
        <b>{shareText(view, language)}</b>
        <span>{ui.today[language]}</span>
      </div>
      <More {...props} />
    </article>
  )
}

const DECIMALS = 2

/** One percentage, or two when the unknown makes a difference that can be seen. */
export function shareText({ availability }: ComponentView, language: Language): string {
  if (!availability) return ''
  const lowest = percent(availability.lowest, DECIMALS)
  const highest = percent(availability.highest, DECIMALS)
  const comma = (text: string): string => (language === 'en' ? text : text.replace('.', ','))
  if (lowest === highest) return fill(ui.available[language], { percent: comma(lowest) })
  return fill(ui.between[language], { lowest: comma(lowest), highest: comma(highest) })
}

function More({ view, nowMs, language, objective }: ComponentProps): VNode {
  const { checkedMs, tookMs, reason, certificateEndsMs, days } = view
  const milliseconds = tookMs === undefined ? undefined : Math.max(1, Math.round(tookMs))
  const budget = view.budget && budgetText(view.budget, objective, language)
  const facts: readonly (readonly [string, string | undefined])[] = [
    [ui.budget[language], budget],
    [ui.reason[language], reason && (reasonTexts[reason]?.[language] ?? reason)],
    [ui.answered[language], milliseconds === undefined ? undefined : `${milliseconds} ms`],
    [ui.checked[language], checkedMs === undefined ? undefined : ago(checkedMs, nowMs, language)],
    [
      ui.certificate[language],
      certificateEndsMs === undefined ? undefined : moment(certificateEndsMs, language),
    ],
  ]
  const bad = days.filter(({ state }) => state !== 'none' && state !== 'up').toReversed()
  return (
    <details class="more">
      <summary>
        <span>
          {ui.details[language]} {view.name[language].toLocaleLowerCase(language)}
        </span>
        <Icon shape="chevron" />
      </summary>
      <Line took={view.took} nowMs={nowMs} language={language} />
      <dl class="facts">
        {facts.map(([name, value]) => value !== undefined && <Fact name={name} value={value} />)}
      </dl>
      {bad.length > 0 && <BadDays days={bad} language={language} />}
    </details>
  )
}

function budgetText(
  { allowedMs, leftMs }: Budget,
  objective: Objective,
  language: Language,
): string {
  const { percent: wanted, days } = objective
  const percent = new Intl.NumberFormat(language, { maximumFractionDigits: 3 }).format(wanted)
  const left = duration(Math.abs(leftMs), language)
  const values = { percent, days, left, allowed: duration(allowedMs, language) }
  return fill((leftMs < 0 ? ui.budgetGone : ui.budgetLeft)[language], values)
}

function Fact({ name, value }: { readonly name: string; readonly value: string }): VNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  )
}

type BadDaysProps = { readonly days: ComponentView['days']; readonly language: Language }

function BadDays({ days, language }: BadDaysProps): VNode {
  const length = (ms: number): string => (ms < 1000 ? '–' : duration(ms, language))
  return (
    <table>
      <caption>{ui.badDays[language]}</caption>
      <thead>
        <tr>
          <th scope="col">{ui.day[language]}</th>
          <th scope="col">{ui.down[language]}</th>
          <th scope="col">{ui.unknown[language]}</th>
        </tr>
      </thead>
      <tbody>
        {days.map((one) => (
          <tr>
            <th scope="row">
              {day(one.startMs, language)}
              <br />
              {dayNames[one.state][language]}
            </th>
            <td>{length(one.downMs)}</td>
            <td>{length(one.unknownMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
