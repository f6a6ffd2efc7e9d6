/**
 * Takes due mail out of the queue and brings it to its receivers, a few at once to each domain.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { DeniedError, FaultError } from '#lib/errors.ts'
import { parseMessage } from '#protocol/mail/message.ts'
import { parseAddress, victimOf } from '#protocol/mail/address.ts'
import { compose } from './compose.ts'
import { bounceDomain, type MailGatewayConfig } from './config.ts'
import { record, type MailEvent } from './events.ts'
import { HOUR_MS, retryPauseMs } from './limits.ts'
import type { MailPorts, Outcome } from './ports.ts'
import { Returns } from './returns.ts'
import { INSTANCE_LOCK, type Claimed, type EndState, type MailStore } from './store.ts'
import { addressHash, bounceAddress, subscriptionToken } from './token.ts'
import { enhancedStatus, verdictOf } from './verdict.ts'

const POLL_MS = 1_000
const CARE_MS = 10_000
const DOMAINS_MAX = 50
const RUNNING_MAX = 100

export type Courier = AsyncDisposable & {
  /** Says that mail may be due. */
  readonly wake: () => void
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
  const running = round.run(stopping.signal).catch(fail)
  return {
    wake: () => round.wake(),
    failed,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      round.wake()
      await running
      lock.release(true)
    },
  }
}

class Round {
  readonly #config: MailGatewayConfig
  readonly #ports: MailPorts
  readonly #store: MailStore
  readonly #instance: number
  readonly #returns: Returns
  /** Deliveries under way, by domain. */
  readonly #busy = new Map<string, number>()
  readonly #running = new Set<Promise<void>>()
  #fault: unknown
  #alarm = Promise.withResolvers<void>()

  constructor(config: MailGatewayConfig, ports: MailPorts, store: MailStore, instance: number) {
    this.#config = config
    this.#ports = ports
    this.#store = store
    this.#instance = instance
    this.#returns = new Returns(ports)
  }

  /** While this connection lives, what we claim is ours; when we die, others see it at once. */
  async holdInstance() {
    try {
      const client = await this.#ports.pool.connect()
      await client.query('select pg_advisory_lock($1, $2)', [INSTANCE_LOCK, this.#instance])
      return client
    } catch (cause) {
      throw new FaultError('MAIL_QUEUE_FAILED', (cause as Error).message, { cause })
    }
  }

  wake(): void {
    this.#alarm.resolve()
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
        }
        await this.#start()
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

  /** Starts as many deliveries as domains and the whole allow. */
  async #start(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs()
    for (const domain of await this.#store.dueDomains(nowMs, DOMAINS_MAX)) {
      const busy = this.#busy.get(domain) ?? 0
      const room = Math.min(this.#config.perDomain - busy, RUNNING_MAX - this.#running.size)
      if (room <= 0) continue
      for (const claimed of await this.#store.claim(this.#instance, domain, nowMs, room)) {
        this.#track(claimed)
      }
    }
  }

  #track(claimed: Claimed): void {
    const { domain } = claimed
    this.#busy.set(domain, (this.#busy.get(domain) ?? 0) + 1)
    const work = this.#bring(claimed)
      // What cannot be written down stays claimed by us: we end, and the next process frees it.
      .catch((error: unknown) => void (this.#fault = error))
      .finally(() => {
        const left = (this.#busy.get(domain) ?? 1) - 1
        if (left === 0) this.#busy.delete(domain)
        else this.#busy.set(domain, left)
        this.#running.delete(work)
        this.wake()
      })
    this.#running.add(work)
  }

  async #bring(claimed: Claimed): Promise<void> {
    const { clock } = this.#ports
    const security = claimed.category === 'security'
    if (!security && (await this.#store.isStopped(claimed.subscriptionId))) {
      return this.#end(claimed, 'withheld', 'MAIL_WITHHELD', 'MAIL_UNSUBSCRIBED')
    }
    let bytes: Uint8Array
    try {
      bytes = this.#compose(claimed)
    } catch (error) {
      if (!(error instanceof DeniedError)) throw error
      return this.#end(claimed, 'refused', 'MAIL_REFUSED', error.code)
    }
    const domain = bounceDomain(claimed.fromDomain)
    const outcome = await this.#ports.deliver({
      envelopeFrom: bounceAddress(this.#ports.tokenKey, claimed.deliveryId, domain),
      recipient: claimed.recipient,
      domain: claimed.domain,
      bytes,
    })
    if (outcome.kind === 'delivered') {
      return this.#end(claimed, 'delivered', 'MAIL_DELIVERED', outcome.reply)
    }
    if (outcome.kind === 'refused') {
      await this.#end(claimed, 'refused', 'MAIL_REJECTED_BY_RECEIVER', statusOf(outcome))
      const status = enhancedStatus(outcome.reply)
      if (verdictOf(status, outcome.reply) !== 'dead') return
      const because = { reason: 'dead', status: status === '' ? '5.0.0' : status } as const
      return this.#returns.suppress(this.#personOf(claimed.recipient), because)
    }
    const ageMs = clock.nowMs() - claimed.receivedMs
    if (ageMs > this.#config.giveUpAfterHours * HOUR_MS) {
      return this.#end(claimed, 'expired', 'MAIL_EXPIRED', statusOf(outcome))
    }
    const nextMs = clock.nowMs() + retryPauseMs(claimed.attempts)
    await this.#store.retry(claimed, outcome.reply, nextMs)
  }

  #compose(claimed: Claimed): Uint8Array {
    const token = { id: claimed.subscriptionId, generation: claimed.generation }
    const { publicOrigin, tokenKey, dkimKeys, clock } = this.#ports
    return compose(
      {
        message: parseMessage(claimed.content),
        category: claimed.category,
        list: claimed.list,
        fromDomain: claimed.fromDomain,
        unsubscribeUrl: `${publicOrigin}/u/${subscriptionToken(tokenKey, token)}`,
        deliveryId: claimed.deliveryId,
        hostname: this.#config.hostname,
        receivedMs: claimed.receivedMs,
        nowMs: clock.nowMs(),
      },
      dkimKeys.filter((key) => key.domain === claimed.fromDomain),
    )
  }

  async #end(claimed: Claimed, state: EndState, event: MailEvent, reply: string): Promise<void> {
    await this.#store.end(claimed, state, reply, this.#ports.clock.nowMs())
    const person = this.#personOf(claimed.recipient)
    const { messageId: message, deliveryId: delivery, attempts } = claimed
    // A receiver's sentence may name the person; only its code is recorded.
    const status = state === 'delivered' ? '250' : reply
    const detail = { message, delivery, person, attempts, status }
    await record(this.#ports.trail, event, detail)
  }

  #personOf(recipient: string): string {
    return addressHash(this.#ports.tokenKey, victimOf(parseAddress(recipient)))
  }
}

/** The receiver's status code alone: '550 5.1.1'. */
function statusOf(outcome: Outcome): string {
  return /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(outcome.reply)?.[0] ?? 'no answer'
}
