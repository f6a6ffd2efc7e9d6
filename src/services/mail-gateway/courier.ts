/**
 * Takes due mail out of the queue and brings it to its receivers, at the pace each domain takes.
 *
 * What this process accepts it delivers at once, without looking for it; the queue is for what has
 * to wait, and for what a process that died has left.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import type pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import type { Claimed } from './accept.ts'
import type { MailGatewayConfig } from './config.ts'
import { Errand } from './errand.ts'
import { Pace } from './pace.ts'
import type { MailPorts } from './ports.ts'
import { INSTANCE_LOCK, type DeliveryDesk, type MailStore } from './store.ts'
import { stumbled } from './stumble.ts'

const POLL_MS = 1_000
const CARE_MS = 10_000
const DOMAINS_MAX = 50
const RUNNING_MAX = 100

export type Courier = AsyncDisposable & {
  readonly desk: DeliveryDesk
  readonly failed: Promise<never>
}

/** @throws {FaultError} MAIL_QUEUE_FAILED when the control database does not answer. */
export async function startCourier(
  config: MailGatewayConfig,
  ports: MailPorts,
  store: MailStore,
): Promise<Courier> {
  const round = new Round(config, ports, store, randomInt(1, 2 ** 31))
  const lock = await round.holdInstance()
  const { promise: failed, reject: fail } = Promise.withResolvers<never>()
  failed.catch(() => undefined)
  lock.on('error', (cause) => {
    fail(new FaultError('MAIL_QUEUE_FAILED', 'the control database went away', { cause }))
  })
  const stopping = new AbortController()
  const running = round.run(stopping.signal).catch(async (error: unknown) => {
    // What is foreseen has a class of its own; the rest is told before it ends the process.
    if (error instanceof FaultError) return fail(error)
    await stumbled(ports, error, 'queue', undefined).then(fail, fail)
  })
  return {
    desk: round,
    failed,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      round.wake()
      await running
      lock.release(true)
    },
  }
}

class Round implements DeliveryDesk {
  readonly instance: number
  readonly #ports: MailPorts
  readonly #store: MailStore
  readonly #errand: Errand
  readonly #pace: Pace
  /** Deliveries under way or promised, by domain. */
  readonly #busy = new Map<string, number>()
  readonly #running = new Set<Promise<void>>()
  #reserved = 0
  /** Whether mail waits that had no place when it was looked for. */
  #more = false
  #fault: unknown
  #alarm = Promise.withResolvers<void>()

  constructor(config: MailGatewayConfig, ports: MailPorts, store: MailStore, instance: number) {
    this.instance = instance
    this.#ports = ports
    this.#store = store
    this.#errand = new Errand(config, ports, store)
    this.#pace = new Pace(config.perDomain)
  }

  /** While this connection lives, what we claim is ours; when we die, others see it at once. */
  async holdInstance(): Promise<pg.PoolClient> {
    try {
      const client = await this.#ports.pool.connect()
      await client.query('select pg_advisory_lock($1, $2)', [INSTANCE_LOCK, this.instance])
      return client
    } catch (cause) {
      throw new FaultError('MAIL_QUEUE_FAILED', (cause as Error).message, { cause })
    }
  }

  wake(): void {
    this.#alarm.resolve()
  }

  left(): void {
    this.#more = true
    this.wake()
  }

  /** Until `signal`; then finishes what is under way. Throws what ends the service. */
  async run(signal: AbortSignal): Promise<void> {
    let careMs = -Infinity
    while (!signal.aborted) {
      this.#alarm = Promise.withResolvers<void>()
      try {
        const nowMs = this.#ports.clock.monotonicMs()
        if (nowMs - careMs > CARE_MS) {
          careMs = nowMs
          await this.#store.freeOrphans()
          await this.#store.forget(this.#ports.clock.nowMs())
          this.#pace.forget(this.#ports.clock.nowMs())
        }
        await this.#find()
      } catch (error) {
        if (!(error instanceof FaultError)) throw error
        this.#ports.log.warn({ code: error.code }, 'the queue does not answer; trying again')
      }
      if (this.#fault !== undefined) throw this.#fault
      const pause = new AbortController()
      const sleep = this.#ports.clock.sleep(POLL_MS, pause.signal).catch(() => undefined)
      await Promise.race([sleep, this.#alarm.promise])
      pause.abort()
    }
    await Promise.all(this.#running)
  }

  /** Starts as many waiting deliveries as domains and the whole allow. */
  async #find(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs()
    const full = this.#fullDomains(nowMs)
    const but = [...this.#pace.closed(nowMs), ...full]
    const due = await this.#store.dueDomains(nowMs, DOMAINS_MAX, but)
    this.#more = due.length > 0 || full.length > 0
    for (const domain of due) {
      let room = 0
      while (this.reserve(domain)) room++
      if (room === 0) continue
      const claimed = await this.#store.claim(this.instance, domain, nowMs, room).catch((error) => {
        for (; room > 0; room--) this.release(domain)
        throw error
      })
      for (const one of claimed) this.start(one)
      for (room -= claimed.length; room > 0; room--) this.release(domain)
    }
  }

  #fullDomains(nowMs: number): readonly string[] {
    const full = [...this.#busy].filter(([name, count]) => count >= this.#pace.room(name, nowMs))
    return full.map(([name]) => name)
  }

  reserve(domain: string): boolean {
    const busy = this.#busy.get(domain) ?? 0
    if (busy >= this.#pace.room(domain, this.#ports.clock.nowMs())) return false
    if (this.#running.size + this.#reserved >= RUNNING_MAX || this.#fault !== undefined)
      return false
    this.#busy.set(domain, busy + 1)
    this.#reserved++
    return true
  }

  release(domain: string): void {
    this.#reserved--
    this.#leave(domain)
  }

  start(claimed: Claimed): void {
    const { domain } = claimed
    this.#reserved--
    const work = this.#errand
      .run(claimed)
      .then((outcome) => {
        if (outcome === undefined) return
        if (outcome.wide === true) this.#pace.away(domain, this.#ports.clock.nowMs())
        else this.#pace.answered(domain)
      })
      // What cannot be written down stays claimed by us: we end, and the next process frees it.
      .catch((error: unknown) => void (this.#fault = error))
      .finally(() => {
        this.#leave(domain)
        this.#running.delete(work)
        if (this.#more || this.#fault !== undefined) this.wake()
      })
    this.#running.add(work)
  }

  #leave(domain: string): void {
    const left = (this.#busy.get(domain) ?? 1) - 1
    if (left === 0) this.#busy.delete(domain)
    else this.#busy.set(domain, left)
  }
}
