/**
 * mail.ratelimit: a flood at one person, under many spellings of the address, stops at the limit.
 *
 * @module
 */
import { newNonce, send, type MailTarget } from '../mail/target.ts'
import { COSTLY_SECONDS, finding, notReached, verdictOf, type Probe } from '../probe.ts'

/** Beyond the limit, so that a limit that is off by a few shows. */
const BEYOND = 3
/** A higher limit is no limit for a person; it is not flooded, but said. */
const LIMIT_MAX = 20
const ARRIVAL_MS = 3_000
const SILENCE_MS = 500

export function mailRateLimitProbe(target: MailTarget, perHour: number): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      if (perHour > LIMIT_MAX) {
        return verdictOf([], [finding('MAIL_LIMIT_HIGH', { limit: perHour })])
      }
      const nonce = newNonce()
      const attempts = perHour + BEYOND
      let taken = 0
      for (let at = 0; at < attempts; at++) {
        signal.throwIfAborted()
        if ((await send(target, spelling(nonce, at, target.probeDomain))) === undefined) taken++
      }
      const patience = AbortSignal.any([signal, AbortSignal.timeout(ARRIVAL_MS)])
      await target.echo.wait(nonce, taken, patience)
      const silence = AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)])
      const received = (await target.echo.wait(nonce, taken + 1, silence)).length
      if (received === 0) throw notReached('the mailbox of the probe')
      const values = { attempts, received, limit: perHour }
      const exceeded = received > perHour || taken > perHour
      const good = [finding('MAIL_LIMIT_HELD', values)]
      return verdictOf(good, exceeded ? [finding('MAIL_LIMIT_EXCEEDED', values)] : [])
    },
  }
}

/** The same mailbox each time, written in another way. */
function spelling(nonce: string, at: number, domain: string): string {
  const local = at % 2 === 0 ? nonce : nonce.toUpperCase()
  return at < 2 ? `${local}@${domain}` : `${local}+tag${at}@${domain}`
}
