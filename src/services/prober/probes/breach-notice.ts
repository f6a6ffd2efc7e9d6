/**
 * breach.notice: nobody who must be told of a breach is told too late.
 *
 * The duties are reckoned here, from two books that must say the same: the register, and what the
 * audit trail has of it. A line that vanished from one of them shows as a difference.
 *
 * @module
 */
import type { CustomerFindings } from '#crypto/customer-leaves.ts'
import { dutiesOf, overdue, type BreachStep, type Duty } from '#lib/breach/duties.ts'
import type { Finding } from '#lib/claims/statement.ts'
import type { Clock } from '#system/clock.ts'
import { finding, verdictOf, type Probe } from '../probe.ts'

export type BreachTarget = {
  /** What the register says is owed, by breach. */
  readonly register: (signal: AbortSignal) => Promise<ReadonlyMap<string, readonly Duty[]>>
  /** The steps of each breach, by the audit trail. */
  readonly trail: (signal: AbortSignal) => Promise<ReadonlyMap<string, readonly BreachStep[]>>
  readonly clock: Clock
}

const HOUR_MS = 3_600_000
/** A step lands in one book a moment before the other. */
const AGAIN_MS = 1000

export function breachNoticeProbe(target: BreachTarget): Probe {
  return {
    version: 1,
    measure: async (signal) => {
      let books = await readBoth(target, signal)
      if (differences(books).length > 0) {
        await target.clock.sleep(AGAIN_MS, signal)
        books = await readBoth(target, signal)
      }
      const nowMs = target.clock.nowMs()
      const all = [...books.register, ...books.trail]
      const late = new Map(all.flatMap(([id, duties]) => lateness(id, duties, nowMs)))
      const bad = [...late.values(), ...differences(books)]
      const count = [...books.register.values()].flat().length
      const good =
        books.register.size === 0
          ? finding('BREACH_NONE')
          : finding('BREACH_CLOCKS_KEPT', { notices: count })
      return { ...verdictOf([good], bad), customers: customersOf(books.register, nowMs) }
    },
  }
}

const CUSTOMER = 'tenant:'

/** Each customer's own: what it must be told of, and whether it was. */
function customersOf(register: Duties, nowMs: number): CustomerFindings {
  const all = new Map<string, Finding[]>()
  for (const [breach, duties] of register) {
    for (const { recipient, dueMs, doneMs } of duties) {
      if (!recipient.startsWith(CUSTOMER)) continue
      const due = new Date(dueMs).toISOString()
      const found =
        doneMs === undefined
          ? finding(nowMs > dueMs ? 'CUSTOMER_NOTICE_LATE' : 'CUSTOMER_NOTICE_DUE', { breach, due })
          : finding('CUSTOMER_TOLD', { breach, due, told: new Date(doneMs).toISOString() })
      const customer = recipient.slice(CUSTOMER.length)
      all.set(customer, [...(all.get(customer) ?? []), found])
    }
  }
  return all
}

type Duties = ReadonlyMap<string, readonly Duty[]>
type Books = { readonly register: Duties; readonly trail: Duties }

async function readBoth(target: BreachTarget, signal: AbortSignal): Promise<Books> {
  const register = await target.register(signal)
  const steps = await target.trail(signal)
  const trail = new Map([...steps].map(([id, taken]) => [id, dutiesOf(taken)]))
  return { register, trail }
}

function lateness(id: string, duties: readonly Duty[], nowMs: number): [string, Finding][] {
  return overdue(duties, nowMs).map(({ recipient, dueMs }) => {
    const hours = Math.ceil((nowMs - dueMs) / HOUR_MS)
    // Whom it concerns is between them and us; that a notice is late is everybody's.
    return [`${id} ${recipient}`, finding('BREACH_OVERDUE', { breach: id, hours })]
  })
}

function differences({ register, trail }: Books): Finding[] {
  const ids = new Set([...register.keys(), ...trail.keys()])
  return [...ids]
    .filter((id) => essence(register.get(id)) !== essence(trail.get(id)))
    .map((id) => finding('BREACH_BOOKS_DIFFER', { breach: id }))
}

function essence(duties: readonly Duty[] | undefined): string {
  const shapes = duties?.map(({ recipient, dueMs, doneMs }) => {
    return `${recipient} ${dueMs} ${doneMs !== undefined}`
  })
  return JSON.stringify(shapes?.toSorted())
}
