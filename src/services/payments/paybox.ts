/**
 * Paybox System with one tenant's keys: the form that sends the payer there, and its signed
 * answers.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { DeniedError } from '#lib/errors.ts'
import { currencyOf } from '#protocol/payments/currency.ts'
import {
  signForm,
  TEST_AUTHORISATION,
  verifyAnswer,
  type FormFields,
} from '#protocol/payments/paybox.ts'
import { billingXml, SHOPPING_CART } from '#protocol/payments/paybox-billing.ts'
import { outcomeOf } from '#protocol/payments/paybox-codes.ts'
import type { PayboxKeys } from './keys.ts'
import type { Fact, Means, Payment } from './model.ts'
import type { Places } from './places.ts'

export type PayboxPlace = Pick<Places, 'forms' | 'directs' | 'publicOrigin' | 'receiptAddress'>

/** What is asked back, and under which names; the signature last. */
const RETURNED = 'M:M;R:R;A:A;T:T;S:S;E:E;K:K'
/** The same, with what debits the payer again. */
const RETURNED_WITH_TOKEN = 'M:M;R:R;A:A;T:T;S:S;E:E;U:U;K:K'

/** How the payer is to be known: as the bank likes, or by all means (nobody is there next time). */
const ANY_CHECK = '01'
const FULL_CHECK = '04'

/**
 * The signed form, in the order in which it must be sent.
 *
 * @throws {DeniedError} PAYMENT_PAYER_MISSING. @throws {ProtocolError} PAYMENT_PAYER_INVALID.
 */
export function payboxForm(
  keys: PayboxKeys,
  place: PayboxPlace,
  payment: Payment,
  nowMs: number,
): FormFields {
  const { id, tenant, amount, currency, payer, saveFor } = payment
  if (!payer) throw payerMissing()
  const back = `${place.publicOrigin}/return/${id}`
  const keeps = saveFor !== undefined
  const fields: FormFields = [
    ['PBX_SITE', keys.site],
    ['PBX_RANG', keys.rank],
    ['PBX_IDENTIFIANT', keys.identifier],
    ['PBX_TOTAL', String(amount)],
    ['PBX_DEVISE', currencyOf(currency).numeric],
    ['PBX_CMD', id],
    ['PBX_PORTEUR', place.receiptAddress],
    ['PBX_RETOUR', keeps ? RETURNED_WITH_TOKEN : RETURNED],
    ['PBX_REPONDRE_A', `${place.publicOrigin}/paybox/${encodeURIComponent(tenant)}`],
    ['PBX_EFFECTUE', back],
    ['PBX_REFUSE', back],
    ['PBX_ATTENTE', back],
    ['PBX_ANNULE', `${place.publicOrigin}/cancel/${id}`],
    ...(keeps ? ([['PBX_REFABONNE', id]] as const) : []),
    ['PBX_SHOPPINGCART', SHOPPING_CART],
    ['PBX_BILLING', billingXml(payer)],
    ['PBX_SOUHAITAUTHENT', keeps ? FULL_CHECK : ANY_CHECK],
    ['PBX_HASH', 'SHA512'],
    ['PBX_TIME', new Date(nowMs).toISOString()],
  ]
  return signForm(fields, keys.hmacKey)
}

/** Without it the bank refuses: 3-D Secure 2 asks who pays. */
export function payerMissing(): DeniedError {
  const message = 'Paybox asks for the payer’s name and address'
  return new DeniedError('PAYMENT_PAYER_MISSING', message, message)
}

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
        subscriber: value('U'),
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
  readonly subscriber: string
  readonly currency: string
}

function factOf(told: Told): Fact {
  const { code, amount, transaction, authorisation, currency } = told
  const outcome = outcomeOf(code)
  if (outcome !== 'paid') return { kind: outcome, reason: code }
  const isPlain = /^\d{1,12}$/.test(amount) && /^\w{1,40}$/.test(transaction)
  // Without an authorisation nobody promised the money.
  if (!isPlain || authorisation === '') return { kind: 'refused', reason: code }
  const isTest = authorisation === TEST_AUTHORISATION
  const number = transactionNumber(transaction)
  const saved = meansIn(told.subscriber)
  return { kind: 'paid', transaction: number, amount: Number(amount), currency, isTest, saved }
}

/** `HANDLE  YYMM  ---`, two blanks between. */
function meansIn(text: string): Means | undefined {
  const [, handle, year = '', month = ''] = /^(\S{1,64}) {2}(\d\d)(\d\d)(?: {2}|$)/.exec(text) ?? []
  return handle === undefined ? undefined : { handle, expires: month + year }
}
