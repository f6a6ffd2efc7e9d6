/**
 * Follows the books, judges, and brings alerts to their channels: first out, then into the store.
 *
 * @module
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { keepNewest } from '#lib/keep-newest.ts'
import { isStatementBook } from '#lib/statement-books.ts'
import { insideStatement, type LogLine } from '#protocol/postgres/server-log.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import type { RunningService } from '#system/service.ts'
import { alertOf, incidentKey, type Alert, type Finding } from './alert.ts'
import type { DetectionConfig } from './config.ts'
import { Lag, lagFinding } from './lag.ts'
import { decodeMemory, encodeMemory } from './memory.ts'
import { ListedNetworks } from './listed.ts'
import type { Channel, DetectionPorts } from './ports.ts'
import { Reconciliation } from './reconcile.ts'
import { responsesTo } from './respond.ts'
import { Watch } from './watch.ts'

const MINUTE_MS = 60_000
const OPEN_MAX = 10_000
const ATTEMPTS_MAX = 6
const ATTEMPT_TIMEOUT_MS = 10_000
const FIRST_PAUSE_MS = 200
const ESCALATE_EVERY_MS = 5_000
const LOOK_MS = 50
const PUBLISH_EVERY_MS = 1_000
const LISTS_EVERY_MS = 3_600_000
const CURSOR_EVERY_MS = 1_000
/** Judging lets deliveries have a turn so often: what is on its way must not wait for a backlog. */
const TURN_MS = 10
/** A kill costs the reading of so much again. */
const MEMORY_EVERY_MS = 60_000
/** What passed before a look is on record this much later. */
const SETTLED_MS = 1_000
/** Deliveries at once; beyond it alerts wait, and are delivered still. */
const UNDERWAY_MAX = 100

type Incident = { readonly id: string; count: number; lastMs: number }

/** @throws {FaultError} When the store cannot be read. */
export async function serveDetection(
  config: DetectionConfig,
  ports: DetectionPorts,
): Promise<RunningService> {
  await loadSqlParser()
  const desk = new Desk(config, ports)
  await desk.remember()
  const stop = new AbortController()
  const running = desk.run(stop.signal)
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // whoever waits for it hears of it
  running.catch(fail)
  return {
    failed,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running.catch(() => undefined)
    },
  }
}

class Desk {
  readonly #config: DetectionConfig
  readonly #ports: DetectionPorts
  readonly #watch: Watch
  readonly #open = new Map<string, Incident>()
  /** Book → the last record that was learned. */
  readonly #learned = new Map<string, number>()
  readonly #reconciliation: Reconciliation
  /** Book of the gateway → when it was last read to its end. */
  readonly #endMs: Map<string, number>
  /** Incident, kind and value of sanctions decided. */
  readonly #answered = new Set<string>()
  /** Incidents on their way into the store, and what of each waits for that. */
  readonly #keeping = new Map<string, Alert | undefined>()
  #told: readonly string[] = []
  #keptMs = 0
  readonly #underway = new Set<Promise<void>>()

  constructor(config: DetectionConfig, ports: DetectionPorts) {
    this.#config = config
    this.#ports = ports
    this.#watch = new Watch(config)
    this.#reconciliation = new Reconciliation(config.reconcile.directRoles)
    this.#keptMs = ports.clock.monotonicMs()
    this.#endMs = new Map(ports.books.filter(isStatementBook).map((book) => [book, -Infinity]))
  }

  /** Goes on from what was learned in an earlier life, if it is there and whole. */
  async remember(): Promise<void> {
    const text = await this.#ports.memory.load()
    if (text === undefined) return
    const memory = decodeMemory(text)
    if (!memory) {
      const message = 'what was learned cannot be read; the books are read from their beginning'
      return this.#ports.complain('DETECTION_MEMORY_DAMAGED', message)
    }
    this.#watch.restore(memory.watch)
    if (memory.sessions) this.#reconciliation.restore(memory.sessions)
    this.#told = memory.off
    for (const [book, sequence] of Object.entries(memory.sequences))
      this.#learned.set(book, sequence)
  }

  async run(signal: AbortSignal): Promise<void> {
    const halt = new AbortController()
    const either = AbortSignal.any([signal, halt.signal])
    try {
      await this.#tellOff(either)
      const reading = this.#ports.books.map((book) => this.#read(book, either))
      await Promise.all([
        ...reading,
        this.#escalate(either),
        this.#reconcile(either),
        this.#publish(either),
        this.#readLists(either),
      ])
    } finally {
      halt.abort() // one book that cannot be read ends the reading of all
      await Promise.all(this.#underway)
      await this.#keep()
    }
  }

  /** What nobody acknowledged in time is told again, on the channels for that. */
  async #escalate(signal: AbortSignal): Promise<void> {
    const { clock, store, channels } = this.#ports
    const { afterMinutes, channels: names } = this.#config.escalation
    const louder = channels.filter(({ name }) => names.includes(name))
    while (louder.length > 0 && !signal.aborted) {
      await this.#quietly('ALERT_STORE_FAILED', async () => {
        for (const alert of await store.overdue(clock.nowMs() - afterMinutes * MINUTE_MS)) {
          const sentence = `Nobody acknowledged this yet: ${alert.sentence}`
          for (const channel of louder)
            this.#track(this.#deliver({ ...alert, sentence }, channel, signal))
        }
      })
      await clock.sleep(ESCALATE_EVERY_MS, signal).catch(() => undefined)
    }
  }

  /** Holds the record against what the server says, once it is read beyond that moment. */
  async #reconcile(signal: AbortSignal): Promise<void> {
    const { clock, server } = this.#ports
    const { everyMs } = this.#config.reconcile
    const isOff = this.#config.off.includes('ring.bypass')
    while (server && !isOff && !signal.aborted) {
      await this.#quietly('RECONCILE_FAILED', async () => {
        await this.#readTo(clock.monotonicMs(), signal)
        this.#reconciliation.begin()
        const lines = await this.#logged()
        const look = await server(signal)
        await this.#readTo(clock.monotonicMs() + Math.min(SETTLED_MS, everyMs), signal)
        const found = [
          ...this.#reconciliation.look(look, clock.nowMs()),
          ...this.#reconciliation.logged(lines, clock.nowMs()),
          ...this.#inside(lines, clock.nowMs()),
        ]
        for (const finding of found) await this.#raise(finding, signal)
      })
      await clock.sleep(everyMs, signal).catch(() => undefined)
    }
  }

  /** A log that cannot be read must not end the other comparisons. */
  async #logged(): Promise<readonly LogLine[]> {
    const { serverLog } = this.#ports
    let lines: readonly LogLine[] = []
    if (serverLog)
      await this.#quietly('SERVER_LOG_UNREADABLE', async () => void (lines = await serverLog()))
    return lines
  }

  /** What ran inside the server, where pgaudit writes it down. */
  #inside(lines: readonly LogLine[], nowMs: number): readonly Finding[] {
    return lines.flatMap((line) => {
      const sql = insideStatement(line)
      return sql === undefined ? [] : this.#watch.inside(line, sql, nowMs)
    })
  }

  /** Until every book of the gateway was at its end at this moment or later. */
  async #readTo(momentMs: number, signal: AbortSignal): Promise<void> {
    while (Math.min(...this.#endMs.values()) < momentMs)
      await this.#ports.clock.sleep(LOOK_MS, signal)
  }

  /** Lists of networks change; one that cannot be read stays as it was. */
  async #readLists(signal: AbortSignal): Promise<void> {
    const { clock, listedNetworks } = this.#ports
    while (listedNetworks && !signal.aborted) {
      await this.#quietly('NETWORK_LIST_UNREADABLE', async () => {
        this.#watch.listed(new ListedNetworks(await listedNetworks()))
      })
      await clock.sleep(LISTS_EVERY_MS, signal).catch(() => undefined)
    }
  }

  /** Whoever switches a detector off is not helped by its silence. */
  async #tellOff(signal: AbortSignal): Promise<void> {
    const { off } = this.#config
    const nobody = { role: '', address: '', session: '', database: '' }
    const common = { detector: 'ring.detector-off', ...nobody, atMs: this.#ports.clock.nowMs() }
    for (const id of off)
      if (!this.#told.includes(id)) await this.#raise({ ...common, evidence: id }, signal)
    this.#told = off
  }

  /** What was judged in an earlier life and not kept is read again to learn, not to alert. */
  async #read(book: string, signal: AbortSignal): Promise<void> {
    const { clock, follow, store } = this.#ports
    const cursor = (await store.cursor(book)) ?? -1
    let savedMs = clock.monotonicMs()
    let turnMs = savedMs
    let judged = cursor
    const lag = new Lag(this.#config.behindMs)
    const save = (): Promise<void> =>
      this.#quietly('ALERT_STORE_FAILED', () => store.advance(book, judged))
    try {
      const atEnd = (): void => {
        if (isStatementBook(book)) this.#endMs.set(book, clock.monotonicMs())
        const told = this.#tellLag(lag, book, 0, signal)
        if (told) this.#track(told)
      }
      const from = (this.#learned.get(book) ?? -1) + 1
      for await (const event of follow(book, from, signal, atEnd)) {
        const findings = this.#watch.see(event)
        if (isStatementBook(book)) this.#reconciliation.see(event)
        this.#learned.set(book, event.sequence)
        if (event.sequence > cursor) {
          for (const finding of findings) await this.#raise(finding, signal)
          judged = event.sequence
        }
        const nowMs = clock.monotonicMs()
        if (nowMs - turnMs < TURN_MS) continue
        await this.#tellLag(lag, book, clock.nowMs() - event.timeMs, signal)
        await nextTurn()
        turnMs = clock.monotonicMs()
        if (nowMs - savedMs < CURSOR_EVERY_MS) continue
        savedMs = nowMs
        await save()
        if (savedMs - this.#keptMs >= MEMORY_EVERY_MS) await this.#keep()
      }
    } finally {
      if (judged >= 0) await save()
    }
  }

  /** What is judged late is said to be late, and when it is no longer. */
  #tellLag(lag: Lag, book: string, lateMs: number, signal: AbortSignal): Promise<void> | undefined {
    const { clock } = this.#ports
    const change = lag.see(lateMs, clock.monotonicMs())
    if (!change || this.#config.off.includes('ring.detection-behind')) return undefined
    const { mostMs } = lag
    return this.#raise(lagFinding(change, { book, mostMs, nowMs: clock.nowMs() }), signal)
  }

  /** Keeps what was learned: the position and the learning are of one moment. */
  async #keep(): Promise<void> {
    this.#keptMs = this.#ports.clock.monotonicMs()
    const sequences = Object.fromEntries(this.#learned)
    const sessions = this.#reconciliation.state()
    const watch = this.#watch.state()
    const text = encodeMemory({ sequences, off: this.#told, watch, sessions })
    await this.#quietly('DETECTION_MEMORY_FAILED', () => this.#ports.memory.save(text))
  }

  async #raise(finding: Finding, signal: AbortSignal): Promise<void> {
    const key = incidentKey(finding)
    const { ends } = finding
    if (ends !== undefined) this.#open.delete(incidentKey({ ...finding, detector: ends }))
    const known = this.#open.get(key)
    const fresh = !known || finding.atMs - known.lastMs > this.#config.incidentMinutes * MINUTE_MS
    const incident = fresh ? { id: this.#ports.newId(), count: 0, lastMs: finding.atMs } : known
    incident.count++
    incident.lastMs = finding.atMs
    keepNewest(this.#open, key, incident, OPEN_MAX)
    const alert = alertOf(finding, incident.id, incident.count)
    if (fresh) await this.#announce(alert, signal)
    await this.#respond(alert, fresh)
    this.#store(alert)
  }

  /** Only the newest count of an incident waits for the store: a flood of one attack is one row. */
  #store(alert: Alert): void {
    const isBusy = this.#keeping.has(alert.id)
    this.#keeping.set(alert.id, isBusy ? alert : undefined)
    if (isBusy) return
    const work = async (): Promise<void> => {
      for (let next: Alert | undefined = alert; next; next = this.#keeping.get(alert.id)) {
        this.#keeping.set(alert.id, undefined)
        await this.#ports.store.keep(next)
      }
    }
    const kept = this.#quietly('ALERT_STORE_FAILED', work)
    this.#track(kept.finally(() => this.#keeping.delete(alert.id)))
  }

  /** On record first, then done: a sanction that exists is never one that nobody recorded. */
  async #respond(alert: Alert, isFresh: boolean): Promise<void> {
    const { trail, store, clock } = this.#ports
    for (const { mode, sanction } of responsesTo(alert, this.#config.respond)) {
      const { incident, kind, value, untilMs } = sanction
      const key = `${incident} ${kind} ${value}`
      if (this.#answered.has(key) && !isFresh) continue
      this.#answered.add(key)
      if (this.#answered.size > OPEN_MAX) this.#answered.clear()
      const detail = { incident, action: kind, value, mode, untilMs: Math.round(untilMs) }
      await trail.append([{ code: 'RESPONSE_TAKEN', detail }])
      if (mode === 'observe') continue
      await this.#quietly('RESPONSE_FAILED', async () => {
        await store.sanction(sanction)
        await this.#ports.publish?.(await store.sanctions(clock.nowMs()))
      })
    }
  }

  /** What was taken back, or is over, holds no longer. */
  async #publish(signal: AbortSignal): Promise<void> {
    const { clock, store, trail, publish } = this.#ports
    while (publish && !signal.aborted) {
      await this.#quietly('RESPONSE_FAILED', async () => {
        await publish(await store.sanctions(clock.nowMs()))
        for (const { incident, kind, value, by } of await store.undone()) {
          const detail = { incident, action: kind, value, by }
          await trail.append([{ code: 'RESPONSE_UNDONE', detail }])
        }
      })
      await clock.sleep(PUBLISH_EVERY_MS, signal).catch(() => undefined)
    }
  }

  async #announce(alert: Alert, signal: AbortSignal): Promise<void> {
    const { id, detector, severity, role, address, session, drill } = alert
    const detail = { incident: id, detector, severity, role, address, session, drill: drill ?? '' }
    const recorded = this.#ports.trail.append([{ code: 'ALERT_RAISED', detail }])
    for (const channel of this.#ports.channels) {
      if (drill !== undefined && !channel.drills) continue
      if (this.#config.escalation.channels.includes(channel.name)) continue
      while (this.#underway.size >= UNDERWAY_MAX) await Promise.race(this.#underway)
      this.#track(this.#deliver(alert, channel, signal)) // on its way while the disk works
    }
    await recorded
  }

  async #deliver(alert: Alert, channel: Channel, stop: AbortSignal): Promise<void> {
    const { trail, clock, store, complain } = this.#ports
    const common = { incident: alert.id, channel: channel.name, drill: alert.drill ?? '' }
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      try {
        await channel.deliver(alert, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS))
        const latencyMs = Math.max(0, clock.nowMs() - alert.atMs)
        await trail.append([
          { code: 'ALERT_DELIVERED', detail: { ...common, latencyMs, attempts: attempt } },
        ])
        await this.#quietly('ALERT_STORE_FAILED', () =>
          store.delivered(alert, channel.name, latencyMs, attempt),
        )
        return
      } catch (error) {
        complain('ALERT_NOT_DELIVERED', `${channel.name}: ${(error as Error).message}`)
        const pauseMs = FIRST_PAUSE_MS * 3 ** (attempt - 1)
        await clock.sleep(pauseMs, stop).catch(() => undefined)
        if (stop.aborted) break
      }
    }
    await trail.append([{ code: 'ALERT_NOT_DELIVERED', detail: common }])
  }

  #track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => this.#ports.complain('ALERT_NOT_RECORDED', String(error)))
      .finally(() => this.#underway.delete(tracked))
    this.#underway.add(tracked)
  }

  async #quietly(code: string, act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#ports.complain(code, (error as Error).message)
    }
  }
}
