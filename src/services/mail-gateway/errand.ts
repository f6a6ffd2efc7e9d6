/**
 * One delivery from claim to end: made for its reader, signed, brought, and written down.
 *
 * @module
 */
import { DeniedError, FaultError } from '#lib/errors.ts'
import { parseAddress, victimOf } from '#protocol/mail/address.ts'
import { parseMessage } from '#protocol/mail/message.ts'
import type { Claimed } from './accept.ts'
import { compose } from './compose.ts'
import { bounceDomain, type MailGatewayConfig } from './config.ts'
import { EndBook } from './end-book.ts'
import { record, type MailEvent } from './events.ts'
import { HOUR_MS, retryPauseMs } from './limits.ts'
import type { MailPorts, Outcome } from './ports.ts'
import { Returns } from './returns.ts'
import type { EndState, MailStore } from './store.ts'
import { nameOf, stumbled } from './stumble.ts'
import { addressHash, bounceAddress, subscriptionToken } from './token.ts'
import { enhancedStatus, verdictOf } from './verdict.ts'

/** A choice made longer ago than this is asked for again right before sending. */
const ASKED_MS = 300

export class Errand {
  readonly #config: MailGatewayConfig
  readonly #ports: MailPorts
  readonly #store: MailStore
  readonly #returns: Returns
  readonly #ends: EndBook

  constructor(config: MailGatewayConfig, ports: MailPorts, store: MailStore) {
    this.#config = config
    this.#ports = ports
    this.#store = store
    this.#returns = new Returns(ports)
    this.#ends = new EndBook(store, ports.clock)
  }

  /**
   * A mail that we stumble over waits, so that the others go on without it.
   *
   * @returns What the receiver said; undefined when it was not asked.
   * @throws {FaultError} When the end cannot be written down: the delivery then stays claimed.
   */
  async run(claimed: Claimed): Promise<Outcome | undefined> {
    try {
      return await this.#bring(claimed)
    } catch (error) {
      if (error instanceof FaultError) throw error
      const { messageId: message, deliveryId: delivery } = claimed
      await stumbled(this.#ports, error, 'deliver', { message, delivery })
      await this.#later(claimed, { kind: 'later', reply: nameOf(error) })
      return undefined
    }
  }

  async #bring(claimed: Claimed): Promise<Outcome | undefined> {
    if (claimed.category !== 'security' && (await this.#isStopped(claimed))) {
      await this.#end(claimed, 'withheld', 'MAIL_WITHHELD', 'MAIL_UNSUBSCRIBED')
      return undefined
    }
    let bytes: Uint8Array
    try {
      bytes = this.#compose(claimed)
    } catch (error) {
      if (!(error instanceof DeniedError)) throw error
      await this.#end(claimed, 'refused', 'MAIL_REFUSED', error.code)
      return undefined
    }
    const domain = bounceDomain(claimed.fromDomain)
    const outcome = await this.#ports.deliver({
      envelopeFrom: bounceAddress(this.#ports.tokenKey, claimed.deliveryId, domain),
      recipient: claimed.recipient,
      domain: claimed.domain,
      bytes,
    })
    if (outcome.kind === 'delivered') {
      await this.#end(claimed, 'delivered', 'MAIL_DELIVERED', outcome.reply)
    } else if (outcome.kind === 'refused') await this.#refused(claimed, outcome)
    else await this.#later(claimed, outcome)
    return outcome
  }

  /** Tried again after a pause, or given up when it is too old. */
  async #later(claimed: Claimed, outcome: Outcome): Promise<void> {
    const nowMs = this.#ports.clock.nowMs()
    if (nowMs - claimed.receivedMs > this.#config.giveUpAfterHours * HOUR_MS)
      return this.#end(claimed, 'expired', 'MAIL_EXPIRED', statusOf(outcome))
    await this.#store.retry(claimed, outcome.reply, nowMs + retryPauseMs(claimed.attempts))
  }

  async #isStopped(claimed: Claimed): Promise<boolean> {
    if (claimed.stopped) return true
    const isFresh =
      claimed.attempts === 1 && this.#ports.clock.nowMs() - claimed.receivedMs < ASKED_MS
    return !isFresh && (await this.#store.isStopped(claimed.subscriptionId))
  }

  async #refused(claimed: Claimed, outcome: Outcome): Promise<void> {
    await this.#end(claimed, 'refused', 'MAIL_REJECTED_BY_RECEIVER', statusOf(outcome))
    const status = enhancedStatus(outcome.reply)
    if (verdictOf(status, outcome.reply) !== 'dead') return
    const because = { reason: 'dead', status: status === '' ? '5.0.0' : status } as const
    await this.#returns.suppress(this.#personOf(claimed.recipient), because)
  }

  #compose(claimed: Claimed): Uint8Array {
    const token = { id: claimed.subscriptionId, generation: claimed.generation }
    const { publicOrigin, tokenKey, dkimKeys, clock } = this.#ports
    return compose(
      {
        message: parseMessage(claimed.content()),
        category: claimed.category,
        list: claimed.list,
        fromDomain: claimed.fromDomain,
        unsubscribeUrl: `${publicOrigin}/u/${subscriptionToken(tokenKey, token)}`,
        deliveryId: claimed.deliveryId,
        hostname: this.#config.hostname,
        receivedMs: claimed.receivedMs,
        nowMs: clock.nowMs(),
      },
      dkimKeys().filter((key) => key.domain === claimed.fromDomain),
    )
  }

  async #end(claimed: Claimed, state: EndState, event: MailEvent, reply: string): Promise<void> {
    await this.#ends.write({ claimed, state, reply, atMs: this.#ports.clock.nowMs() })
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
