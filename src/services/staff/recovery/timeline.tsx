/**
 * The picture of all that can be brought back: a bar of time, and the backups that stand on it.
 *
 * It is drawn here, so that the page works without a script; once for wide screens and once for
 * narrow ones, for a text must not shrink with the picture.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Recovery } from '../ports.ts'
import { columnsOf, shareOf, ticksOf, type Column, type Span, type View } from './view.ts'
import { dayOf, instant, spoken } from './words.ts'

const HEIGHT = 118
/** From top to bottom: the picked moment's words, marks, the bar, the scale. */
const MARKS_BOTTOM = 72
const BAR = { y: 76, height: 14 } as const
const FULL_HEIGHT = 34
const DIFFERENCE_HEIGHT = 17
const PLACE_WIDTH = 8

const SIZES = [
  { name: 'wide', width: 960, ticks: 10 },
  { name: 'narrow', width: 352, ticks: 4 },
] as const

type Size = (typeof SIZES)[number]

export type TimelineProps = {
  readonly recovery: Recovery
  readonly view: View
  readonly atMs: number | undefined
  readonly nowMs: number
}

export function Timeline(props: TimelineProps): VNode {
  return (
    <figure class="timeline">
      {SIZES.map((size) => (
        <Picture {...props} size={size} />
      ))}
      <Legend {...props} />
    </figure>
  )
}

function Picture({ recovery, view, atMs, nowMs, size }: TimelineProps & { size: Size }): VNode {
  const { backups, untilMs = nowMs, uncertain, gaps, holds, destroyed } = recovery
  const { width, name } = size
  const x = (ms: number): number =>
    Math.round(Math.max(0, Math.min(1, shareOf(ms, view))) * width * 10) / 10
  const first = Math.min(...backups.map(({ finishedMs }) => finishedMs))
  const heldMs = Math.min(...holds.map(({ fromMs }) => fromMs))
  const said = `From ${spoken(view.fromMs, nowMs)} to ${spoken(view.toMs, nowMs)} UTC`
  const bar = (what: string, fromMs: number, toMs: number, words: string): VNode | null => {
    const [from, to] = [x(fromMs), x(toMs)]
    if (fromMs >= view.toMs || toMs <= view.fromMs) return null
    // However short it was, it is seen.
    return (
      <rect class={`bar ${what}`} x={from} {...BAR} width={Math.max(2, to - from)}>
        <title>{words}</title>
      </rect>
    )
  }
  return (
    <svg class={name} viewBox={`-6 0 ${width + 12} ${HEIGHT}`} role="group" aria-label={said}>
      <Hatch name={name} />
      <clipPath id={`ends-${name}`}>
        <rect x="0" {...BAR} width={width} rx="7" />
      </clipPath>
      <g clip-path={`url(#ends-${name})`}>
        <rect class="bar ground" x="0" {...BAR} width={width} />
        {destroyed && bar('destroyed', view.fromMs, first, 'Destroyed')}
        {bar('kept', first, untilMs, 'Every second can be brought back')}
        {uncertain.map((one) =>
          bar(`unsure ${name}`, one.fromMs, one.toMs, 'Of another branch, perhaps'),
        )}
        {gaps.map((gap) => bar(`gap ${name}`, gap.fromMs, gap.toMs, `Cannot be: ${gap.why}`))}
      </g>
      {holds.length > 0 && heldMs < view.toMs && (
        <path class="held" d={`M${x(heldMs)} ${BAR.y + BAR.height + 4}H${width}`} />
      )}
      {ticksOf(view, size.ticks).map(({ ms, day }) => (
        <text
          class={day ? 'day' : undefined}
          x={Math.min(width - 18, Math.max(18, x(ms)))}
          y={HEIGHT - 3}
        >
          {day ? dayOf(ms) : instant(ms).slice(11, 16)}
        </text>
      ))}
      {columnsOf(backups, view, Math.floor(width / PLACE_WIDTH)).map((column) => (
        <Mark column={column} x={column.at * width} span={view.span} nowMs={nowMs} />
      ))}
      {atMs !== undefined && atMs >= view.fromMs && atMs <= view.toMs && (
        <Picked x={x(atMs)} width={width} words={spoken(atMs, nowMs)} />
      )}
    </svg>
  )
}

/** What a stripe means is told by its slope as well as by its colour. */
function Hatch({ name }: { readonly name: string }): VNode {
  return (
    <defs>
      {(['gap', 'unsure'] as const).map((what) => (
        <pattern
          id={`${what}-${name}`}
          width="6"
          height="6"
          patternUnits="userSpaceOnUse"
          patternTransform={what === 'gap' ? 'rotate(45)' : 'rotate(-45)'}
        >
          <rect class={`${what} ground`} width="6" height="6" />
          <rect class={`${what} stripe`} width="3" height="6" />
        </pattern>
      ))}
    </defs>
  )
}

type MarkProps = {
  readonly column: Column
  readonly x: number
  readonly span: Span
  readonly nowMs: number
}

/** Full backups stand out by height, drilled ones are filled. One backup picks its moment. */
function Mark({ column, x, span, nowMs }: MarkProps): VNode {
  const { backups, full, drilled, damaged } = column
  const height = full ? FULL_HEIGHT : DIFFERENCE_HEIGHT
  const last = backups.at(-1)
  const firstMs = backups[0]?.finishedMs ?? 0
  const lastMs = last?.finishedMs ?? 0
  const near = backups.length === 1 ? span : span === 'all' ? 'week' : 'day'
  const words =
    backups.length === 1
      ? `${last?.kind} backup, ${spoken(lastMs, nowMs)}`
      : `${backups.length} backups, ${spoken(firstMs, nowMs)} to ${spoken(lastMs, nowMs)}`
  const state = `${damaged ? 'failing' : ''} ${drilled ? 'filled' : 'hollow'}`
  return (
    <a href={`/recovery?at=${instant(lastMs + 1000).slice(0, 19)}&span=${near}`}>
      <title>{words}</title>
      <rect
        class={`mark ${state}`}
        x={Math.round((x - 2.5) * 10) / 10}
        y={MARKS_BOTTOM - height}
        width="5"
        height={height}
        rx="1.5"
      />
    </a>
  )
}

function Picked(props: {
  readonly x: number
  readonly width: number
  readonly words: string
}): VNode {
  const { x, width, words } = props
  const half = words.length * 3.4 + 10
  const middle = Math.min(width - half + 6, Math.max(half - 6, x))
  return (
    <g class="picked">
      <path d={`M${x} 20V${BAR.y + BAR.height}`} />
      <circle cx={x} cy={BAR.y + BAR.height / 2} r="6" />
      <rect x={middle - half} y="1" width={half * 2} height="20" rx="10" />
      <text x={middle} y="15">
        {words}
      </text>
    </g>
  )
}

/** Only what is in the picture is explained. */
function Legend({ recovery, view }: TimelineProps): VNode {
  const { uncertain, gaps, holds, destroyed, backups } = recovery
  const seen = (one: { readonly fromMs: number; readonly toMs: number }): boolean =>
    one.fromMs < view.toMs && one.toMs > view.fromMs
  const shown = backups.filter(({ finishedMs: ms }) => seen({ fromMs: ms, toMs: ms + 1 }))
  const lines: readonly (readonly [boolean, string, string])[] = [
    [true, 'kept', 'every second can be brought back'],
    [gaps.some(seen), 'gap', 'cannot be brought back'],
    [uncertain.some(seen), 'unsure', 'may be of a branch that was left'],
    [holds.length > 0, 'held', 'held: nothing is destroyed'],
    [destroyed !== undefined && view.span === 'all', 'destroyed', 'destroyed'],
    [shown.some(({ kind }) => kind === 'full'), 'mark-full', 'full backup'],
    [shown.some(({ kind }) => kind !== 'full'), 'mark-part', 'differential'],
    [shown.some(({ drilledMs }) => drilledMs === undefined), 'mark-hollow', 'not drilled yet'],
    [shown.some(({ damagedPages }) => damagedPages > 0), 'mark-failing', 'with damaged pages'],
  ]
  return (
    <figcaption>
      <ul class="legend">
        {lines
          .filter(([is]) => is)
          .map(([, swatch, words]) => (
            <li>
              <i class={swatch} aria-hidden="true" />
              {words}
            </li>
          ))}
      </ul>
    </figcaption>
  )
}
