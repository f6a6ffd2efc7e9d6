/**
 * Looks whether the outage that the objective allows is being used up too fast, and tells it when
 * it begins and when it is over: detection makes alerts of it.
 *
 * @module
 */
import { budgetOf, burnOf, burnWindowsMs, type Budget } from '#lib/availability/budget.ts'
import { addSpent, nothing, type Spent } from '#lib/availability/time.ts'
import type { AuditTrail } from '#audit/trail.ts'
import type { ObjectiveConfig } from './config.ts'
import type { Minute } from './session.ts'
import type { StatusStore } from './store.ts'

const DAY_MS = 86_400_000
const LOOK_EVERY_MS = 30_000
const MINUTE_MS = 60_000

export class BudgetWatch {
  readonly #objective: ObjectiveConfig
  readonly #store: StatusStore
  readonly #trail: AuditTrail
  readonly #burning = new Map<string, string>()
  #budgets: ReadonlyMap<string, Budget> = new Map()
  #lookedMs = -Infinity

  constructor(objective: ObjectiveConfig, store: StatusStore, trail: AuditTrail) {
    this.#objective = objective
    this.#store = store
    this.#trail = trail
  }

  /** As last reckoned, by component. */
  get budgets(): ReadonlyMap<string, Budget> {
    return this.#budgets
  }

  /**
   * @param pending Minutes that are not stored yet.
   * @param monotonicMs By a clock that is never set: it looks no more often than needed.
   * @throws When the control database is away.
   */
  async look(
    components: readonly string[],
    pending: readonly Minute[],
    nowMs: number,
    monotonicMs: number,
  ): Promise<void> {
    if (monotonicMs - this.#lookedMs < LOOK_EVERY_MS) return
    const wholeMs = this.#objective.days * DAY_MS
    const windows = [...burnWindowsMs, wholeMs]
    const stored = await this.#store.spentWithin(windows, nowMs)
    this.#lookedMs = monotonicMs
    const budgets = new Map<string, Budget>()
    for (const id of components) {
      const spentIn = (windowMs: number): Spent => {
        const fromMs = nowMs - windowMs - MINUTE_MS
        return pending
          .filter(({ component, startMs }) => component === id && startMs >= fromMs)
          .reduce(addSpent, stored.get(`${id} ${windowMs}`) ?? nothing)
      }
      const budget = budgetOf(this.#objective, spentIn(wholeMs))
      budgets.set(id, budget)
      const burn = burnOf(this.#objective, spentIn)
      await this.#tell(id, burn?.rule.name, burn?.pace ?? 0, budget)
    }
    this.#budgets = budgets
  }

  async #tell(
    component: string,
    rule: string | undefined,
    pace: number,
    { leftMs, allowedMs }: Budget,
  ): Promise<void> {
    if (rule === this.#burning.get(component)) return
    const detail = {
      component,
      pace: Math.round(pace * 10) / 10,
      leftSeconds: Math.round(leftMs / 1000),
      allowedSeconds: Math.round(allowedMs / 1000),
    }
    if (rule === undefined) {
      this.#burning.delete(component)
      await this.#trail.append([{ code: 'STATUS_BUDGET_HOLDS', detail }])
    } else {
      this.#burning.set(component, rule)
      await this.#trail.append([{ code: 'STATUS_BUDGET_BURNS', detail: { ...detail, rule } }])
    }
  }
}
