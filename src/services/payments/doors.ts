/**
 * The public door: the way to Paybox, the way back, and the gateways' own notifications.
 *
 * Nothing here asks for, or could receive, the data of a card. What a visitor's address says is
 * never believed: it only says which payment to look at.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { crc32 } from 'node:zlib'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { ProtocolError, VeiligError } from '#lib/errors.ts'
import type { FormFields } from '#protocol/payments/paybox.ts'
import {
  certificateAddress,
  transmissionOf,
  verifyTransmission,
  type PaypalTrust,
} from '#protocol/payments/paypal-signature.ts'
import { isId } from './api-fields.ts'
import type { Desk } from './desk.ts'
import type { Payment } from './model.ts'
import { htmlOf } from './office/frame.tsx'
import { languageOf } from './office/routes.tsx'
import { readNotice } from './paybox.ts'
import { memberWords } from './trouble.ts'
import { HomePage, MissingPage, WayPage } from './way-pages.tsx'

const BODY_MAX = 256 * 1024

export type DoorPorts = {
  readonly desk: Desk
  readonly get: (id: string) => Promise<Payment | undefined>
  /** The signed form of a payment, and where it goes; undefined when it is not Paybox's. */
  readonly formOf: (
    payment: Payment,
  ) => Promise<{ readonly action: string; readonly fields: FormFields } | undefined>
  /** What the webhooks of a tenant must come from; undefined when it has none. */
  readonly trustOf: (tenant: string) => Promise<PaypalTrust | undefined>
  readonly certificateAt: (address: URL) => Promise<string>
  readonly payboxKey: KeyObject | undefined
  readonly nowMs: () => number
  readonly office: Hono
  readonly record: (code: string, detail: Readonly<Record<string, string>>) => void
}

type Env = { Bindings: { incoming: IncomingMessage } }

export function doorsApp(ports: DoorPorts): Hono<Env> {
  const app = new Hono<Env>()
  app.use(bodyLimit({ maxSize: BODY_MAX }))
  app.get('/go/:id', async (c) => await showWay(c, ports))
  app.get('/return/:id', async (c) => await comeBack(c, ports, false))
  app.get('/cancel/:id', async (c) => await comeBack(c, ports, true))
  app.get('/paybox/:tenant', async (c) => {
    await hearPaybox(c.env.incoming.url ?? '', c.req.param('tenant'), ports)
    return c.body('') // what Paybox wants to hear: 200, and nothing
  })
  app.post('/paypal/:tenant', async (c) => {
    await hearPaypal(c, c.req.param('tenant'), ports)
    return c.body('')
  })
  app.route('/', ports.office)
  app.get('/', (c) => c.html(htmlOf(HomePage({ language: languageOf(c) }))))
  app.notFound((c) => c.html(htmlOf(MissingPage({ language: languageOf(c) })), 404))
  app.onError((error, c) => {
    if (!(error instanceof ProtocolError)) {
      const code = error instanceof VeiligError ? error.code : 'PAYMENT_STORE_FAILED'
      const words = memberWords[languageOf(c)]
      return c.text(`${words} (${code})\n`, 503)
    }
    ports.record('PAYMENT_NOTICE_REFUSED', { reason: error.code })
    return c.text('Not accepted.\n', 400)
  })
  return app
}

async function find(id: string, ports: DoorPorts): Promise<Payment | undefined> {
  return isId(id) ? await ports.get(id) : undefined
}

/** Paybox wants a form posted: one button, hidden fields, and nothing to fill in. */
async function showWay(c: Context<Env>, ports: DoorPorts): Promise<Response> {
  const payment = await find(c.req.param('id') ?? '', ports)
  if (payment?.state === 'paid') return c.redirect(backTo(payment, payment.returnUrl), 303)
  const form = payment && (await ports.formOf(payment))
  if (!payment || !form) return c.notFound()
  const action = new URL(form.action).origin
  const policy = `default-src 'none'; style-src 'self'; form-action ${action}; base-uri 'none'`
  c.header('Content-Security-Policy', `${policy}; frame-ancestors 'none'`)
  c.header('Cache-Control', 'no-store')
  const language = languageOf(c)
  const back = payment.cancelUrl
  return c.html(htmlOf(WayPage({ language, action: form.action, fields: form.fields, back })))
}

async function comeBack(c: Context<Env>, ports: DoorPorts, isCancel: boolean): Promise<Response> {
  const payment = await find(c.req.param('id') ?? '', ports)
  if (!payment) return c.notFound()
  const now = await ports.desk.refresh(payment.id)
  if (isCancel && now?.state === 'open') await ports.desk.learn(payment.id, { kind: 'cancelled' })
  return c.redirect(backTo(payment, isCancel ? payment.cancelUrl : payment.returnUrl), 303)
}

function backTo(payment: Payment, address: string): string {
  const url = new URL(address)
  url.searchParams.set('payment', payment.id)
  return url.href
}

async function hearPaybox(target: string, tenant: string, ports: DoorPorts): Promise<void> {
  const { payboxKey, desk, record } = ports
  if (!payboxKey) throw new ProtocolError('PAYBOX_ANSWER_INVALID', 'no key is configured')
  const notice = readNotice(target.slice(target.indexOf('?') + 1), payboxKey)
  const payment = await find(notice.paymentId, ports)
  // One key signs for all merchants of Paybox: the tenant must be the payment's own.
  if (!payment || payment.tenant !== tenant || payment.gateway !== 'paybox') {
    throw new ProtocolError('PAYBOX_ANSWER_INVALID', 'no such payment')
  }
  const { state } = await desk.learn(payment.id, notice.fact(payment))
  record('PAYMENT_NOTICE_HEARD', { tenant, payment: payment.id, gateway: 'paybox', state })
}

/** Verified, it says only: look. Which payment is taken from the body, which nobody vouches for. */
async function hearPaypal(c: Context<Env>, tenant: string, ports: DoorPorts): Promise<void> {
  const trust = await ports.trustOf(tenant)
  if (!trust) throw new ProtocolError('PAYPAL_WEBHOOK_INVALID', 'no webhook is expected')
  const transmission = transmissionOf((name) => c.req.header(name))
  const address = certificateAddress(transmission.certificateUrl, trust.certificateHosts)
  const body = Buffer.from(await c.req.arrayBuffer())
  const certificate = await ports.certificateAt(address)
  verifyTransmission(transmission, certificate, trust, crc32(body), ports.nowMs())
  const id = customIdOf(body.toString('utf8'))
  const payment = await find(id, ports)
  if (!payment || payment.tenant !== tenant || payment.gateway !== 'paypal') return
  const state = (await ports.desk.refresh(id))?.state ?? ''
  ports.record('PAYMENT_NOTICE_HEARD', { tenant, payment: id, gateway: 'paypal', state })
}

/** Ours, in an order and in a capture alike; '' where the body is something else. */
function customIdOf(body: string): string {
  const [, id = ''] = /"custom_id"\s*:\s*"([0-9a-f-]{36})"/.exec(body) ?? []
  return id
}
