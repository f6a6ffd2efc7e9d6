/**
 * Keeps memory and control database in step: stores minutes, opens and closes automatic incidents,
 * and remembers the last known history for when the database is away.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import { automaticOpened, automaticResolved, automaticTitle } from './incidents/incident.ts'
import type { Budget } from '#lib/availability/budget.ts'
import { BudgetWatch } from './budget-watch.ts'
import type { ObjectiveConfig } from './config.ts'
import type { StatusPorts } from './ports.ts'
import type { StatusSession } from './session.ts'
import type { History, StatusStore } from './store.ts'

export const DAYS_SHOWN = 90
const BEAT_MS = 2000
const COMPACT_EVERY_MS = 10 * 60_000
/** However many visitors come, the database is asked no more often. */
const HISTORY_EVERY_MS = 2000

export type Remembered = {
  readonly history: History
  /** Whether the control database cannot be reached, so that the history is only the last known. */
  readonly away: boolean
  /** Of outage, by component; none before it was reckoned. */
  readonly budgets: ReadonlyMap<string, Budget>
}

const empty: History = { components: new Map(), incidents: [], maintenance: [] }

export class Keeper {
  readonly #ports: StatusPorts
  readonly #session: StatusSession
  readonly #store: StatusStore
  readonly #budget: BudgetWatch
  #history: History = empty
  #away = true
  #askedAtMs = -Infinity
  #asking: Promise<void> | undefined
  #compactedAtMs = -Infinity
  #complained: string | undefined

  constructor(
    ports: StatusPorts,
    session: StatusSession,
    store: StatusStore,
    objective: ObjectiveConfig,
  ) {
    this.#budget = new BudgetWatch(objective, store, ports.trail)
    this.#ports = ports
    this.#session = session
    this.#store = store
  }

  /** Until `stop`; what is in memory then is stored once more. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock } = this.#ports
    while (!stop.aborted) {
      await this.keep()
      await clock.sleep(BEAT_MS, stop).catch((error: unknown) => {
        if (!stop.aborted) throw error
      })
    }
    const rest = this.#session.pending()
    await this.#store.addMinutes(rest).catch(() => undefined) // then that time will be unknown
  }

  /** One round. The database may be away: then the next round does it all. */
  async keep(): Promise<void> {
    const { clock, watched } = this.#ports
    const nowMs = clock.nowMs()
    const kept = watched.filter(({ rehearsal }) => rehearsal !== true)
    try {
      const ids = kept.map(({ id }) => id)
      await this.#store.open(ids, nowMs)
      const minutes = this.#session.finished(nowMs)
      await this.#store.addMinutes(minutes)
      this.#session.drop(minutes)
      for (const { id, name } of kept) await this.#incident(id, name, nowMs)
      await this.#budget.look(ids, this.#session.pending(), nowMs, clock.monotonicMs())
      if (clock.monotonicMs() - this.#compactedAtMs > COMPACT_EVERY_MS) {
        await this.#store.compact(nowMs)
        this.#compactedAtMs = clock.monotonicMs()
      }
      this.#complained = undefined
    } catch (error) {
      this.#failed(error)
    }
  }

  async remembered(): Promise<Remembered> {
    const { clock } = this.#ports
    if (!this.#asking && clock.monotonicMs() - this.#askedAtMs >= HISTORY_EVERY_MS) {
      this.#askedAtMs = clock.monotonicMs()
      this.#asking = this.#ask().finally(() => (this.#asking = undefined))
    }
    // A visitor waits for the database, but not long: the page is for when things are broken.
    const patience = clock.sleep(PATIENCE_MS)
    await Promise.race([this.#asking, patience])
    const { budgets } = this.#budget
    return { history: this.#history, away: this.#away, budgets }
  }

  /** What staff changed is seen by the next visitor. */
  forget(): void {
    this.#askedAtMs = -Infinity
  }

  async #ask(): Promise<void> {
    try {
      this.#history = await this.#store.history(this.#ports.clock.nowMs(), DAYS_SHOWN)
      this.#away = false
    } catch (error) {
      this.#away = true
      this.#failed(error)
    }
  }

  /** An automatic incident for as long as the component is down: no more, no less. */
  async #incident(
    id: string,
    name: StatusPorts['watched'][number]['name'],
    nowMs: number,
  ): Promise<void> {
    const { state, sinceMs } = this.#session.now(id, nowMs).confirmed
    if (state === 'unknown') return
    const open = await this.#store.automaticOf(id)
    if (state === 'down' && open === undefined) {
      const title = automaticTitle(name)
      const number = await this.#store.openIncident(
        'automatic',
        [id],
        title,
        automaticOpened,
        sinceMs,
      )
      await this.#record('INCIDENT_OPENED', number, id)
    } else if (state === 'up' && open !== undefined) {
      await this.#store.updateIncident(open, 'resolved', automaticResolved, sinceMs)
      await this.#record('INCIDENT_RESOLVED', open, id)
    } else return
    this.forget()
  }

  async #record(code: string, incident: number, components: string): Promise<void> {
    await this.#ports.trail.append([
      { code, detail: { incident, components, origin: 'automatic' } },
    ])
  }

  #failed(error: unknown): void {
    // The trail refusing to record is not the database's absence: then nothing may go on.
    if (error instanceof VeiligError && error.code.startsWith('AUDIT_')) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (message === this.#complained) return
    this.#complained = message
    this.#ports.complain('CONTROL_DATABASE_AWAY', message)
  }
}

const PATIENCE_MS = 1500
