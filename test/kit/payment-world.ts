/**
 * Both gateways' twins without a network between, and the desks that pay there with the real store:
 * answers can get lost on the way back, and what was asked is counted.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { payboxTwin } from '#services/payment-twins/paybox.ts'
import { paypalTwin } from '#services/payment-twins/paypal.ts'
import type { TwinKeys } from '#services/payment-twins/ports.ts'
import { Desk } from '#services/payments/desk.ts'
import type { GatewayName, Intent, Payer, Payment } from '#services/payments/model.ts'
import { payboxGateway } from '#services/payments/paybox-gateway.ts'
import { payboxForm, readNotice } from '#services/payments/paybox.ts'
import { paypalGateway } from '#services/payments/paypal.ts'
import type { Places } from '#services/payments/places.ts'
import type { Gateway } from '#services/payments/ports.ts'
import { RefundDesk } from '#services/payments/refund-desk.ts'
import { PostgresRefundStore } from '#services/payments/refund-store.ts'
import { PostgresPaymentStore } from '#services/payments/store.ts'
import { PostgresSubscriptionStore } from '#services/payments/subscription-store.ts'
import { TokenDesk } from '#services/payments/token-desk.ts'
import { meansSealer, PostgresTokenStore } from '#services/payments/token-store.ts'
import type { CallHttp } from '#system/http-call.ts'

export const payer: Payer = {
  firstName: 'Zoë',
  lastName: 'D’Hondt-Łukasik',
  address1: 'Rue de l’Église 12 bus 3',
  zipCode: '1060',
  city: 'Saint-Gilles',
  country: 'BE',
}

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const keys: TwinKeys = {
  paypal: {
    clientId: 'club',
    clientSecret: 'secret',
    webhookId: 'WH-1',
    certificatePem: '',
    authorityPem: '',
    keyPem,
  },
  paybox: {
    site: '1999888',
    rank: '32',
    identifier: '110647233',
    hmacKey: 'AB'.repeat(64),
    publicPem: '',
    keyPem,
  },
}
const place: Places = {
  api: 'https://paypal.example',
  forms: ['https://paybox.example/cgi/MYchoix_pagepaiement.cgi'],
  directs: ['https://paybox.example/PPPS.php'],
  publicOrigin: 'https://pay.example',
  receiptAddress: 'club@example.com',
}

/** Each world's twin counts on where no other has counted. */
let worlds = 7_000

/** The twins, and what happened between us and them. */
export class World {
  nowMs: number = Date.UTC(2026, 10, 23, 12)
  /** Answers that are lost, by what was asked; the question itself arrives. */
  loses: (url: string, body: string) => boolean = () => false
  /** Debits of tokens that were asked for. */
  debits = 0
  /** Paybox's notifications, newest last; nobody is told of them by itself. */
  readonly notices: string[] = []
  readonly #paypal = paypalTwin({
    keys: keys.paypal,
    origin: place.api,
    webhookUrl: '',
    nowMs: () => this.nowMs,
    send: () => Promise.resolve(),
  })
  readonly #paybox = payboxTwin({
    keys: keys.paybox,
    send: ({ url }) => Promise.resolve(void this.notices.push(new URL(url).search.slice(1))),
    firstNumber: (worlds += 100),
  })

  readonly call: CallHttp = async ({ method, url, headers = {}, body }) => {
    const app = url.startsWith(place.api) ? this.#paypal : this.#paybox
    const { pathname, search } = new URL(url)
    const init = { method, headers, ...(method === 'POST' ? { body: body ?? '' } : {}) }
    const answer = await app.request(pathname + search, init)
    const text = await answer.text()
    const asked = body ?? ''
    if (asked.includes('TYPE=00053') || asked.includes('vault_id')) this.debits++
    if (this.loses(url, asked)) throw new FaultError('HTTP_CALL_FAILED', 'the answer was lost')
    return { status: answer.status, text }
  }

  gateway(name: GatewayName): Gateway {
    if (name === 'paypal') return paypalGateway({ gateway: name, ...keys.paypal }, place, this.call)
    return payboxGateway({ gateway: name, ...keys.paybox }, place, {
      call: this.call,
      nowMs: () => this.nowMs,
      digit: () => this.#question++ % 10,
    })
  }
  #question = 0

  /** What the payer does in the browser. */
  async pay(payment: Payment): Promise<void> {
    const choice = {
      method: 'POST' as const,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }
    if (payment.gateway === 'paypal') {
      const url = `${place.api}/checkoutnow/${payment.gatewayId}`
      await this.call({ ...choice, url, body: 'choice=pay' })
      return
    }
    const form = payboxForm({ gateway: 'paybox', ...keys.paybox }, place, payment, this.nowMs)
    const fields = new URLSearchParams(form.map(([name, value]) => [name, value])).toString()
    await this.call({ ...choice, url: place.forms[0], body: fields })
    const url = `https://paybox.example/pay/${payment.id}`
    await this.call({ ...choice, url, body: 'choice=pay' })
  }

  /** What Paybox's last notification says, its signature verified. */
  heard(payment: Payment): Parameters<Desk['learn']>[1] {
    return readNotice(this.notices.at(-1) ?? '', publicKey).fact(payment)
  }
}

export type Desks = {
  readonly desk: Desk
  readonly refunds: RefundDesk
  readonly tokenDesk: TokenDesk
  readonly payments: PostgresPaymentStore
  readonly refundStore: PostgresRefundStore
  readonly tokens: PostgresTokenStore
  readonly subscriptions: PostgresSubscriptionStore
}

const sealKey = randomBytes(32)

/** The desks of a club that has chosen this gateway. */
export function desksOf(pool: pg.Pool, world: World, gateway: GatewayName): Desks {
  const ports = {
    gatewayOf: () => Promise.resolve(world.gateway(gateway)),
    nowMs: () => world.nowMs,
    newId: randomUUID,
    complain: () => undefined,
  }
  const choiceOf = (): Promise<Pick<Payment, 'gateway' | 'environment'>> =>
    Promise.resolve({ gateway, environment: 'demonstration' })
  const payments = new PostgresPaymentStore(
    pool,
    meansSealer(sealKey, () => randomBytes(12)),
  )
  const refundStore = new PostgresRefundStore(pool)
  const tokens = new PostgresTokenStore(pool, sealKey)
  const subscriptions = new PostgresSubscriptionStore(pool)
  const openToken = tokens.openToken.bind(tokens)
  const desk = new Desk({ ...ports, store: payments, choiceOf, openToken })
  const refunds = new RefundDesk({ ...ports, payments, store: refundStore })
  const tokenDesk = new TokenDesk({ ...ports, desk, tokens, subscriptions })
  return { desk, refunds, tokenDesk, payments, refundStore, tokens, subscriptions }
}

export function intentAt(gateway: GatewayName, more: Partial<Intent> = {}): Intent {
  const [returnUrl, cancelUrl] = ['https://club.example/', 'https://club.example/']
  const [reference, idempotencyKey] = [randomUUID(), randomUUID()]
  const money = { tenant: gateway, amount: 2000, currency: 'EUR', payer }
  return { ...money, reference, returnUrl, cancelUrl, idempotencyKey, ...more }
}

/** A payment that its payer made. */
export async function paidAt(
  { desk }: Desks,
  world: World,
  gateway: GatewayName,
  more: Partial<Intent> = {},
): Promise<Payment> {
  const payment = await desk.create(intentAt(gateway, more))
  await world.pay(payment)
  if (gateway === 'paybox') await desk.learn(payment.id, world.heard(payment))
  const after = await desk.refresh(payment.id)
  assert.equal(after?.state, 'paid')
  return after
}
