/**
 * PayPal Orders v2 with one tenant's keys.
 *
 * Every call that changes something carries a PayPal-Request-Id made from the payment, so that
 * asking again changes nothing. PayPal forgets those after six hours; then its own rule "an order
 * is captured once" holds.
 *
 * Source: PayPal Orders 2.13, Payments 2.10 (OpenAPI).
 *
 * @module
 */
import { z } from 'zod'
import { fromDecimal, toDecimal } from '#protocol/payments/currency.ts'
import type { CallHttp, HttpAnswer } from '#system/http-call.ts'
import type { PaypalKeys } from './keys.ts'
import type { Fact, Means, Payment, Refund, RefundFact, Token } from './model.ts'
import { asker, failed, parse, type Ask, type PaypalPlace } from './paypal-call.ts'
import type { Gateway } from './ports.ts'

const amount = z.object({ value: z.string(), currency_code: z.string() })
const capture = z.object({ id: z.string().min(1), status: z.string(), amount })
const refundSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  custom_id: z.string().optional(),
})
const paymentsSchema = z.object({
  captures: z.array(capture).optional(),
  refunds: z.array(refundSchema).optional(),
})
const vaulted = z.object({
  id: z.string().min(1).max(255).optional(),
  status: z.string().optional(),
})
const sourceSchema = z.object({
  paypal: z.object({ attributes: z.object({ vault: vaulted.optional() }).optional() }).optional(),
})
const orderSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  payment_source: sourceSchema.optional(),
  purchase_units: z.array(z.object({ payments: paymentsSchema.optional() })).optional(),
  links: z.array(z.object({ rel: z.string(), href: z.string() })).optional(),
})
type Order = z.infer<typeof orderSchema>
const issues = z.object({ details: z.array(z.object({ issue: z.string() })).default([]) })

export function paypalGateway(keys: PaypalKeys, place: PaypalPlace, call: CallHttp): Gateway {
  const ask = asker(keys, place, call)
  const pathOf = ({ gatewayId }: Payment): string =>
    `/v2/checkout/orders/${encodeURIComponent(gatewayId)}`
  const read = async (payment: Payment): Promise<Fact> =>
    factOf(orderOf(await ask('GET', pathOf(payment))), payment)
  return {
    open: async (payment) => {
      const body = orderBody(payment, place)
      return factOf(orderOf(await ask('POST', '/v2/checkout/orders', `open-${payment.id}`, body)))
    },
    read,
    capture: async (payment) => {
      const answer = await ask('POST', `${pathOf(payment)}/capture`, `capture-${payment.id}`, {})
      if (answer.status !== 422) return factOf(orderOf(answer), payment)
      const found = issues.safeParse(parse(answer))
      const issue = found.data?.details[0]?.issue ?? ''
      if (issue === 'INSTRUMENT_DECLINED') return { kind: 'refused', reason: issue }
      return await read(payment) // captured already, not approved any more: the order itself says
    },
    refund: async (_payment, refund) => await giveBack(refund, ask),
    // Not found: the same request id makes it once, whether it arrived before or not.
    readRefund: async (payment, refund) => {
      const order = orderOf(await ask('GET', pathOf(payment)))
      const all = order.purchase_units?.flatMap(({ payments }) => payments?.refunds ?? []) ?? []
      const found = all.find(({ custom_id }) => custom_id === refund.id)
      return found ? refundFact(found) : await giveBack(refund, ask)
    },
    debit: async (payment, _token, means) => await debit(payment, means, place, ask),
    // The same request id: made once, whether it arrived before or not.
    readDebit: async (payment, means) =>
      means ? await debit(payment, means, place, ask) : { kind: 'lost' },
    debitKnownMs: REPEATED_MS,
    forget: async (token, means) => await forget(token, means, ask),
  }
}

/** PayPal remembers a request id for six hours; later the same question would debit again. */
const REPEATED_MS = 5 * 3_600_000

/** Issues that say nothing of whether money moves. */
const undecided: ReadonlySet<string> = new Set([
  'ORDER_COMPLETION_IN_PROGRESS',
  'DUPLICATE_REQUEST_ID',
])

/** An order that is paid with a kept token is made and captured in one step. */
async function debit(payment: Payment, means: Means, place: PaypalPlace, ask: Ask): Promise<Fact> {
  const body = {
    ...orderBody(payment, place),
    payment_source: { paypal: { vault_id: means.handle } },
  }
  const answer = await ask('POST', '/v2/checkout/orders', `debit-${payment.id}`, body)
  if (answer.status !== 422) return factOf(orderOf(answer))
  const issue = issues.safeParse(parse(answer)).data?.details[0]?.issue ?? ''
  if (issue === '' || undecided.has(issue)) throw failed(`it answers ${issue}`)
  return { kind: 'refused', reason: issue }
}

async function forget(_token: Token, means: Means, ask: Ask): Promise<void> {
  const path = `/v3/vault/payment-tokens/${encodeURIComponent(means.handle)}`
  const { status } = await ask('DELETE', path)
  if (status !== 204 && status !== 404) throw failed(`the token is still kept (${status})`)
}

async function giveBack({ id, of, amount, currency }: Refund, ask: Ask): Promise<RefundFact> {
  const body = {
    amount: { value: toDecimal(amount, currency), currency_code: currency },
    custom_id: id,
  }
  const path = `/v2/payments/captures/${encodeURIComponent(of)}/refund`
  const answer = await ask('POST', path, `refund-${id}`, body)
  if (answer.status === 422) {
    const issue = issues.safeParse(parse(answer)).data?.details[0]?.issue ?? ''
    return { kind: 'refused', reason: issue === '' ? 'UNPROCESSABLE_ENTITY' : issue }
  }
  const found = refundSchema.safeParse(parse(answer))
  const isGood = answer.status === 200 || answer.status === 201
  if (!isGood || !found.success) throw failed(`the answer was no refund (${answer.status})`)
  return refundFact(found.data)
}

function refundFact({ id, status }: z.infer<typeof refundSchema>): RefundFact {
  if (status === 'COMPLETED') return { kind: 'done', transaction: id }
  if (status === 'PENDING') return { kind: 'pending', reason: 'PENDING' }
  return { kind: 'refused', reason: status }
}

function orderBody(payment: Payment, { publicOrigin }: PaypalPlace): object {
  const { id, currency, saveFor } = payment
  const value = toDecimal(payment.amount, currency)
  const vault = { store_in_vault: 'ON_SUCCESS', usage_type: 'MERCHANT', customer_type: 'CONSUMER' }
  return {
    intent: 'CAPTURE',
    purchase_units: [{ custom_id: id, amount: { currency_code: currency, value } }],
    payment_source: {
      paypal: {
        experience_context: {
          return_url: `${publicOrigin}/return/${id}`,
          cancel_url: `${publicOrigin}/cancel/${id}`,
          user_action: 'PAY_NOW',
          shipping_preference: 'NO_SHIPPING',
        },
        ...(saveFor === undefined ? {} : { attributes: { vault } }),
      },
    },
  }
}

function orderOf(answer: HttpAnswer): Order {
  const found = orderSchema.safeParse(parse(answer))
  const isGood = answer.status === 200 || answer.status === 201
  if (!isGood || !found.success) throw failed(`the answer was no order (${answer.status})`)
  return found.data
}

/** @param payment Absent when the order is new. */
function factOf(order: Order, payment?: Payment): Fact {
  if (payment && order.id !== payment.gatewayId) throw failed('another order was answered')
  const gatewayId = order.id
  const captures = order.purchase_units?.flatMap(({ payments }) => payments?.captures ?? []) ?? []
  const done = captures.find(({ status }) => moneyMoved.has(status))
  if (done) {
    const { value, currency_code: currency } = done.amount
    const minor = fromDecimal(value, currency)
    const handle = order.payment_source?.paypal?.attributes?.vault?.id
    const saved = handle === undefined ? undefined : { handle, expires: '' }
    const money = { transaction: done.id, amount: minor, currency, isTest: false }
    return { kind: 'paid', ...money, gatewayId, saved }
  }
  const last = captures.at(-1)
  if (last?.status === 'PENDING') return { kind: 'pending', reason: 'PENDING', gatewayId }
  if (last) return { kind: 'refused', reason: last.status, gatewayId }
  if (order.status === 'APPROVED') return { kind: 'approved', gatewayId }
  if (order.status === 'VOIDED') return { kind: 'refused', reason: 'VOIDED', gatewayId }
  const link = order.links?.find(({ rel }) => rel === 'payer-action' || rel === 'approve')
  const gatewayUrl = link?.href ?? payment?.gatewayUrl
  if (gatewayUrl === undefined) throw failed('the order has no address for the payer')
  return { kind: 'opened', gatewayId, gatewayUrl }
}

const moneyMoved: ReadonlySet<string> = new Set(['COMPLETED', 'PARTIALLY_REFUNDED', 'REFUNDED'])
