/**
 * Paybox System with one tenant's keys: the form that sends the payer there, the signed answers,
 * and the question what became of a payment.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { FaultError } from '#lib/errors.ts'
import { currencyOf } from '#protocol/payments/currency.ts'
import {
  formHmac,
  signForm,
  TEST_AUTHORISATION,
  verifyAnswer,
  type FormFields,
} from '#protocol/payments/paybox.ts'
import { outcomeOf } from '#protocol/payments/paybox-codes.ts'
import type { CallHttp } from '#system/http-call.ts'
import type { PayboxKeys } from './keys.ts'
import type { Fact, Payment } from './model.ts'
import type { Gateway } from './ports.ts'

export type PayboxPlace = {
  /** Where the form goes, such as `https://tpeweb.paybox.com/cgi/MYchoix_pagepaiement.cgi`. */
  readonly form: string
  /** Where questions go, such as `https://ppps.paybox.com/PPPS.php`. */
  readonly direct: string
  readonly publicOrigin: string
  /** Gets Paybox's own receipts. */
  readonly receiptAddress: string
}

/** What is asked back, and under which names; the signature last. */
const RETURNED = 'M:M;R:R;A:A;T:T;S:S;E:E;K:K'
const CONSULT = '00017'

export function payboxGateway(
  keys: PayboxKeys,
  place: PayboxPlace,
  call: CallHttp,
  nowMs: () => number,
): Gateway {
  return {
    // The form is the whole opening: nobody but the payer's browser tells Paybox of it.
    open: ({ id }) =>
      Promise.resolve({
        kind: 'opened',
        gatewayId: id,
        gatewayUrl: `${place.publicOrigin}/go/${id}`,
      }),
    read: (payment) => consult(keys, place, payment, call, nowMs()),
    capture: () => Promise.resolve({ kind: 'unchanged' }), // taken at once by Paybox itself
  }
}

/** The signed form, in the order in which it must be sent. */
export function payboxForm(
  keys: PayboxKeys,
  place: PayboxPlace,
  payment: Payment,
  nowMs: number,
): FormFields {
  const { id, tenant, amount, currency } = payment
  const back = `${place.publicOrigin}/return/${id}`
  const fields: FormFields = [
    ['PBX_SITE', keys.site],
    ['PBX_RANG', keys.rank],
    ['PBX_IDENTIFIANT', keys.identifier],
    ['PBX_TOTAL', String(amount)],
    ['PBX_DEVISE', currencyOf(currency).numeric],
    ['PBX_CMD', id],
    ['PBX_PORTEUR', place.receiptAddress],
    ['PBX_RETOUR', RETURNED],
    ['PBX_REPONDRE_A', `${place.publicOrigin}/paybox/${encodeURIComponent(tenant)}`],
    ['PBX_EFFECTUE', back],
    ['PBX_REFUSE', back],
    ['PBX_ATTENTE', back],
    ['PBX_ANNULE', `${place.publicOrigin}/cancel/${id}`],
    [
      'PBX_SHOPPINGCART',
      `${XML}<shoppingcart><total><totalQuantity>1</totalQuantity></total></shoppingcart>`,
    ],
    ['PBX_SOUHAITAUTHENT', '01'],
    ['PBX_HASH', 'SHA512'],
    ['PBX_TIME', new Date(nowMs).toISOString()],
  ]
  return signForm(fields, keys.hmacKey)
}

const XML = '<?xml version="1.0" encoding="utf-8"?>'

/** A notification read: which payment, and what it says. */
export type PayboxNotice = { readonly paymentId: string; readonly fact: PayboxFact }

/** The currency is not told back: it stood in the signed form. */
type PayboxFact = (payment: Payment) => Fact

/** @throws {ProtocolError} PAYBOX_ANSWER_INVALID. @param rawQuery Exactly as it came. */
export function readNotice(rawQuery: string, key: KeyObject): PayboxNotice {
  const answer = verifyAnswer(rawQuery, 'K', key)
  const value = (name: string): string => answer.get(name) ?? ''
  return {
    paymentId: value('R'),
    fact: ({ currency }) =>
      factOf({
        code: value('E'),
        amount: value('M'),
        transaction: value('S'),
        authorisation: value('A'),
        currency,
      }),
  }
}

type Told = {
  readonly code: string
  readonly amount: string
  readonly transaction: string
  readonly authorisation: string
  readonly currency: string
}

function factOf({ code, amount, transaction, authorisation, currency }: Told): Fact {
  const outcome = outcomeOf(code)
  if (outcome !== 'paid') return { kind: outcome, reason: code }
  const isPlain = /^\d{1,12}$/.test(amount) && /^\w{1,40}$/.test(transaction)
  // Without an authorisation nobody promised the money.
  if (!isPlain || authorisation === '') return { kind: 'refused', reason: code }
  const isTest = authorisation === TEST_AUTHORISATION
  return { kind: 'paid', transaction, amount: Number(amount), currency, isTest }
}

/** Asks what became of a payment: for an answer that was lost, late, or doubted. */
async function consult(
  keys: PayboxKeys,
  place: PayboxPlace,
  payment: Payment,
  call: CallHttp,
  nowMs: number,
): Promise<Fact> {
  const fields: FormFields = [
    ['VERSION', '00104'],
    ['TYPE', CONSULT],
    ['SITE', keys.site],
    ['RANG', keys.rank],
    ['REFERENCE', payment.id],
    ['DATEQ', new Date(nowMs).toISOString()],
    ['HASH', 'SHA512'],
  ]
  const hmac = formHmac(fields, keys.hmacKey)
  const body = new URLSearchParams([
    ...fields.map(([name, value]) => [name, value]),
    ['HMAC', hmac],
  ])
  const answer = await call({
    method: 'POST',
    url: place.direct,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: body.toString(),
  })
  const told = new URLSearchParams(answer.text)
  const known = told.get('CODEREPONSE')
  if (answer.status !== 200 || known === null) {
    throw new FaultError('PAYMENT_GATEWAY_FAILED', `Paybox did not answer (${answer.status})`)
  }
  if (known !== '00000') return { kind: 'unchanged' } // it knows of no attempt yet
  return factOf({
    code: told.get('STATUS') ?? '',
    amount: told.get('MONTANT') ?? '',
    transaction: told.get('NUMTRANS') ?? '',
    authorisation: told.get('AUTORISATION') ?? '',
    currency: payment.currency,
  })
}
