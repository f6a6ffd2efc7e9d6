/**
 * The duties of a breach: who must be told, by when, and who has been told. Pure.
 *
 * Two programs reckon with it from two books that ought to say the same: the status service from
 * its register, and the prober from the audit trail.
 *
 * @module
 */
import { HOUR_MS } from '../claims/claim.ts'

/** Whose data they are: a processor tells its customers, a controller the authority. */
export type Role = 'processor' | 'controller'

/** The law at a date. New law is a new row; a breach keeps the law of the day one became aware. */
export type Law = {
  /** RFC 3339 date from which it holds. */
  readonly from: string
  /** Hours from being aware to the notice to the authority (controller). */
  readonly authorityHours: number
  readonly source: string
}

export const laws: readonly Law[] = [
  { from: '2018-05-25', authorityHours: 72, source: 'Regulation (EU) 2016/679, article 33(1)' },
]

/** The law that holds at a moment; before the first, the first. */
export function lawAt(ms: number): Law {
  const found = laws.findLast(({ from }) => Date.parse(from) <= ms) ?? laws[0]
  if (!found) throw new RangeError('the table of law is empty')
  return found
}

/** What decides the duties. */
export type BreachFacts = {
  readonly role: Role
  /** When somebody was reasonably certain; the clock of the law starts here. */
  readonly awareMs: number
  /** Customers concerned. */
  readonly tenants: readonly string[]
  /** Hours to tell a customer, as promised ("without undue delay", art. 33(2)). */
  readonly customerHours: number
}

export type Duty = {
  /** `authority`, or a customer: `tenant:NAME`. */
  readonly recipient: string
  readonly dueMs: number
  readonly doneMs?: number
}

/** A step of a breach, in its order. */
export type BreachStep =
  | ({ readonly kind: 'recorded' | 'corrected' } & BreachFacts)
  | { readonly kind: 'notified'; readonly recipient: string; readonly atMs: number }
  | { readonly kind: 'closed'; readonly atMs: number }

/** All duties after these steps. Closing ends a breach, not a duty. */
export function dutiesOf(steps: readonly BreachStep[]): Duty[] {
  const facts = steps.flatMap((step) =>
    step.kind === 'recorded' || step.kind === 'corrected' ? [step] : [],
  )
  if (facts.length === 0) return []
  // A correction may bring a clock forward and add who must be told; it never gives more time.
  const awareMs = Math.min(...facts.map((fact) => fact.awareMs))
  const customerMs = Math.min(...facts.map((fact) => fact.customerHours)) * HOUR_MS
  const authority = facts.some(({ role }) => role === 'controller')
  const tenants = new Set(facts.flatMap((fact) => fact.tenants))
  const duty = (recipient: string, dueMs: number): Duty => {
    const done = steps.find((step) => step.kind === 'notified' && step.recipient === recipient)
    return done?.kind === 'notified'
      ? { recipient, dueMs, doneMs: done.atMs }
      : { recipient, dueMs }
  }
  return [
    ...(authority ? [duty('authority', awareMs + lawAt(awareMs).authorityHours * HOUR_MS)] : []),
    ...[...tenants].toSorted().map((name) => duty(`tenant:${name}`, awareMs + customerMs)),
  ]
}

/** Duties not done whose time is over. */
export function overdue(duties: readonly Duty[], nowMs: number): Duty[] {
  return duties.filter(({ doneMs, dueMs }) => doneMs === undefined && nowMs > dueMs)
}
