/**
 * Paybox System with one tenant's keys: the form that sends the payer there, and its signed
 * answers.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { currencyOf } from '#protocol/payments/currency.ts'
import {
  signForm,
  TEST_AUTHORISATION,
  verifyAnswer,
  type FormFields,
} from '#protocol/payments/paybox.ts'
import { outcomeOf } from '#protocol/payments/paybox-codes.ts'
import type { PayboxKeys } from './keys.ts'
import type { Fact, Payment } from './model.ts'
import type { Places } from './places.ts'

export type PayboxPlace = Pick<Places, 'forms' | 'directs' | 'publicOrigin' | 'receiptAddress'>

/** What is asked back, and under which names; the signature last. */
const RETURNED = 'M:M;R:R;A:A;T:T;S:S;E:E;K:K'

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

/** One number, with leading zeros or without: Paybox writes both. */
export function transactionNumber(text: string): string {
  return text.replace(/^0+(?=.)/, '')
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
  const number = transactionNumber(transaction)
  return { kind: 'paid', transaction: number, amount: Number(amount), currency, isTest }
}
