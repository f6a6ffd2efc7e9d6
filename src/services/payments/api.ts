/**
 * The application's door: make a payment, ask about one. JSON over loopback HTTP, with a key.
 *
 * @module
 */
import { timingSafeEqual, createHash } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { DeniedError } from '#lib/errors.ts'
import { AMOUNT_MAX, isCurrency } from '#protocol/payments/currency.ts'
import type { Desk } from './desk.ts'
import type { Intent, Payment } from './model.ts'
import type { PaymentStore } from './ports.ts'

const BODY_MAX = 16 * 1024
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

const name = z.string().min(1).max(200)
const intentSchema: z.ZodType<Intent> = z.strictObject({
  tenant: name,
  amount: z.int().min(1).max(AMOUNT_MAX),
  currency: z.string().refine(isCurrency),
  reference: name,
  returnUrl: z.url({ protocol: /^https$/ }).max(1000),
  cancelUrl: z.url({ protocol: /^https$/ }).max(1000),
  idempotencyKey: name,
})

export type ApiPorts = {
  readonly desk: Desk
  readonly store: PaymentStore
  /** The application's key. */
  readonly key: string
  /** Counts over all paid payments, for a probe. */
  readonly ledger: () => Promise<object>
  readonly record: (payment: Payment) => void
}

export function apiApp({ desk, store, key, ledger, record }: ApiPorts): Hono {
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
    const payment = ID.test(id) ? await desk.refresh(id) : undefined
    return payment ? c.json(shown(payment)) : refuse(c, 404, 'PAYMENT_UNKNOWN')
  })
  app.get('/v1/ledger', async (c) => c.json(await ledger()))
  app.onError((error, c) => {
    if (error instanceof DeniedError) return c.json({ error: error.code }, 409)
    return refuse(c, 503, 'PAYMENT_STORE_FAILED')
  })
  return app
}

/** What the application sees of a payment. */
function shown(payment: Payment): object {
  const { id, tenant, gateway, state, reason, amount, currency, reference } = payment
  const redirectUrl =
    state === 'open' || state === 'cancelled' || state === 'refused' ? payment.gatewayUrl : null
  return { id, tenant, gateway, state, reason, amount, currency, reference, redirectUrl }
}

function refuse(c: Context, status: 401 | 404 | 413 | 503, error: string): Response {
  return c.json({ error }, status)
}

/** In a time that tells nothing of where two texts differ. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
