/**
 * The application's door: make a payment, ask about one. JSON over loopback HTTP, with a key.
 *
 * @module
 */
import { timingSafeEqual, createHash } from 'node:crypto'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { DeniedError } from '#lib/errors.ts'
import { isCountry } from '#protocol/payments/country.ts'
import { AMOUNT_MAX, isCurrency } from '#protocol/payments/currency.ts'
import { wordsOf } from '#protocol/payments/paybox-codes.ts'
import { isId, name, refuse, returnAddress } from './api-fields.ts'
import type { Desk } from './desk.ts'
import type { Intent, Payer, Payment, Refund, RefundFact } from './model.ts'
import type { PaymentStore } from './ports.ts'
import type { RefundDesk } from './refund-desk.ts'
import { tokenRoutes, type TokenApiPorts } from './token-api.ts'
import { memberWords } from './trouble.ts'

const BODY_MAX = 16 * 1024

const line = z.string().trim().min(1).max(200)
const payer: z.ZodType<Payer> = z.strictObject({
  firstName: line,
  lastName: line,
  address1: line,
  address2: z.string().max(200).optional(),
  zipCode: line,
  city: line,
  country: z.string().refine(isCountry),
})

const intentSchema: z.ZodType<Intent> = z
  .strictObject({
    tenant: name,
    amount: z.int().min(1).max(AMOUNT_MAX),
    currency: z.string().refine(isCurrency),
    reference: name,
    returnUrl: returnAddress,
    cancelUrl: returnAddress,
    idempotencyKey: name,
    payer: payer.optional(),
    saveFor: name.optional(),
    token: z.string().refine(isId).optional(),
  })
  .refine(({ saveFor, token }) => saveFor === undefined || token === undefined, {
    path: ['saveFor'],
  })

const refundSchema = z.strictObject({
  /** In minor units; absent: all that is left. */
  amount: z.int().min(1).max(AMOUNT_MAX).optional(),
  idempotencyKey: name,
})

const settledSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('done'), transaction: z.string().regex(/^\w{1,40}$/) }),
  z.strictObject({ outcome: z.literal('refused') }),
])

export type ApiPorts = TokenApiPorts & {
  readonly desk: Desk
  readonly refunds: RefundDesk
  readonly store: PaymentStore
  /** The application's key. */
  readonly key: string
  /** Counts over all paid payments, for a probe. */
  readonly ledger: () => Promise<object>
  /** The same for each tenant. */
  readonly ledgerOfTenants: () => Promise<object>
  readonly record: (payment: Payment) => void
  readonly recordRefund: (refund: Refund) => void
}

export function apiApp(ports: ApiPorts): Hono {
  const { desk, store, key, ledger, record } = ports
  const app = new Hono()
  app.use(
    bodyLimit({ maxSize: BODY_MAX, onError: (c) => refuse(c, 413, 'PAYMENT_REQUEST_INVALID') }),
  )
  app.use(async (c, next) => {
    const given = c.req.header('authorization') ?? ''
    if (!isSame(given, `Bearer ${key}`)) return refuse(c, 401, 'PAYMENT_KEY_WRONG')
    return await next()
  })
  app.post('/v1/payments', async (c) => {
    const given = intentSchema.safeParse(await c.req.json().catch(() => undefined))
    if (!given.success) {
      const fields = given.error.issues.map(({ path }) => path.join('.')).join(', ')
      return c.json({ error: 'PAYMENT_REQUEST_INVALID', fields }, 400)
    }
    const payment = await desk.create(given.data)
    record(payment)
    return c.json(shown(payment), 201)
  })
  app.get('/v1/payments', async (c) => {
    const payments = await store.ofReference(
      c.req.query('tenant') ?? '',
      c.req.query('reference') ?? '',
    )
    return c.json(payments.map(shown))
  })
  app.get('/v1/payments/:id', async (c) => {
    const id = c.req.param('id')
    const payment = isId(id) ? await desk.refresh(id) : undefined
    return payment ? c.json(shown(payment)) : refuse(c, 404, 'PAYMENT_UNKNOWN')
  })
  refundRoutes(app, ports)
  tokenRoutes(app, ports)
  app.get('/v1/ledger', async (c) => c.json(await ledger()))
  app.get('/v1/ledger/tenants', async (c) => c.json(await ports.ledgerOfTenants()))
  app.onError((error, c) => {
    if (error instanceof DeniedError) return c.json({ error: error.code }, 409)
    return refuse(c, 503, 'PAYMENT_STORE_FAILED')
  })
  return app
}

function refundRoutes(app: Hono, { refunds, recordRefund }: ApiPorts): void {
  app.post('/v1/payments/:id/refunds', async (c) => {
    const paymentId = c.req.param('id')
    if (!isId(paymentId)) return refuse(c, 404, 'PAYMENT_UNKNOWN')
    const given = refundSchema.safeParse(await c.req.json().catch(() => undefined))
    if (!given.success) return refuse(c, 400, 'PAYMENT_REQUEST_INVALID')
    const { amount, idempotencyKey } = given.data
    const refund = await refunds.create({ paymentId, amount, idempotencyKey })
    recordRefund(refund)
    return c.json(shownRefund(refund), 201)
  })
  app.get('/v1/refunds/:id', async (c) => {
    const id = c.req.param('id')
    const refund = isId(id) ? await refunds.refresh(id) : undefined
    return refund ? c.json(shownRefund(refund)) : refuse(c, 404, 'REFUND_UNKNOWN')
  })
  app.post('/v1/refunds/:id/settle', async (c) => {
    const id = c.req.param('id')
    const given = settledSchema.safeParse(await c.req.json().catch(() => undefined))
    if (!given.success) return refuse(c, 400, 'PAYMENT_REQUEST_INVALID')
    const fact: RefundFact =
      given.data.outcome === 'done'
        ? { kind: 'done', transaction: given.data.transaction }
        : { kind: 'refused', reason: 'BY_A_PERSON' }
    const refund = isId(id) ? await refunds.settle(id, fact) : undefined
    if (!refund) return refuse(c, 404, 'REFUND_UNKNOWN')
    recordRefund(refund)
    return c.json(shownRefund(refund))
  })
}

function shownRefund(refund: Refund): object {
  const { id, paymentId, tenant, state, reason, amount, currency } = refund
  return { id, paymentId, tenant, state, reason, amount, currency }
}

/** What the application sees of a payment. */
function shown(payment: Payment): object {
  const { id, tenant, gateway, state, reason, amount, currency, reference } = payment
  const redirectUrl =
    state === 'open' || state === 'cancelled' || state === 'refused' ? payment.gatewayUrl : null
  const token = payment.isSaved === true ? id : null
  const told = { id, tenant, gateway, reason, amount, currency, reference, redirectUrl, token }
  // Nobody was sent anywhere yet, so no money can be on its way: it may be begun again.
  const isUnsent = state === 'created' || (state === 'unknown' && payment.token === undefined)
  const isAway = payment.gatewayId === '' && isUnsent
  const said = isAway ? memberWords : refusalWords(payment)
  return { ...told, state: isAway ? 'away' : state, said }
}

/** Paybox's code in people's words; null where there is nothing to say. */
function refusalWords({ gateway, state, reason }: Payment): object | null {
  return gateway === 'paybox' && state === 'refused' ? wordsOf(reason) : null
}

/** In a time that tells nothing of where two texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
