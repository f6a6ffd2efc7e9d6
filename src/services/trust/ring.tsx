/**
 * All promises as one ring, drawn here: who would rather look than read sees at once how much of it
 * is closed, and what breaks it.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { ClaimState } from '#lib/claims/state.ts'

/** What is wrong first, at the top; then what holds, clockwise. */
const order: readonly ClaimState[] = ['failing', 'excepted', 'stale', 'proven', 'unproven']

const SIZE = 120
const RADIUS = 50
/** Between two parts, in promises: they are told apart without their colours, too. */
const GAP = 0.25

/** Decorative: the words beside it say the same. */
export function Ring(props: { readonly counts: Readonly<Record<ClaimState, number>> }): VNode {
  const { counts } = props
  const total = order.reduce((sum, state) => sum + counts[state], 0)
  const shown = order.filter((state) => counts[state] > 0)
  const gap = shown.length > 1 ? GAP : 0
  let from = 0
  const parts = shown.map((state) => {
    const length = counts[state] - gap
    const part = (
      <circle
        class={state}
        cx={SIZE / 2}
        cy={SIZE / 2}
        r={RADIUS}
        pathLength={total}
        stroke-dasharray={`${length} ${total - length}`}
        stroke-dashoffset={-from}
      />
    )
    from += counts[state]
    return part
  })
  return (
    <svg class="ring" viewBox={`0 0 ${SIZE} ${SIZE}`} aria-hidden="true" focusable="false">
      <g transform={`rotate(-90 ${SIZE / 2} ${SIZE / 2})`}>{parts}</g>
      <text class="big" x="60" y="66">
        {counts.proven}
      </text>
      <text class="of" x="60" y="84">
        / {total}
      </text>
    </svg>
  )
}
