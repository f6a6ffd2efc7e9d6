/** PayPal's own schemas: what they refuse of a call, and that the twin's answers fit them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paypalTwin } from './paypal.ts'

const keys = {
  clientId: 'club',
  clientSecret: 'secret',
  webhookId: 'WH-1',
  certificatePem: '',
  authorityPem: '',
  keyPem: '',
}
const twin = paypalTwin({
  keys,
  origin: 'https://paypal.example',
  webhookUrl: 'https://pay.example/paypal/club',
  nowMs: () => Date.UTC(2026, 10, 24),
  send: () => Promise.resolve(),
})

async function ask(path: string, body: unknown, requestId: string = 'one'): Promise<Response> {
  const basic = Buffer.from('club:secret').toString('base64')
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const given = await twin.request('/v1/oauth2/token', {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, ...form },
    body: 'grant_type=client_credentials',
  })
  const { access_token: token } = (await given.json()) as { access_token: string }
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'paypal-request-id': requestId,
  }
  const method = body === undefined ? 'GET' : 'POST'
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  return await twin.request(path, { method, headers, ...init })
}

const amount = { currency_code: 'EUR', value: '12.50' }
const experience = { return_url: 'https://pay.example/r', cancel_url: 'https://pay.example/c' }
const order = {
  intent: 'CAPTURE',
  purchase_units: [{ custom_id: 'a', amount }],
  payment_source: { paypal: { experience_context: experience } },
}

test('openapi: an order as PayPal wants it is made, and the answer fits its schemas', async () => {
  const made = await ask('/v2/checkout/orders', order, 'good')
  assert.equal(made.status, 201)
  const { id } = (await made.json()) as { id: string }
  assert.equal((await ask(`/v2/checkout/orders/${id}`, undefined)).status, 200)
  assert.equal((await ask(`/v2/checkout/orders/${id}/capture`, {}, 'early')).status, 422)
  assert.equal((await ask('/v1/notifications/webhooks/WH-1', undefined)).status, 200)
})

test('openapi: what PayPal’s schemas do not allow is refused', async () => {
  const [unit] = order.purchase_units
  const wrong: Readonly<Record<string, unknown>> = {
    'an intent that is none': { ...order, intent: 'TAKE' },
    'no unit': { ...order, purchase_units: [] },
    'no amount': { ...order, purchase_units: [{ custom_id: 'a' }] },
    'a currency of two letters': {
      ...order,
      purchase_units: [{ ...unit, amount: { ...amount, currency_code: 'EU' } }],
    },
    'a field that does not exist': { ...order, purchase_units: [{ ...unit, custom: 'a' }] },
    'a field within a field': {
      ...order,
      payment_source: { paypal: { experience_context: { ...experience, return_uri: 'x' } } },
    },
    'a number for a text': { ...order, purchase_units: [{ ...unit, custom_id: 7 }] },
  }
  for (const [name, body] of Object.entries(wrong)) {
    assert.equal((await ask('/v2/checkout/orders', body, name)).status, 400, name)
  }
  assert.equal((await ask('/v2/checkout/orders', order, 'x'.repeat(109))).status, 400, 'its id')
})
