/**
 * What the page says at a moment, made from memory and history. Pure.
 *
 * @module
 */
import type { Words } from '#lib/claims/claim.ts'
import { lastDays, type Day, type Stretch } from '#lib/availability/days.ts'
import {
  addSpent,
  availability,
  nothing,
  type Availability,
  type Seen,
} from '#lib/availability/time.ts'
import type { Budget } from '#lib/availability/budget.ts'
import type { Incident, Maintenance } from './incidents/incident.ts'
import { DAYS_SHOWN, type Remembered } from './keeper.ts'
import type { Watched } from './ports.ts'
import type { StatusSession } from './session.ts'
import type { Took } from './store.ts'
import type { VantageNow } from './vantage/votes.ts'

export type ComponentView = {
  readonly id: string
  readonly name: Words
  readonly state: Seen
  readonly sinceMs: number
  readonly checkedMs?: number
  readonly tookMs?: number
  readonly reason?: string
  readonly certificateEndsMs?: number
  readonly days: readonly Day[]
  readonly availability?: Availability
  readonly took: readonly Took[]
  /** Of outage, within the days of the objective. */
  readonly budget?: Budget
}

/** What the whole page comes down to, the gravest first. */
export type Overall = 'all-down' | 'some-down' | 'unknown' | 'incident' | 'up'

export type Snapshot = {
  readonly nowMs: number
  readonly overall: Overall
  readonly components: readonly ComponentView[]
  readonly rehearsals: readonly ComponentView[]
  readonly incidents: readonly Incident[]
  readonly maintenance: readonly Maintenance[]
  readonly historyAway: boolean
  /** Who else looks. */
  readonly vantages: readonly VantageNow[]
}

export function snapshotOf(
  watched: readonly Watched[],
  session: StatusSession,
  remembered: Remembered,
  nowMs: number,
): Snapshot {
  const view = (one: Watched): ComponentView => componentView(one, session, remembered, nowMs)
  const components = watched.filter(({ rehearsal }) => rehearsal !== true).map(view)
  const { incidents, maintenance } = remembered.history
  return {
    nowMs,
    overall: overallOf(components, incidents),
    components,
    rehearsals: watched.filter(({ rehearsal }) => rehearsal === true).map(view),
    incidents,
    maintenance,
    historyAway: remembered.away,
    vantages: [],
  }
}

function overallOf(components: readonly ComponentView[], incidents: readonly Incident[]): Overall {
  const down = components.filter(({ state }) => state === 'down').length
  if (down > 0) return down === components.length ? 'all-down' : 'some-down'
  if (components.some(({ state }) => state === 'unknown')) return 'unknown'
  const open = incidents.some(({ resolvedMs, origin }) => !resolvedMs && origin === 'staff')
  return open ? 'incident' : 'up'
}

function componentView(
  { id, name }: Watched,
  session: StatusSession,
  { history, budgets }: Remembered,
  nowMs: number,
): ComponentView {
  const { confirmed, last } = session.now(id, nowMs)
  const known = history.components.get(id)
  const budget = budgets.get(id)
  const unsaved = session.pending().filter(({ component }) => component === id)
  const stretches: readonly Stretch[] = [...(known?.stretches ?? []), ...unsaved]
  // The seconds since the last check are nobody's yet, as long as the next is not late.
  const untilMs = last && confirmed.state !== 'unknown' ? last.atMs : nowMs
  const days = lastDays(stretches, known?.sinceMs ?? untilMs, untilMs, DAYS_SHOWN)
  const share = availability(days.reduce(addSpent, nothing))
  return {
    id,
    name,
    state: confirmed.state,
    sinceMs: confirmed.sinceMs,
    ...(last ? { checkedMs: last.atMs } : {}),
    ...(last?.seen === 'up' ? { tookMs: last.tookMs } : {}),
    ...(last?.reason === undefined ? {} : { reason: last.reason }),
    ...(last?.certificateEndsMs === undefined ? {} : { certificateEndsMs: last.certificateEndsMs }),
    days,
    ...(share ? { availability: share } : {}),
    took: known?.took ?? [],
    ...(budget ? { budget } : {}),
  }
}
