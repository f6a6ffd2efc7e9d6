/**
 * A claim's last twelve months as one strip, drawn here and not in a browser.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Language } from '#lib/claims/claim.ts'
import {
  HISTORY_DAYS,
  type ClaimHistory,
  type DayState,
  type HistoryDay,
} from '#lib/claims/history.ts'
import { fill, share } from '#lib/page/wording.ts'
import { ui } from './texts.ts'

const HEIGHT = 20

/** Top of each state's bar: what is wrong stands out by its height too. */
const tops: Readonly<Record<DayState, number>> = {
  failing: 0,
  excepted: 4,
  stale: 4,
  unproven: 12,
  proven: 6,
  unwatched: 18,
}

/** Undefined before anything was watched. */
export function Year(props: {
  readonly history: ClaimHistory
  readonly language: Language
}): VNode | undefined {
  const { history, language } = props
  const { days, watchedMs, provenMs } = history
  if (watchedMs === 0) return undefined
  // Rounded down: what was not always so is never called a hundred per cent.
  const part = share(Math.floor((provenMs / watchedMs) * 10_000) / 10_000, language)
  const text = fill(ui.historyText[language], { share: part, days: days.length })
  return (
    <>
      <svg
        class="year"
        viewBox={`0 0 ${HISTORY_DAYS} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text}
      >
        {runs(days).map(({ state, from, length }) => {
          const at = HISTORY_DAYS - days.length + from
          const height = HEIGHT - tops[state]
          return <rect class={state} x={at} y={tops[state]} width={length} height={height} />
        })}
      </svg>
      <p>{text}</p>
    </>
  )
}

type Run = { readonly state: DayState; readonly from: number; readonly length: number }

/** Neighbouring days of one state as one bar: a quiet year is one element, not 366. */
function runs(days: readonly HistoryDay[]): readonly Run[] {
  const found: Run[] = []
  for (const [from, { state }] of days.entries()) {
    const last = found.at(-1)
    if (last?.state === state) found[found.length - 1] = { ...last, length: last.length + 1 }
    else found.push({ state, from, length: 1 })
  }
  return found
}
