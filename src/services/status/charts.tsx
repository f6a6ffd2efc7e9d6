/**
 * The drawings of the page, made here and not in a browser: ninety days as bars, a day as a line.
 *
 * A bar tells its state by height and place as well as by colour, and the table below says it all.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Language } from '#lib/claims/claim.ts'
import type { Day, DayState } from '#lib/availability/days.ts'
import { fill } from '#lib/page/wording.ts'
import type { Took } from './store.ts'
import { barsText, ui } from './texts.ts'

const PITCH = 6
const BAR_WIDTH = 4
const HEIGHT = 36

/** Top and height of a bar. An outage stands out above the others; the unknown is half a bar. */
const shapes: Readonly<Record<DayState, readonly [top: number, height: number]>> = {
  none: [32, 4],
  unknown: [20, 16],
  up: [8, 28],
  partly: [4, 32],
  down: [0, 36],
}
const colours: Readonly<Record<DayState, string>> = {
  none: 'line',
  unknown: 'unproven',
  up: 'proven',
  partly: 'stale',
  down: 'failing',
}
const states = Object.keys(shapes) as readonly DayState[]

export function Bars({ days, language }: { days: readonly Day[]; language: Language }): VNode {
  const count = Object.fromEntries(
    states.map((state) => [state, days.filter((day) => day.state === state).length]),
  )
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${days.length * PITCH - (PITCH - BAR_WIDTH)} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={fill(barsText[language], count)}
    >
      {states.map((state) => (
        <path class={colours[state]} d={barsOf(days, state)} fill="currentColor" />
      ))}
    </svg>
  )
}

/** All bars of one state in one path: ninety elements less. */
function barsOf(days: readonly Day[], state: DayState): string {
  const [top, height] = shapes[state]
  return days
    .flatMap((day, at) => {
      if (day.state !== state) return []
      return [`M${at * PITCH} ${top}h${BAR_WIDTH}v${height}h-${BAR_WIDTH}z`]
    })
    .join('')
}

const LINE_WIDTH = 480
const LINE_HEIGHT = 56
const HALF_HOUR_MS = 1_800_000
const DAY_MS = 86_400_000

type LineProps = {
  readonly took: readonly Took[]
  readonly nowMs: number
  readonly language: Language
}

/** Answering times of the last day; where nothing answered, the line is broken. */
export function Line({ took, nowMs, language }: LineProps): VNode | undefined {
  const means = took.flatMap(({ meanMs }) => (meanMs === undefined ? [] : [meanMs]))
  if (means.length < 2) return undefined
  const most = Math.max(...means)
  const least = Math.min(...means)
  const range = fill(ui.tookRange[language], { least: shown(least), most: shown(most) })
  const fromMs = Math.floor((nowMs - DAY_MS) / HALF_HOUR_MS) * HALF_HOUR_MS
  let last: number | undefined
  const path = took.flatMap(({ startMs, meanMs }) => {
    if (meanMs === undefined) return []
    const x = ((startMs - fromMs) / (DAY_MS + HALF_HOUR_MS)) * LINE_WIDTH
    const y = LINE_HEIGHT - 4 - (meanMs / most) * (LINE_HEIGHT - 10)
    const joined = last !== undefined && startMs - last <= HALF_HOUR_MS
    last = startMs
    return [`${joined ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`]
  })
  const label = `${ui.tookDay[language]}: ${range}`
  return (
    <figure class="took">
      <figcaption>
        {ui.tookDay[language]} <span>{range}</span>
      </figcaption>
      <svg viewBox={`0 0 ${LINE_WIDTH} ${LINE_HEIGHT}`} role="img" aria-label={label}>
        <path class="axis" d={`M0 ${LINE_HEIGHT - 1}H${LINE_WIDTH}`} />
        <path class="line" d={path.join('')} />
      </svg>
    </figure>
  )
}

function shown(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms))
}
