/**
 * PayPal's signature binds a body only by its CRC-32. Here a true transmission is kept, and its
 * body exchanged for another with the same checksum that says "paid": the door hears it, looks at
 * PayPal itself, and believes that.
 */
import assert from 'node:assert/strict'
import { randomUUID, sign } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { Hono } from 'hono'
import { deskOf, intentFor } from '#kit/payment-histories.ts'
import { MemoryStore, PayboxWorld, PaypalWorld } from '#kit/payments.ts'
import { createMessageCertificate } from '#system/local-ca/message-certificate.ts'
import { doorsApp } from './doors.ts'

const SUBJECT = 'messageverificationcerts.paypal.com'
const FILLER = 64

/** The body with a filler in which 64 letters, each one of two, give the checksum wanted. */
function withChecksum(head: string, tail: string, wanted: number): string {
  const bodyOf = (bits: readonly boolean[]): string =>
    head + bits.map((bit) => (bit ? 'b' : 'c')).join('') + tail
  const zero = Array.from({ length: FILLER }, () => false)
  const base = crc32(bodyOf(zero))
  // What each letter changes does not depend on the others: 32 equations over bits.
  const rows = zero.map((_, at) => ({
    change: (crc32(bodyOf(zero.with(at, true))) ^ base) >>> 0,
    letters: 1n << BigInt(at),
  }))
  let left = (wanted ^ base) >>> 0
  let letters = 0n
  for (let bit = 31; bit >= 0; bit--) {
    const has = (value: number): boolean => ((value >>> bit) & 1) === 1
    const at = rows.findIndex(({ change }) => has(change))
    const [row] = at < 0 ? [] : rows.splice(at, 1)
    if (!row) continue
    for (const other of rows) {
      if (!has(other.change)) continue
      other.change = (other.change ^ row.change) >>> 0
      other.letters ^= row.letters
    }
    if (!has(left)) continue
    left = (left ^ row.change) >>> 0
    letters ^= row.letters
  }
  assert.equal(left, 0, 'the checksum can be reached')
  return bodyOf(zero.map((_, at) => ((letters >> BigInt(at)) & 1n) === 1n))
}

test('paypal: a body forged under the checksum of a true one gives nothing', async () => {
  const store = new MemoryStore()
  const paypal = new PaypalWorld()
  const nowMs = Date.UTC(2026, 10, 24)
  const desk = deskOf(store, paypal, new PayboxWorld(), { nowMs }, randomUUID)
  const { certificatePem, authorityPem, keyPem } = await createMessageCertificate(SUBJECT, nowMs)
  const trust = {
    webhookId: 'WH-1',
    certificateHosts: ['api.paypal.com'],
    authorityPem,
    subject: SUBJECT,
  }
  const heard: string[] = []
  const door = doorsApp({
    desk,
    get: (id) => store.get(id),
    formOf: () => Promise.resolve(undefined),
    trustOf: () => Promise.resolve(trust),
    certificateAt: () => Promise.resolve(certificatePem),
    payboxKey: undefined,
    office: new Hono(),
    nowMs: () => nowMs,
    record: (code) => heard.push(code),
  })
  const payment = await desk.create(intentFor('p', 'booking', 'tab'))
  const truth = `{"event_type":"PAYMENT.CAPTURE.DENIED","resource":{"custom_id":"${randomUUID()}"}}`
  const time = new Date(nowMs).toISOString()
  const text = `T-1|${time}|WH-1|${crc32(truth)}`
  const headers = {
    'paypal-transmission-id': 'T-1',
    'paypal-transmission-time': time,
    'paypal-transmission-sig': sign('RSA-SHA256', Buffer.from(text), keyPem).toString('base64'),
    'paypal-auth-algo': 'SHA256withRSA',
    'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/CERT-1',
  }
  const post = async (body: string): Promise<number> =>
    (await door.request('/paypal/p', { method: 'POST', headers, body })).status
  const resource = { custom_id: payment.id, status: 'COMPLETED', amount: { value: '12.50' } }
  const head = `{"event_type":"PAYMENT.CAPTURE.COMPLETED","resource":${JSON.stringify(resource)}`
  const forged = withChecksum(`${head},"x":"`, '"}', crc32(truth))
  assert.equal(crc32(forged), crc32(truth))
  JSON.parse(forged)
  const status = await post(forged)
  assert.equal(status, 200, 'its signature does verify: that is what is wrong with it')
  assert.deepEqual(heard, ['PAYMENT_NOTICE_HEARD'])
  const after = await store.get(payment.id)
  assert.equal(after?.state, 'open')
  assert.deepEqual(store.lines, [])
  assert.equal(await post(`${forged} `), 400, 'another checksum is not even heard')
  const order = paypal.orders.get(payment.gatewayId)
  assert(order)
  order.status = 'approved'
  await post(forged) // now there is something to see, and it says no more than "look"
  assert.equal((await store.get(payment.id))?.state, 'paid')
})
