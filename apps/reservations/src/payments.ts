/**
 * The door to payments: what is owed for a booking, whether it was paid, and where to pay.
 *
 * A service beside us takes the payments, at whatever gateway the club chose. We tell it what is
 * owed, send the member where it says, and believe only what it tells us: signed events, or its
 * answer when we ask.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Answer } from './data/refunds.ts'
import type { Language } from './time.ts'

export type PaymentsConfig = {
  readonly url: string
  readonly key: string
  readonly eventsSecret: string
}

/** A payment as the service tells of it. */
export type Payment = {
  readonly id: string
  readonly gateway: string
  readonly state: string
  /** Where to pay, while it can be paid. */
  readonly redirectUrl: string | null
  /** Why it is not paid, where the gateway said so, in the languages of our pages. */
  readonly said?: Readonly<Record<Language, string>> | null | undefined
}

/** Who pays, as banks ask for it. */
export type Payer = {
  readonly firstName: string
  readonly lastName: string
  readonly address1: string
  readonly zipCode: string
  readonly city: string
  /** ISO 3166-1, two letters. */
  readonly country: string
}

/** A way to pay that the payment service remembers for a member. */
export type Way = {
  readonly id: string
  readonly gateway: 'paypal' | 'paybox'
  /** `MMYY`; '' when it has no end that is known. */
  readonly expires: string
}

export type Due = {
  readonly club: string
  /** The booking. */
  readonly reference: string
  /** In euro cents. */
  readonly cents: number
  /** Where the member comes back to. */
  readonly backUrl: string
  readonly payer?: Payer | undefined
  /** The member whose way to pay is to be remembered. */
  readonly rememberFor?: string | undefined
  /** A remembered way to pay: nobody is sent anywhere. */
  readonly way?: string | undefined
}

export type Payments = {
  /**
   * The payment for a booking: the one under way, or a new one.
   * @throws {PayerMissingError} When it must be said who pays. @throws {PaymentsAwayError}
   */
  readonly begin: (due: Due) => Promise<Payment>
  /** The payment that says most about a booking: the paid one, else the newest. */
  readonly find: (club: string, reference: string) => Promise<Payment | undefined>
  /**
   * Gives back all that was paid for a reference. Asked again with the same key, it is the same refund.
   * @throws {PaymentsAwayError}
   */
  readonly giveBack: (club: string, reference: string, key: string) => Promise<Answer>
  /** How a refund stands, by the name `giveBack` told. @throws {PaymentsAwayError} */
  readonly refund: (id: string) => Promise<Answer>
  /** What is remembered for a member. @throws {PaymentsAwayError} */
  readonly ways: (club: string, memberId: string) => Promise<Way[]>
  /** The payment service forgets a way to pay. @throws {PaymentsAwayError} */
  readonly forget: (way: string) => Promise<void>
  readonly isSigned: (body: string, signature: string | undefined, nowMs: number) => boolean
}

const TIMEOUT_MS = 15_000
const SIGNATURE_AGE_MAX_SECONDS = 300
/** The service understood and will not. */
const REFUSED = 409

const payment: z.ZodType<Payment> = z.object({
  id: z.string(),
  gateway: z.string(),
  state: z.string(),
  redirectUrl: z.string().nullable(),
  said: z.object({ nl: z.string(), en: z.string(), fr: z.string() }).nullish(),
})

const way: z.ZodType<Way> = z.object({
  id: z.string(),
  gateway: z.enum(['paypal', 'paybox']),
  expires: z.string(),
})
const refusal = z.object({ error: z.string() })

const refund: z.ZodType<Answer, { id: string; state: string; amount: number }> = z
  .object({ id: z.string(), state: z.string(), amount: z.int() })
  .transform(({ id, state, amount }) => ({
    refund: id,
    state: state === 'done' || state === 'refused' || state === 'review' ? state : 'asked',
    cents: amount,
  }))

/** Nothing was paid that could go back, or it has gone: a person of the club looks. */
const refused: Answer = { refund: undefined, state: 'refused', cents: undefined }

export function openPayments(config: PaymentsConfig): Payments {
  const ask = async (path: string, body?: object, method?: 'DELETE'): Promise<unknown> => {
    const answer = await fetch(`${config.url}${path}`, {
      method: method ?? (body ? 'POST' : 'GET'),
      headers: { authorization: `Bearer ${config.key}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw new PaymentsAwayError('payments cannot be reached', { cause: error })
    })
    if (answer.status === REFUSED) {
      const said = refusal.safeParse(await answer.json())
      if (said.data?.error === 'PAYMENT_PAYER_MISSING') throw new PayerMissingError('who pays?')
      throw new PaymentsRefusedError('payments refused it')
    }
    if (!answer.ok) throw new PaymentsAwayError(`payments answered ${answer.status}`)
    return await answer.json()
  }
  const all = async (club: string, reference: string): Promise<Payment[]> => {
    const query = new URLSearchParams({ tenant: club, reference })
    return z.array(payment).parse(await ask(`/v1/payments?${query}`))
  }
  return {
    begin: async ({ club, reference, cents, backUrl, payer, rememberFor, way: token }) => {
      // One key for each attempt: asked twice, in two tabs, it is the same payment.
      const before = await all(club, reference)
      const [last] = before
      const isOver = last?.state === 'refused' || last?.state === 'expired'
      const isLive = last && !isOver && last.state !== 'cancelled'
      const attempt = before.length + (isLive ? 0 : 1)
      const asked = await ask('/v1/payments', {
        tenant: club,
        amount: cents,
        currency: 'EUR',
        reference,
        returnUrl: backUrl,
        cancelUrl: backUrl,
        idempotencyKey: `${reference}/${attempt}`,
        ...(payer ? { payer } : {}),
        ...(token === undefined ? {} : { token }),
        ...(rememberFor === undefined || token !== undefined ? {} : { saveFor: rememberFor }),
      })
      return payment.parse(asked)
    },
    find: async (club, reference) => {
      const found = await all(club, reference)
      return found.find(({ state }) => state === 'paid') ?? found[0]
    },
    giveBack: async (club, reference, key) => {
      const paid = (await all(club, reference)).find(({ state }) => state === 'paid')
      if (!paid) return refused
      try {
        const path = `/v1/payments/${paid.id}/refunds`
        return refund.parse(await ask(path, { idempotencyKey: key }))
      } catch (error) {
        if (error instanceof PaymentsRefusedError) return refused
        throw error
      }
    },
    refund: async (id) => refund.parse(await ask(`/v1/refunds/${encodeURIComponent(id)}`)),
    ways: async (club, memberId) => {
      const query = new URLSearchParams({ tenant: club, customer: memberId })
      return z.array(way).parse(await ask(`/v1/tokens?${query}`))
    },
    forget: async (id) => {
      await ask(`/v1/tokens/${encodeURIComponent(id)}`, undefined, 'DELETE')
    },
    isSigned: (body, signature, nowMs) => {
      const [, seconds = '', mac = ''] =
        /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? []
      const age = Math.abs(nowMs / 1000 - Number(seconds))
      if (mac === '' || age > SIGNATURE_AGE_MAX_SECONDS) return false
      const wanted = createHmac('sha256', config.eventsSecret).update(`${seconds}.${body}`).digest()
      return timingSafeEqual(wanted, Buffer.from(mac, 'hex'))
    },
  }
}

/** Payments cannot be asked now; the booking stands all the same. */
export class PaymentsAwayError extends Error {
  override readonly name: string = 'PaymentsAwayError'
}

/** What was asked of payments cannot be. */
class PaymentsRefusedError extends PaymentsAwayError {}

/** The club's payment service wants to know who pays. */
export class PayerMissingError extends Error {
  override readonly name: string = 'PayerMissingError'
}
