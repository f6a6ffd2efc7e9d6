/**
 * The status for programs.
 *
 * @module
 */
import type { Words } from '#lib/claims/claim.ts'
import type { Budget } from '#lib/availability/budget.ts'
import type { Availability, Seen } from '#lib/availability/time.ts'
import type { DayState } from '#lib/availability/days.ts'
import type { Text, UpdateKind } from './incidents/incident.ts'
import type { ComponentView, Overall, Snapshot } from './snapshot.ts'

export type ComponentJson = {
  readonly id: string
  readonly name: Words
  readonly state: Seen
  readonly since: string
  readonly checked?: string
  readonly answeredInMs?: number
  readonly reason?: string
  readonly certificateEnds?: string
  readonly availability?: Availability
  /** Seconds of outage that the objective allows in its days, and what is left of them. */
  readonly budget?: { readonly allowedSeconds: number; readonly leftSeconds: number }
  /** Days that were watched and were not wholly up. */
  readonly days: readonly {
    readonly day: string
    readonly state: DayState
    readonly downSeconds: number
    readonly unknownSeconds: number
  }[]
}

export type StatusJson = {
  readonly generated: string
  readonly overall: Overall
  /** False when the past is only the last known, because the control database is away. */
  readonly historyCurrent: boolean
  readonly components: readonly ComponentJson[]
  /** Switched off on purpose to check that this page shows outages. */
  readonly rehearsals: readonly ComponentJson[]
  readonly incidents: readonly {
    readonly id: number
    readonly origin: string
    readonly components: readonly string[]
    readonly title: Text
    readonly opened: string
    readonly resolved?: string
    readonly updates: readonly {
      readonly at: string
      readonly kind: UpdateKind
      readonly text: Text
    }[]
  }[]
  readonly maintenance: readonly {
    readonly id: number
    readonly title: Text
    readonly from: string
    readonly until: string
  }[]
  /** Who else looks, and when each was last heard of. */
  readonly vantages: readonly { readonly name: string; readonly heard?: string }[]
}

export function statusJson(snapshot: Snapshot): StatusJson {
  return {
    generated: iso(snapshot.nowMs),
    overall: snapshot.overall,
    historyCurrent: !snapshot.historyAway,
    components: snapshot.components.map(componentJson),
    rehearsals: snapshot.rehearsals.map(componentJson),
    incidents: snapshot.incidents.map(({ openedMs, resolvedMs, updates, ...rest }) => ({
      ...rest,
      opened: iso(openedMs),
      ...(resolvedMs === undefined ? {} : { resolved: iso(resolvedMs) }),
      updates: updates.map(({ atMs, kind, text }) => ({ at: iso(atMs), kind, text })),
    })),
    maintenance: snapshot.maintenance.map(({ id, title, fromMs, untilMs }) => ({
      id,
      title,
      from: iso(fromMs),
      until: iso(untilMs),
    })),
    vantages: snapshot.vantages.map(({ name, heardMs }) => ({
      name,
      ...(heardMs === undefined ? {} : { heard: iso(heardMs) }),
    })),
  }
}

function componentJson(view: ComponentView): ComponentJson {
  const { id, name, state, sinceMs, checkedMs, tookMs, reason, certificateEndsMs } = view
  return {
    id,
    name,
    state,
    since: iso(sinceMs),
    ...(checkedMs === undefined ? {} : { checked: iso(checkedMs) }),
    ...(tookMs === undefined ? {} : { answeredInMs: Math.round(tookMs) }),
    ...(reason === undefined ? {} : { reason }),
    ...(certificateEndsMs === undefined ? {} : { certificateEnds: iso(certificateEndsMs) }),
    ...(view.availability ? { availability: view.availability } : {}),
    ...(view.budget ? { budget: budgetJson(view.budget) } : {}),
    days: view.days
      .filter(({ state: day }) => day !== 'none' && day !== 'up')
      .map((day) => ({
        day: iso(day.startMs).slice(0, 10),
        state: day.state,
        downSeconds: Math.round(day.downMs / 1000),
        unknownSeconds: Math.round(day.unknownMs / 1000),
      })),
  }
}

function budgetJson({ allowedMs, leftMs }: Budget): NonNullable<ComponentJson['budget']> {
  return {
    allowedSeconds: Math.round(allowedMs / 1000),
    leftSeconds: Math.floor(leftMs / 1000),
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
