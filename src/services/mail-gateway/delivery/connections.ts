/**
 * Keeps a few connections open between mails: a handshake for each mail costs more than the mail.
 *
 * @module
 */
import { SessionFault, SmtpSession, type Target, type Waits } from './smtp-session.ts'
import type { Outcome, Parcel } from '../ports.ts'

/** Long enough for a stream of mail; receivers have better uses for an idle connection. */
const IDLE_MS = 1_000
const IDLE_MAX = 20
const MAILS_MAX = 100

type Idle = { readonly key: string; readonly session: SmtpSession; readonly timer: NodeJS.Timeout }

export class Connections implements Disposable {
  readonly #waits: Waits
  #idle: Idle[] = []

  constructor(waits: Waits) {
    this.#waits = waits
  }

  /**
   * One mail over a connection that is as demanded.
   *
   * @throws {SessionFault} When there is none, or it ends before the mail's fate is told.
   */
  async send(target: Target, parcel: Parcel): Promise<Outcome> {
    const key = keyOf(target)
    const { envelopeFrom, recipient, bytes } = parcel
    for (let kept = this.#take(key); kept; kept = this.#take(key)) {
      const { sent } = kept
      try {
        return await this.#over(kept, key, envelopeFrom, recipient, bytes)
      } catch (error) {
        // It had ended while idle: nothing was handed over, so another connection may try.
        if (!(error instanceof SessionFault) || kept.handed || kept.sent !== sent) throw error
      }
    }
    const session = await SmtpSession.open(target, this.#waits)
    return this.#over(session, key, envelopeFrom, recipient, bytes)
  }

  async #over(
    session: SmtpSession,
    key: string,
    from: string,
    to: string,
    bytes: Uint8Array,
  ): Promise<Outcome> {
    try {
      return await session.send(from, to, bytes)
    } finally {
      this.#keep(key, session)
    }
  }

  #take(key: string): SmtpSession | undefined {
    for (;;) {
      const at = this.#idle.findIndex((one) => one.key === key)
      const found = at < 0 ? undefined : this.#idle.splice(at, 1)[0]
      if (!found) return undefined
      clearTimeout(found.timer)
      if (found.session.isOpen) return found.session
    }
  }

  #keep(key: string, session: SmtpSession): void {
    if (!session.isOpen || session.sent >= MAILS_MAX || this.#idle.length >= IDLE_MAX)
      return session.close()
    const timer = setTimeout(() => {
      this.#idle = this.#idle.filter((one) => one.session !== session)
      session.close()
    }, IDLE_MS)
    timer.unref()
    this.#idle.push({ key, session, timer })
  }

  [Symbol.dispose](): void {
    for (const { session, timer } of this.#idle.splice(0)) {
      clearTimeout(timer)
      session.close()
    }
  }
}

/** Connections are alike when they lead to one place under one demand. */
function keyOf({ host, port, tls, login }: Target): string {
  const demand = 'servername' in tls ? `${tls.kind} ${tls.servername}` : tls.kind
  return `${host} ${port ?? ''} ${demand} ${login?.user ?? ''}`
}
