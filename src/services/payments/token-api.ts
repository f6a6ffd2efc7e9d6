/**
 * The application's door to kept tokens and subscriptions: what can be debited, and what is.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { AMOUNT_MAX, isCurrency } from '#protocol/payments/currency.ts'
import { isId, name, refuse, returnAddress } from './api-fields.ts'
import type { Subscription, Token } from './model.ts'
import type { SubscriptionStore, TokenStore } from './ports.ts'
import type { SubscriptionWish, TokenDesk } from './token-desk.ts'

const MONTHS_MAX = 60
const COUNT_MAX = 600

type Asked = Omit<SubscriptionWish, 'firstMs'> & { readonly first?: string | undefined }

const subscriptionSchema: z.ZodType<Asked> = z.strictObject({
  tenant: name,
  token: z.string().refine(isId),
  amount: z.int().min(1).max(AMOUNT_MAX),
  currency: z.string().refine(isCurrency),
  /** Room is left for the number of each payment. */
  reference: name.max(190),
  returnUrl: returnAddress,
  cancelUrl: returnAddress,
  idempotencyKey: name,
  everyMonths: z.int().min(1).max(MONTHS_MAX),
  /** When the first payment is due; absent: now. */
  first: z.iso.datetime().optional(),
  count: z.int().min(1).max(COUNT_MAX).optional(),
})

export type TokenApiPorts = {
  readonly tokens: TokenStore
  readonly subscriptions: SubscriptionStore
  readonly tokenDesk: TokenDesk
  readonly recordToken: (token: Token) => void
  readonly recordSubscription: (subscription: Subscription) => void
}

export function tokenRoutes(app: Hono, ports: TokenApiPorts): void {
  const { tokens, subscriptions, tokenDesk } = ports
  app.get('/v1/tokens', async (c) => {
    const { tenant = '', customer = '' } = c.req.query()
    return c.json((await tokens.tokensOf(tenant, customer)).map(shownToken))
  })
  app.get('/v1/tokens/:id', async (c) => {
    const token = await found(c, (id) => tokens.getToken(id))
    return token ? c.json(shownToken(token)) : refuse(c, 404, 'PAYMENT_TOKEN_UNKNOWN')
  })
  app.delete('/v1/tokens/:id', async (c) => {
    const token = await found(c, (id) => tokenDesk.remove(id))
    if (!token) return refuse(c, 404, 'PAYMENT_TOKEN_UNKNOWN')
    ports.recordToken(token)
    return c.json(shownToken(token))
  })
  app.post('/v1/subscriptions', async (c) => {
    const given = subscriptionSchema.safeParse(await c.req.json().catch(() => undefined))
    if (!given.success) {
      const fields = given.error.issues.map(({ path }) => path.join('.')).join(', ')
      return c.json({ error: 'PAYMENT_REQUEST_INVALID', fields }, 400)
    }
    const { first, ...wish } = given.data
    const firstMs = first === undefined ? undefined : Date.parse(first)
    const made = await tokenDesk.subscribe({ ...wish, firstMs })
    ports.recordSubscription(made)
    return c.json(shownSubscription(made), 201)
  })
  app.get('/v1/subscriptions/:id', async (c) => {
    const one = await found(c, (id) => subscriptions.getSubscription(id))
    return one ? c.json(shownSubscription(one)) : refuse(c, 404, 'SUBSCRIPTION_UNKNOWN')
  })
  app.post('/v1/subscriptions/:id/cancel', async (c) => {
    const one = await found(c, (id) => tokenDesk.cancel(id))
    if (!one) return refuse(c, 404, 'SUBSCRIPTION_UNKNOWN')
    ports.recordSubscription(one)
    return c.json(shownSubscription(one))
  })
}

async function found<T>(
  c: Context,
  find: (id: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const id = c.req.param('id') ?? ''
  return isId(id) ? await find(id) : undefined
}

/** What debits it is told to nobody. */
function shownToken({ id, tenant, customer, gateway, state, expires }: Token): object {
  return { id, tenant, customer, gateway, state, expires }
}

function shownSubscription(one: Subscription): object {
  const { id, tenant, token, amount, currency, reference, state, everyMonths } = one
  const { count, paidCount, refusals, nextMs } = one
  const next = nextMs === null ? null : new Date(nextMs).toISOString()
  const told = { id, tenant, token, amount, currency, reference, state, everyMonths }
  return { ...told, count, paidCount, refusals, next }
}
