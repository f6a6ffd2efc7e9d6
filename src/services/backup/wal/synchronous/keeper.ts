/**
 * Keeps synchronous mode as it is wanted: enters it once the regions are level, says at once when
 * commits wait, leaves it when it is told to. It never leaves silently.
 *
 * @module
 */
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import { decideMode, LEVEL_MS, namesUs, type LeftNote } from './mode.ts'
import { readMode, setMode, type ServerMode, type SqlConnection } from './server-mode.ts'

/** That the mode was given up outlasts the process. */
export type ModeMemory = {
  load(): Promise<LeftNote | undefined>
  save(note: LeftNote | undefined): Promise<void>
}

export type KeeperOptions = {
  /** Undefined: asynchronous. */
  readonly wanted:
    { readonly regions: number; readonly leaveAfterMs: number | undefined } | undefined
  readonly applicationName: string
  readonly connect: (signal: AbortSignal) => Promise<SqlConnection>
  readonly memory: ModeMemory
  readonly clock: Clock
  readonly tell: (event: AuditEvent) => Promise<void>
  /** How long the oldest change has waited that is not safe; undefined: not known yet. */
  readonly waitedMs: () => number | undefined
  /** How many regions must hold what a commit waits for; 0: those that are required. */
  readonly need: (regions: number) => void
}

export type ModeState = {
  /** `waiting`: commits hang just now. `unknown`: the server has not been asked yet. */
  readonly state: 'unknown' | 'off' | 'on' | 'waiting' | 'left' | 'hindered'
  readonly regions: number
  /** In words for the operator: what hinders, who left. */
  readonly reason: string | undefined
}

const TICK_MS = 1000
/** The server is asked this often. */
const ASK_EVERY_TICKS = 5
/** Commits that wait longer than this are an alert. */
const WAITING_MS = 10_000

export class ModeKeeper {
  readonly #options: KeeperOptions
  #connection: SqlConnection | undefined
  #server: ServerMode | undefined
  #left: LeftNote | undefined
  #hindrance: string | undefined
  #waiting = false
  /** Asynchronous is all that is wanted, and the server was asked, or will not be. */
  #done = false
  /** One after the other: the operator's word and the clock's. */
  #working: Promise<unknown> = Promise.resolve()

  constructor(options: KeeperOptions) {
    this.#options = options
    // Commits may wait for us already: until the server has been asked, less is not safe.
    options.need(options.wanted?.regions ?? 0)
  }

  /** Whether commits wait for us, as far as we know. */
  get on(): boolean {
    return this.#server !== undefined && this.#isOn(this.#server)
  }

  get state(): ModeState {
    const regions = this.#options.wanted?.regions ?? 0
    const of = (state: ModeState['state'], reason?: string): ModeState => ({
      state,
      regions,
      reason,
    })
    if (this.#waiting) return of('waiting', waitingAdvice)
    if (this.#hindrance !== undefined) return of('hindered', this.#hindrance)
    if (!this.#server) return of('unknown')
    if (this.on) return of('on')
    if (this.#left) return of('left', leftBy[this.#left.by])
    return of('off')
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    this.#left = await this.#options.memory.load()
    for (let tick = 0; !signal.aborted; tick++) {
      const due = tick % ASK_EVERY_TICKS === 0 || this.#mayEnter()
      if (due && !this.#done) await this.#serially(() => this.#keep(signal)).catch(ignoreReported)
      await this.#watch()
      await this.#options.clock.sleep(TICK_MS, signal).catch(() => undefined)
    }
    this.#hangUp()
  }

  #mayEnter(): boolean {
    const { wanted, waitedMs } = this.#options
    const free = wanted && !this.on && !this.#left && this.#hindrance === undefined
    return free === true && (waitedMs() ?? Infinity) < LEVEL_MS
  }

  /**
   * The operator's word: leaves the mode, or takes it up again as soon as the regions are level.
   *
   * @throws {FaultError} SYNCHRONOUS_NOT_CONFIGURED, SYNCHRONOUS_NOT_ALLOWED, DATABASE_….
   */
  async turn(on: boolean, signal: AbortSignal): Promise<ModeState> {
    if (on && !this.#options.wanted) {
      const message = 'add synchronous: {} to the backup section of veilig.yaml first'
      throw new FaultError('SYNCHRONOUS_NOT_CONFIGURED', message)
    }
    return this.#serially(async () => {
      const nowMs = this.#options.clock.nowMs()
      await this.#remember(on ? undefined : { by: 'operator', atMs: nowMs })
      await this.#keep(signal)
      return this.state
    })
  }

  #serially<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work)
    this.#working = done.catch(() => undefined)
    return done
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { applicationName, clock, wanted, waitedMs } = this.#options
    try {
      this.#connection ??= await this.#options.connect(signal)
      this.#take(await readMode(this.#connection))
      const decision = decideMode({
        nowMs: clock.nowMs(),
        wanted: wanted !== undefined,
        left: this.#left,
        applicationName,
        ...this.#server!,
        waitedMs: waitedMs(),
        leaveAfterMs: wanted?.leaveAfterMs,
      })
      await this.#hindered('hindrance' in decision ? decision.hindrance : undefined)
      if (decision.act === 'enter') await this.#enter(this.#connection)
      if (decision.act === 'leave') await this.#leave(this.#connection, decision.by)
      if (wanted) return
      this.#done = true
      this.#hangUp()
    } catch (error) {
      this.#hangUp()
      if (!(error instanceof VeiligError)) throw error
      const lasting = !signal.aborted && !passing.has(error.code)
      if (lasting && wanted) await this.#hindered(error.message)
      if (lasting && !wanted) this.#done = true
      throw error
    }
  }

  async #enter(connection: SqlConnection): Promise<void> {
    const { applicationName, clock, tell, wanted } = this.#options
    this.#options.need(wanted?.regions ?? 0) // before the first commit waits
    this.#take(await setMode(connection, applicationName, true, clock))
    await this.#remember(undefined)
    await tell({ code: 'SYNCHRONOUS_ENTERED', detail: { regions: wanted?.regions ?? 0 } })
  }

  async #leave(
    connection: SqlConnection,
    by: 'operator' | 'deadline' | 'configuration',
  ): Promise<void> {
    const { applicationName, clock, tell } = this.#options
    this.#take(await setMode(connection, applicationName, false, clock))
    if (by === 'deadline') await this.#remember({ by, atMs: clock.nowMs() })
    await tell({ code: 'SYNCHRONOUS_LEFT', detail: { by } })
  }

  #take(server: ServerMode): void {
    this.#server = server
    this.#options.need(this.on ? (this.#options.wanted?.regions ?? 0) : 0)
  }

  #isOn({ names }: ServerMode): boolean {
    return namesUs(names, this.#options.applicationName)
  }

  async #remember(note: LeftNote | undefined): Promise<void> {
    if (this.#left?.by === note?.by) return
    this.#left = note
    await this.#options.memory.save(note)
  }

  async #hindered(hindrance: string | undefined): Promise<void> {
    if (hindrance === this.#hindrance) return
    this.#hindrance = hindrance
    if (hindrance === undefined) return
    await this.#options.tell({ code: 'SYNCHRONOUS_HINDERED', detail: { reason: hindrance } })
  }

  /** Says once that commits wait, and once that they go on. */
  async #watch(): Promise<void> {
    const waitedMs = this.#options.waitedMs() ?? 0
    const waiting = this.on && waitedMs > WAITING_MS
    if (waiting === this.#waiting) return
    this.#waiting = waiting
    const code = waiting ? 'SYNCHRONOUS_WAITING' : 'SYNCHRONOUS_FLOWING'
    await this.#options.tell({ code, detail: { waitedMs: Math.round(waitedMs) } })
  }

  #hangUp(): void {
    this.#connection?.[Symbol.dispose]()
    this.#connection = undefined
  }
}

/** The server is away or on its way: the receiver tells it, and it passes. */
const passing: ReadonlySet<string> = new Set([
  'DATABASE_UNREACHABLE',
  'DATABASE_NOT_READY',
  'DATABASE_STOPPED',
])

const waitingAdvice =
  'commits wait: fewer regions than configured hold the log. Bring the region back, or let ' +
  "commits go on without it: 'veilig backup synchronous --leave'"

const leftBy: Readonly<Record<LeftNote['by'], string>> = {
  operator: "given up by the operator; 'veilig backup synchronous --enter' takes it up again",
  deadline: 'commits had waited too long; taken up again once the regions are level',
}

/** The server's refusals are in the state, or the receiver tells them; a bug is not a refusal. */
function ignoreReported(error: unknown): void {
  if (!(error instanceof VeiligError)) throw error
}
