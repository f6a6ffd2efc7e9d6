/**
 * A strict twin of PayPal Orders v2, for tests and the demonstration: its own keys, its own
 * certificate, its status machine, and a memory of request ids.
 *
 * Source: PayPal Orders 2.13, Vault 3.1 and Webhooks 1.11 (OpenAPI). It is stricter than PayPal
 * where that finds mistakes: every mutating call must carry a PayPal-Request-Id.
 *
 * @module
 */
import { createHash, randomUUID, sign } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { Hono, type Context } from 'hono'
import { z } from 'zod'
import { keepNewest } from '#lib/keep-newest.ts'
import { fromDecimal, toDecimal } from '#protocol/payments/currency.ts'
import { mischiefOf, troubled, troubleOf } from './mischief.ts'
import { payPage, twinPolicy } from './page.ts'
import { heldToSchemas } from './openapi.ts'
import type { Send, TwinKeys } from './ports.ts'

const REQUEST_MEMORY_MS = 6 * 3_600_000
const TOKEN_MS = 3_600_000
const KEPT_MAX = 5_000
const REPORT_MAX_MS = 31 * 24 * 3_600_000

const orderBody = z.strictObject({
  intent: z.enum(['CAPTURE', 'AUTHORIZE']),
  purchase_units: z
    .array(
      z.strictObject({
        custom_id: z.string().min(1).max(255).optional(),
        reference_id: z.string().min(1).max(256).optional(),
        invoice_id: z.string().min(1).max(127).optional(),
        description: z.string().max(127).optional(),
        amount: z.strictObject({
          currency_code: z.string().length(3),
          value: z.string().max(32),
        }),
      }),
    )
    .min(1)
    .max(10),
  payment_source: z.strictObject({
    paypal: z.union([
      z.strictObject({
        experience_context: z.looseObject({ return_url: z.url(), cancel_url: z.url() }),
        attributes: z
          .strictObject({ vault: z.looseObject({ store_in_vault: z.literal('ON_SUCCESS') }) })
          .optional(),
      }),
      z.strictObject({ vault_id: z.string().min(1).max(255) }),
    ]),
  }),
})

const refundBody = z.strictObject({
  amount: z
    .strictObject({ currency_code: z.string().length(3), value: z.string().max(32) })
    .optional(),
  custom_id: z.string().min(1).max(127).optional(),
  invoice_id: z.string().min(1).max(127).optional(),
  note_to_payer: z.string().min(1).max(255).optional(),
})

type Refund = {
  readonly id: string
  readonly customId: string
  readonly amount: number
  readonly atMs: number
}

type Order = {
  readonly id: string
  readonly customId: string
  readonly amount: number
  readonly currency: string
  readonly returnUrl: string
  readonly cancelUrl: string
  status: 'PAYER_ACTION_REQUIRED' | 'APPROVED' | 'COMPLETED'
  declines: boolean
  captureId: string
  capturedMs: number
  /** Whether the payer's way to pay is to be kept, and once it is, its id. */
  readonly keeps: boolean
  vaultId: string
  readonly refunds: Refund[]
}

/** What is answered, as it is at that moment. */
type Show = () => object

type Remembered = {
  readonly digest: string
  readonly show: Show
  readonly untilMs: number
}

export type PaypalTwinPorts = {
  readonly keys: TwinKeys['paypal']
  readonly origin: string
  readonly webhookUrl: string
  readonly nowMs: () => number
  readonly send: Send
}

export function paypalTwin(ports: PaypalTwinPorts): Hono {
  const { keys, nowMs } = ports
  const orders = new Map<string, Order>()
  const requests = new Map<string, Remembered>()
  const tokens = new Map<string, number>()
  /** Ways to pay that are kept. */
  const vault = new Set<string>()
  const app = new Hono()

  const troubledOnce = new Set<string>()
  app.get('/v1/notifications/certs/:id', (c) => c.text(keys.certificatePem))
  app.post('/v1/oauth2/token', async (c) => {
    const basic = Buffer.from(`${keys.clientId}:${keys.clientSecret}`).toString('base64')
    const form = await c.req.parseBody()
    const isRight = c.req.header('authorization') === `Basic ${basic}`
    if (!isRight || form['grant_type'] !== 'client_credentials') {
      return c.json({ error: 'invalid_client' }, 401)
    }
    const token = randomUUID()
    keepNewest(tokens, token, nowMs() + TOKEN_MS, KEPT_MAX)
    return c.json({ access_token: token, token_type: 'Bearer', expires_in: TOKEN_MS / 1000 })
  })
  for (const path of ['/v2/*', '/v3/*', '/v1/notifications/webhooks/*', '/v1/reporting/*']) {
    app.use(path, async (c, next) => {
      const [, token = ''] = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '') ?? []
      if ((tokens.get(token) ?? 0) < nowMs()) return problem(c, 401, 'INVALID_ACCOUNT_STATUS')
      return await next()
    })
  }
  app.use(heldToSchemas((c, faults) => problem(c, 400, 'INVALID_REQUEST', faults.join('; '))))
  app.get('/v1/notifications/webhooks/:id', (c) => {
    const id = c.req.param('id')
    if (id !== keys.webhookId) return problem(c, 404, 'INVALID_RESOURCE_ID')
    return c.json({ id, url: ports.webhookUrl, event_types: [{ name: '*' }] })
  })
  app.get('/v1/reporting/transactions', (c) => {
    const [from, to] = [c.req.query('start_date') ?? '', c.req.query('end_date') ?? '']
    const [fromMs, toMs] = [Date.parse(from), Date.parse(to)]
    if (!(toMs - fromMs <= REPORT_MAX_MS)) return problem(c, 400, 'INVALID_REQUEST')
    const found = [...orders.values()].flatMap(movementsOf)
    const inside = found.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    return c.json({
      transaction_details: inside.map(({ info }) => ({ transaction_info: info })),
      total_items: inside.length,
      page: 1,
      total_pages: 1,
    })
  })
  app.post('/v2/checkout/orders', async (c) => {
    const text = await c.req.text()
    return await once(c, text, () => {
      const given = orderBody.safeParse(parse(text))
      const [unit] = given.data?.purchase_units ?? []
      if (!given.success || !unit) return problem(c, 400, 'INVALID_REQUEST')
      const amount = fromDecimal(unit.amount.value, unit.amount.currency_code)
      const name = unit.custom_id ?? ''
      const trouble = troubledOnce.has(name) ? undefined : troubled(troubleOf(amount))
      troubledOnce.add(name)
      if (trouble) return trouble
      const { paypal } = given.data.payment_source
      const order = newOrder(name, amount, unit.amount.currency_code, paypal)
      if ('vault_id' in paypal) {
        if (!vault.has(paypal.vault_id)) return problem(c, 422, 'TOKEN_EXPIRED')
        if (mischiefOf(amount) === 'debit-refused') return problem(c, 422, 'INSTRUMENT_DECLINED')
        capture(order)
      }
      keepNewest(orders, order.id, order, KEPT_MAX)
      return () => shown(order, ports.origin)
    })
  })
  app.delete('/v3/vault/payment-tokens/:id', (c) => {
    vault.delete(c.req.param('id')) // one that is not there is gone, too
    return c.body(null, 204)
  })
  app.get('/v2/checkout/orders/:id', (c) => {
    const order = orders.get(c.req.param('id'))
    return order ? c.json(shown(order, ports.origin)) : problem(c, 404, 'INVALID_RESOURCE_ID')
  })
  app.post('/v2/checkout/orders/:id/capture', async (c) => {
    const order = orders.get(c.req.param('id'))
    if (!order) return problem(c, 404, 'INVALID_RESOURCE_ID')
    return await once(c, `${order.id} ${await c.req.text()}`, () => {
      if (order.status === 'COMPLETED') return problem(c, 422, 'ORDER_ALREADY_CAPTURED')
      if (order.status !== 'APPROVED') return problem(c, 422, 'ORDER_NOT_APPROVED')
      if (order.declines) return problem(c, 422, 'INSTRUMENT_DECLINED')
      capture(order)
      return () => shown(order, ports.origin)
    })
  })
  app.post('/v2/payments/captures/:id/refund', async (c) => {
    const captureId = c.req.param('id')
    const order = [...orders.values()].find((one) => one.captureId === captureId)
    if (!order) return problem(c, 404, 'INVALID_RESOURCE_ID')
    const text = await c.req.text()
    return await once(c, `${captureId} ${text}`, () => {
      const given = refundBody.safeParse(text === '' ? {} : parse(text))
      if (!given.success) return problem(c, 400, 'INVALID_REQUEST')
      const left = order.amount - order.refunds.reduce((sum, { amount }) => sum + amount, 0)
      const { amount: asked, custom_id: customId = '' } = given.data
      const amount = asked ? fromDecimal(asked.value, asked.currency_code) : left
      if (left === 0) return problem(c, 422, 'CAPTURE_FULLY_REFUNDED')
      if (asked && asked.currency_code !== order.currency) {
        return problem(c, 422, 'REFUND_CAPTURE_CURRENCY_MISMATCH')
      }
      if (amount > left) return problem(c, 422, 'REFUND_AMOUNT_EXCEEDED')
      const refund = { id: newNumber(), customId, amount, atMs: nowMs() }
      order.refunds.push(refund)
      return () => shownRefund(refund, order.currency)
    })
  })
  app.get('/checkoutnow', (c) => show(c, orders.get(c.req.query('token') ?? ''), ''))
  app.post('/checkoutnow/:id', async (c) => {
    const order = orders.get(c.req.param('id'))
    if (!order) return c.notFound()
    const choice = (await c.req.parseBody())['choice']
    if (order.status !== 'COMPLETED') {
      order.status = 'APPROVED'
      order.declines = choice !== 'pay'
      void notify(order, 'CHECKOUT.ORDER.APPROVED')
    }
    const back = new URL(order.returnUrl)
    back.searchParams.set('token', order.id)
    return c.redirect(back.href, 303)
  })

  function capture(order: Order): void {
    order.status = 'COMPLETED'
    order.captureId = newNumber()
    order.capturedMs = nowMs()
    if (order.keeps) {
      order.vaultId = newNumber().toLowerCase()
      vault.add(order.vaultId)
    }
    void notify(order, 'PAYMENT.CAPTURE.COMPLETED')
  }

  /** The same request id with the same body is answered as before; with another it is refused. */
  async function once(c: Context, text: string, act: () => Show | Response): Promise<Response> {
    const requestId = c.req.header('paypal-request-id') ?? ''
    if (!/^.{1,108}$/.test(requestId)) return problem(c, 400, 'MISSING_REQUEST_ID')
    const digest = createHash('sha256').update(text).digest('hex')
    const before = requests.get(requestId)
    const known = before && before.untilMs > nowMs() ? before : undefined
    if (known && known.digest !== digest) return problem(c, 422, 'REQUEST_ID_REUSED')
    if (known) return c.json(known.show(), 200)
    const result = act()
    if (result instanceof Response) return result
    const untilMs = nowMs() + REQUEST_MEMORY_MS
    keepNewest(requests, requestId, { digest, show: result, untilMs }, KEPT_MAX)
    return await Promise.resolve(c.json(result(), 201))
  }

  function show(c: Context, order: Order | undefined, said: string): Response | Promise<Response> {
    if (!order) return c.notFound()
    c.header('Content-Security-Policy', twinPolicy)
    return c.html(
      payPage({
        brand: 'PayPal',
        amount: `${toDecimal(order.amount, order.currency)} ${order.currency}`,
        reference: order.customId,
        action: `/checkoutnow/${order.id}`,
        cancelUrl: order.cancelUrl,
        said: order.status === 'COMPLETED' ? 'This was paid already.' : said,
      }),
    )
  }

  async function notify(order: Order, type: string): Promise<void> {
    const mischief = mischiefOf(order.amount)
    if (mischief === 'lost') return
    const body = JSON.stringify({
      id: `WH-${randomUUID()}`,
      event_version: '1.0',
      event_type: type,
      resource: { id: order.id, custom_id: order.customId, status: order.status },
    })
    const id = randomUUID()
    const time = new Date(nowMs()).toISOString()
    const text = `${id}|${time}|${keys.webhookId}|${crc32(body)}`
    const headers = {
      'content-type': 'application/json',
      'paypal-transmission-id': id,
      'paypal-transmission-time': time,
      'paypal-transmission-sig': sign('RSA-SHA256', Buffer.from(text), keys.keyPem).toString(
        'base64',
      ),
      'paypal-auth-algo': 'SHA256withRSA',
      'paypal-cert-url': `${ports.origin}/v1/notifications/certs/CERT-1`,
    }
    const call = { method: 'POST', url: ports.webhookUrl, headers, body } as const
    await ports.send(call, mischief)
  }
  return app
}

type Source = z.infer<typeof orderBody>['payment_source']['paypal']

function newOrder(customId: string, amount: number, currency: string, source: Source): Order {
  const context = 'vault_id' in source ? undefined : source.experience_context
  return {
    id: newNumber(),
    customId,
    amount,
    currency,
    returnUrl: context?.return_url ?? '',
    cancelUrl: context?.cancel_url ?? '',
    status: 'PAYER_ACTION_REQUIRED',
    declines: false,
    captureId: '',
    capturedMs: 0,
    keeps: 'attributes' in source && source.attributes !== undefined,
    vaultId: '',
    refunds: [],
  }
}

function shown(order: Order, origin: string): object {
  const { id, status, customId, amount, currency, captureId } = order
  const money = { currency_code: currency, value: toDecimal(amount, currency) }
  const capture = { id: captureId, status: captureStatus(order), amount: money }
  const captures = captureId === '' ? [] : [capture]
  const refunds = order.refunds.map((refund) => shownRefund(refund, currency))
  const vault = { id: order.vaultId, status: 'VAULTED' }
  const kept = order.vaultId === '' ? {} : { attributes: { vault } }
  return {
    id,
    intent: 'CAPTURE',
    status,
    payment_source: { paypal: kept },
    purchase_units: [
      {
        reference_id: 'default',
        custom_id: customId,
        amount: money,
        payments: { captures, refunds },
      },
    ],
    links: [
      { rel: 'self', method: 'GET', href: `${origin}/v2/checkout/orders/${id}` },
      { rel: 'payer-action', method: 'GET', href: `${origin}/checkoutnow?token=${id}` },
    ],
  }
}

/** As Transaction Search tells of them. */
function movementsOf(order: Order): { atMs: number; info: object }[] {
  const { captureId, capturedMs, customId, amount, currency, refunds } = order
  if (captureId === '') return []
  const one = (id: string, name: string, minor: number, atMs: number) => ({
    atMs,
    info: {
      transaction_id: id,
      transaction_status: 'S',
      transaction_event_code: minor < 0 ? 'T1107' : 'T0006',
      transaction_initiation_date: new Date(atMs).toISOString(),
      transaction_amount: {
        currency_code: currency,
        value: `${minor < 0 ? '-' : ''}${toDecimal(Math.abs(minor), currency)}`,
      },
      custom_field: name,
    },
  })
  return [
    one(captureId, customId, amount, capturedMs),
    ...refunds.map(({ id, customId: name, amount: back, atMs }) => one(id, name, -back, atMs)),
  ]
}

function captureStatus({ amount, refunds }: Order): string {
  const back = refunds.reduce((sum, refund) => sum + refund.amount, 0)
  if (back === 0) return 'COMPLETED'
  return back < amount ? 'PARTIALLY_REFUNDED' : 'REFUNDED'
}

function shownRefund({ id, customId, amount }: Refund, currency: string): object {
  const money = { currency_code: currency, value: toDecimal(amount, currency) }
  return { id, status: 'COMPLETED', custom_id: customId, amount: money }
}

/** As PayPal's look. */
function newNumber(): string {
  return randomUUID().replaceAll('-', '').slice(0, 17).toUpperCase()
}

/** Name and message are the schemas' own, which allow no others. */
const problems = {
  400: {
    name: 'INVALID_REQUEST',
    message: 'Request is not well-formed, syntactically incorrect, or violates schema.',
  },
  401: {
    name: 'AUTHENTICATION_FAILURE',
    message:
      'Authentication failed due to missing authorization header, or invalid authentication ' +
      'credentials.',
  },
  404: { name: 'RESOURCE_NOT_FOUND', message: 'The specified resource does not exist.' },
  422: {
    name: 'UNPROCESSABLE_ENTITY',
    message:
      'The requested action could not be performed, semantically incorrect, or failed business ' +
      'validation.',
  },
} as const

/** @param description For who reads a test's failure. */
function problem(
  c: Context,
  status: keyof typeof problems,
  issue: string,
  description?: string,
): Response {
  const details = [description === undefined ? { issue } : { issue, description }]
  return c.json({ ...problems[status], debug_id: randomUUID(), details }, status)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
