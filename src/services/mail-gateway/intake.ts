/**
 * Decides on logins, recipients and messages, the same for every door; knows nothing of sockets.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { AuditDetail } from '#audit/trail.ts'
import { DeniedError, FaultError, ProtocolError } from '#lib/errors.ts'
import { networkOf } from '#lib/lockout/network.ts'
import type { Accepted, KeyedRequest, Withheld } from './accept.ts'
import type { MailGatewayConfig, SenderConfig } from './config.ts'
import { record, type MailEvent } from './events.ts'
import { HOUR_MS, MINUTE_MS, SenderRate } from './limits.ts'
import { admit, recipientOf, type Admitted } from './policy.ts'
import type { MailPorts } from './ports.ts'
import type { RateLimit } from './rates.ts'
import type { DeliveryDesk, MailStore } from './store.ts'
import { stumbled } from './stumble.ts'

const AUTH_PAUSE_MS = 500

export class Intake {
  /** Rejects when the trail can be written to no longer. */
  readonly failed: Promise<never>
  readonly #config: MailGatewayConfig
  readonly #ports: MailPorts
  readonly #store: MailStore
  readonly #desk: DeliveryDesk
  readonly #fail: (reason: unknown) => void
  readonly #rates = new Map<string, SenderRate>()

  constructor(config: MailGatewayConfig, ports: MailPorts, store: MailStore, desk: DeliveryDesk) {
    this.#config = config
    this.#ports = ports
    this.#store = store
    this.#desk = desk
    const { promise, reject } = Promise.withResolvers<never>()
    promise.catch(() => undefined) // whoever waits for it hears of it
    this.failed = promise
    this.#fail = reject
  }

  /** @returns The sender; undefined after a pause when name or password is wrong. */
  async login(name: string, password: string, remote: string): Promise<SenderConfig | undefined> {
    const sender = this.#config.senders.find((known) => known.name === name)
    const expected = sender ? await this.#ports.passwordsOf(name) : []
    // Compared in any case, so that an unknown name takes as long as a wrong password.
    const right = sameSecret(password, expected[0] ?? '') && expected[0] !== undefined
    const taking = sameSecret(password, expected[1] ?? '') && expected[1] !== undefined
    if (sender !== undefined && (right || taking)) return sender
    await this.#record('MAIL_AUTH_FAILED', { remote })
    await this.#ports.clock.sleep(AUTH_PAUSE_MS)
    return undefined
  }

  /** @throws {DeniedError} MAIL_ADDRESS_INVALID, MAIL_RECIPIENTS_TOO_MANY. */
  checkRecipient(address: string, count: number): void {
    recipientOf(address)
    if (count >= this.#config.recipientsMax) {
      const said = `a message may have ${this.#config.recipientsMax} recipients`
      throw new DeniedError('MAIL_RECIPIENTS_TOO_MANY', said, said)
    }
  }

  /**
   * Accepts a message durably, or refuses it.
   *
   * @param bytes Undefined when it was larger than allowed.
   * @param request The sender's key for it, when it may come twice.
   * @throws {DeniedError} MAIL_…. {ProtocolError} MAIL_…. {FaultError} Nothing was kept.
   */
  async take(
    sender: SenderConfig,
    to: readonly string[],
    bytes: Uint8Array | undefined,
    request?: KeyedRequest,
  ): Promise<Accepted> {
    try {
      return await this.#accept(sender, to, bytes, request)
    } catch (error) {
      if (error instanceof FaultError) throw error
      if (!(error instanceof DeniedError || error instanceof ProtocolError))
        throw await stumbled(this.#ports, error, 'accept', undefined)
      const of = error instanceof RateError && error.of !== undefined ? { of: error.of } : {}
      await this.#record('MAIL_REFUSED', { sender: sender.name, code: error.code, ...of })
      throw error
    }
  }

  async #accept(
    sender: SenderConfig,
    to: readonly string[],
    bytes: Uint8Array | undefined,
    request: KeyedRequest | undefined,
  ): Promise<Accepted> {
    if (bytes === undefined) {
      const said = `a message may have ${this.#config.sizeMax} bytes`
      throw new DeniedError('MAIL_TOO_LARGE', said, said)
    }
    const whole = senderLimit(sender)
    // What is refused below costs as well; this count needs nobody, and begins anew with us.
    if (!this.#rateOf(sender).take(this.#ports.clock.monotonicMs())) throw new RateError(whole)
    const mail = admit(sender, to, bytes)
    const limits = [whole, ...this.#limitsOf(mail)]
    const reached = await this.#store.takeRates(limits, this.#ports.clock.nowMs())
    if (reached) throw new RateError(reached)
    const approve = (accepted: Accepted): Promise<void> => this.#approve(mail, bytes, accepted)
    const options = { desk: this.#desk, request }
    return this.#store.accept(mail, this.#ports.clock.nowMs(), approve, options)
  }

  /** Security mail is spared: whoever is locked out must not wait for a newsletter. */
  #limitsOf({ category, sender, tenant, network, recipients }: Admitted): readonly Limit[] {
    if (category === 'security') return []
    const { tenantPerHour, networkPerHour, domainPerHour } = this.#config.rates
    const limit = (kind: string, of: string, max: number, code: string, said: string): Limit => {
      return { key: `${kind} ${of}`, max, withinMs: HOUR_MS, code, said, of }
    }
    const visitors = network === undefined ? [] : [networkOf(network)]
    return [
      ...visitors.map((of) =>
        limit('network', of, networkPerHour, 'MAIL_NETWORK_RATE', tooMuch.network),
      ),
      {
        ...limit('tenant', tenant, tenantPerHour, 'MAIL_TENANT_RATE', tooMuch.tenant(tenant)),
        key: `tenant ${sender} ${tenant}`,
      },
      ...[...new Set(recipients.map(({ domain }) => domain))].map((of) =>
        limit('domain', of, domainPerHour, 'MAIL_DOMAIN_RATE', tooMuch.domain(of)),
      ),
    ]
  }

  /** The last word before the message is kept: the trail must know of it. */
  async #approve(mail: Admitted, bytes: Uint8Array, accepted: Accepted): Promise<void> {
    const { sender, category, list, tenant } = mail
    for (const { victimHash, why } of accepted.withheld) {
      await this.#record('MAIL_WITHHELD', { person: victimHash, why, sender, tenant })
    }
    const [first] = accepted.withheld
    if (accepted.queued === 0) throw refusedFor(first?.why ?? 'MAIL_UNSUBSCRIBED')
    await this.#record('MAIL_ACCEPTED', {
      message: accepted.messageId,
      sender,
      category,
      list,
      tenant,
      recipients: accepted.queued,
      bytes: bytes.length,
    })
  }

  #rateOf(sender: SenderConfig): SenderRate {
    let rate = this.#rates.get(sender.name)
    if (rate === undefined) {
      rate = new SenderRate(sender.messagesPerMinute, this.#ports.clock.monotonicMs())
      this.#rates.set(sender.name, rate)
    }
    return rate
  }

  /** A trail that cannot be written to ends the service: no record, no mail. */
  async #record(code: MailEvent, detail: AuditDetail): Promise<void> {
    try {
      await record(this.#ports.trail, code, detail)
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }
}

/** What one mail counts under, and what is said when there was too much. */
type Limit = RateLimit & {
  readonly code: string
  readonly said: string
  /** Whom the trail names. */
  readonly of?: string
}

const tooMuch = {
  network: 'this visitor’s network has asked for too much mail',
  tenant: (name: string) => `tenant ${name} has sent too much in an hour`,
  domain: (name: string) => `too much mail for ${name} in an hour`,
}

function senderLimit({ name, messagesPerMinute: max }: SenderConfig): Limit {
  const said = `${name} may send ${max} messages a minute`
  return { key: `sender ${name}`, max, withinMs: MINUTE_MS, code: 'MAIL_RATE_LIMIT', said }
}

class RateError extends DeniedError {
  readonly of: string | undefined

  constructor({ code, said, of }: Limit) {
    super(code, said, said)
    this.of = of
  }
}

const withheldFor: Readonly<Record<Withheld['why'], string>> = {
  MAIL_VICTIM_LIMIT: 'this person has had as much mail as one may get in an hour or a day',
  MAIL_UNSUBSCRIBED: 'this person has unsubscribed from this list',
  MAIL_SUPPRESSED: 'mail to this address came back, or was complained of; staff can lift that',
}

function refusedFor(why: Withheld['why']): DeniedError {
  return new DeniedError(why, withheldFor[why], withheldFor[why])
}

function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
