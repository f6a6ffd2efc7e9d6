/**
 * Takes subscriptions, asks whether they were meant, and brings notices. All that leaves goes
 * through two doors: the mail gateway, and calls to public https addresses.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { signatureOf } from '#crypto/webhook-signature.ts'
import type { Language } from '#lib/claims/claim.ts'
import { DeniedError } from '#lib/errors.ts'
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { SendMail } from '../breach/mailer.ts'
import type { Sent, SendNotices } from './courier.ts'
import { challengeBody, confirmationLetter, noticeBody, noticeLetter } from './message.ts'
import type { StatusNotice, SubscriptionStore } from './store.ts'
import {
  linkToken,
  mailPlace,
  readLink,
  webhookPlace,
  webhookSecret,
  type Subscription,
} from './subscription.ts'

/** Posts JSON and gives back what was answered. @throws When nobody answers. */
export type PostHook = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<{ readonly status: number; readonly text: string }>

export type DeskPorts = {
  readonly operator: string
  /** Where the page is seen: 'https://status.example'. */
  readonly origin: string
  /** Of links and webhooks, 32 bytes. */
  readonly key: Uint8Array
  /** Undefined where there is no mail gateway to hand mail to. */
  readonly mail?: SendMail | undefined
  readonly post: PostHook
  /** Also webhooks within this network; for tests. */
  readonly anywhere: boolean
  readonly clock: Clock
  readonly trail: AuditTrail
}

/** Links that may be sent in a minute, to all together: no weapon. */
const ASKED_PER_MINUTE = 60
const MINUTE_MS = 60_000
const CHALLENGE_SIZE = 24

export class SubscriptionDesk {
  readonly #ports: DeskPorts
  readonly #store: SubscriptionStore
  #asked: readonly number[] = []

  constructor(ports: DeskPorts, store: SubscriptionStore) {
    this.#ports = ports
    this.#store = store
  }

  get takesMail(): boolean {
    return this.#ports.mail !== undefined
  }

  /**
   * Sends a link to somebody who may want notices. It says the same to everybody, whether the
   * address is known or not.
   *
   * @throws {DeniedError} SUBSCRIPTION_INVALID, SUBSCRIPTIONS_FULL, SUBSCRIPTIONS_BUSY.
   */
  async askByMail(address: string, language: Language): Promise<void> {
    const { operator, origin, key, clock, mail } = this.#ports
    const to = mailPlace(address)
    if (!mail) throw new DeniedError('SUBSCRIPTION_INVALID', 'there is no mail gateway', 'Atom')
    this.#count()
    const { asked, id } = await this.#store.ask('mail', to, language, clock.nowMs())
    if (asked !== 'made') return
    const link = `${origin}/${language}/confirm?token=${linkToken(key, 'confirm', id)}`
    const letter = confirmationLetter(operator, language, link)
    // A person who had enough mail within the hour gets none, and the page says the same.
    await mail({ ...letter, to, language, tenant: 'status', list: 'status-confirm' }).catch(
      (error: unknown) => {
        if (!isRefusal(error)) throw error
      },
    )
  }

  /**
   * A webhook is asked at once, and subscribed if it gives the challenge back.
   *
   * @returns Its key and its link to end it; undefined when it did not answer so.
   * @throws {DeniedError} As `askByMail`.
   */
  async askByWebhook(
    address: string,
    language: Language,
  ): Promise<{ readonly secret: string; readonly leave: string } | undefined> {
    const { operator, origin, key, clock, post, anywhere } = this.#ports
    const url = webhookPlace(address, anywhere)
    this.#count()
    const challenge = randomBytes(CHALLENGE_SIZE).toString('base64url')
    const body = challengeBody(operator, origin, challenge)
    const answer = await post(url, { 'content-type': 'application/json' }, body).catch(() => {
      return { status: 0, text: '' }
    })
    if (answer.status !== 200 || !answer.text.includes(challenge)) return undefined
    const { id } = await this.#store.ask('webhook', url, language, clock.nowMs())
    const confirmed = await this.#confirm(id)
    const leave = this.#leaveLink({ id, language })
    return confirmed ? { secret: webhookSecret(key, id), leave } : undefined
  }

  /** Whose link it is; undefined when nobody's, or not any more. */
  async holder(use: 'confirm' | 'leave', token: string): Promise<Subscription | undefined> {
    const id = readLink(this.#ports.key, use, token)
    const found = id === undefined ? undefined : await this.#store.find(id)
    return found && (use === 'leave' || found.state === 'pending') ? found : undefined
  }

  async confirm(token: string): Promise<boolean> {
    const id = readLink(this.#ports.key, 'confirm', token)
    return id !== undefined && this.#confirm(id)
  }

  async leave(token: string): Promise<boolean> {
    const id = readLink(this.#ports.key, 'leave', token)
    if (id === undefined || !(await this.#store.leave(id))) return false
    await this.#record('SUBSCRIBER_LEFT', id)
    return true
  }

  readonly send: SendNotices = (to, notices) => {
    return to.kind === 'mail' ? this.#sendMail(to, notices) : this.#sendHook(to, notices)
  }

  async #confirm(id: string): Promise<boolean> {
    const confirmed = await this.#store.confirm(id, this.#ports.clock.nowMs())
    if (confirmed) await this.#record('SUBSCRIBER_CONFIRMED', id)
    return confirmed !== undefined
  }

  async #sendMail(to: Subscription, notices: readonly StatusNotice[]): Promise<Sent> {
    const { operator, mail, origin } = this.#ports
    if (!mail) return 'failed'
    const { language, place, id } = to
    const letter = noticeLetter(operator, notices, language, { origin, leave: this.#leaveLink(to) })
    // A list of its own for each subscription: who ended one and came back is heard.
    const list = `status-${id.slice(0, 8)}`
    try {
      await mail({ ...letter, to: place, language, tenant: 'status', list })
      return 'sent'
    } catch (error) {
      return isRefusal(error) && /UNSUBSCRIBED|SUPPRESSED/.test(String(error)) ? 'ended' : 'failed'
    }
  }

  async #sendHook(to: Subscription, notices: readonly StatusNotice[]): Promise<Sent> {
    const { operator, origin, key, post, clock } = this.#ports
    const body = noticeBody(operator, notices, { origin, leave: this.#leaveLink(to) })
    const signature = signatureOf(webhookSecret(key, to.id), body, clock.nowMs())
    const headers = { 'content-type': 'application/json', 'veilig-signature': signature }
    const { status } = await post(to.place, headers, body).catch(() => ({ status: 0 }))
    if (status === GONE) return 'ended'
    return status >= 200 && status < 300 ? 'sent' : 'failed'
  }

  #leaveLink({ id, language }: Pick<Subscription, 'id' | 'language'>): string {
    const { origin, key } = this.#ports
    return `${origin}/${language}/leave?token=${linkToken(key, 'leave', id)}`
  }

  /** @throws {DeniedError} SUBSCRIPTIONS_BUSY. */
  #count(): void {
    const nowMs = this.#ports.clock.monotonicMs()
    this.#asked = this.#asked.filter((atMs) => nowMs - atMs < MINUTE_MS)
    if (this.#asked.length >= ASKED_PER_MINUTE) {
      const message = 'many ask at once; please try again in a minute'
      throw new DeniedError('SUBSCRIPTIONS_BUSY', message, message)
    }
    this.#asked = [...this.#asked, nowMs]
  }

  async #record(code: string, subscription: string): Promise<void> {
    await this.#ports.trail.append([{ code, detail: { subscription } }])
  }
}

/** By which a webhook says that it wants no more. */
const GONE = 410

/** The gateway refused this mail for good. */
function isRefusal(error: unknown): boolean {
  const { responseCode } = error as { responseCode?: unknown }
  return typeof responseCode === 'number' && responseCode >= 500
}
