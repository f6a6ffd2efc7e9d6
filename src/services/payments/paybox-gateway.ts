/**
 * Paybox asked from server to server with one tenant's keys: what became of a payment, and money
 * given back.
 *
 * Paybox keeps no request ids: the same refund asked twice is given twice. So one is sent once, and
 * when no answer came it is looked for, never sent again.
 *
 * @module
 */
import {
  DIRECT_DEBIT,
  DIRECT_DONE,
  DIRECT_FIND,
  DIRECT_FORGET,
  DIRECT_INQUIRE,
  DIRECT_NO_TOKEN,
  DIRECT_NOT_FOUND,
  DIRECT_REFUND,
  type DirectAnswer,
  type DirectType,
} from '#protocol/payments/paybox-direct.ts'
import { TEST_AUTHORISATION, type FormFields } from '#protocol/payments/paybox.ts'
import type { PayboxKeys } from './keys.ts'
import type { Fact, Means, Payment, Refund, RefundFact, Token } from './model.ts'
import { askDirect, failed, moneyOf, type PayboxPorts } from './paybox-call.ts'
import { transactionNumber, type PayboxPlace } from './paybox.ts'
import type { Gateway } from './ports.ts'

/** Codes that say nothing about the refund itself: the centre or Paybox was not there. */
const uncertain: ReadonlySet<string> = new Set(['00001', '00003', '00097', '00098', '00099'])

export function payboxGateway(keys: PayboxKeys, place: PayboxPlace, ports: PayboxPorts): Gateway {
  const ask: Ask = (type, fields) => askDirect(keys, place, ports, type, fields)
  return {
    // The form is the whole opening: nobody but the payer's browser tells Paybox of it.
    open: (payment) => Promise.resolve(opened(payment, place)),
    read: (payment) => readPayment(payment, place, ask),
    capture: () => Promise.resolve({ kind: 'unchanged' }), // taken at once by Paybox itself
    refund: (_payment, refund) => giveBack(refund, ask),
    readRefund: (_payment, refund) => findRefund(refund, ask),
    debit: (payment, token, means) => debit(payment, token, means, ask),
    readDebit: (payment) => findPayment(payment, ask),
    debitKnownMs: LOOKED_FOR_MS,
    forget: (token) => forget(token, ask),
  }
}

/** How long a debit that was sent is looked for. */
const LOOKED_FOR_MS = 7 * 86_400_000

function opened({ id }: Payment, { publicOrigin }: Pick<PayboxPlace, 'publicOrigin'>): Fact {
  return { kind: 'opened', gatewayId: id, gatewayUrl: `${publicOrigin}/go/${id}` }
}

type Ask = (type: DirectType, fields: FormFields) => Promise<DirectAnswer>

/** Where it knows of no attempt yet, the payer may still go there. */
async function readPayment(payment: Payment, place: PayboxPlace, ask: Ask): Promise<Fact> {
  const found = await findPayment(payment, ask)
  return found.kind === 'unchanged' ? opened(payment, place) : found
}

async function findPayment(payment: Payment, ask: Ask): Promise<Fact> {
  const found = await ask(DIRECT_FIND, moneyOf(payment, payment.id))
  if (found.code === DIRECT_NOT_FOUND) return { kind: 'unchanged' }
  if (found.code !== DIRECT_DONE) throw failed(`it answers ${found.code}`)
  const told = await ask(DIRECT_INQUIRE, [['NUMTRANS', found.transaction]])
  if (told.code !== DIRECT_DONE) throw failed(`it answers ${told.code}`)
  switch (told.status) {
    case 'captured':
    case 'refunded': {
      const { amount, currency } = payment
      const transaction = transactionNumber(told.transaction)
      const isTest = told.authorisation === TEST_AUTHORISATION
      return { kind: 'paid', transaction, amount, currency, isTest, gatewayId: payment.id }
    }
    case 'authorised':
      return { kind: 'pending', reason: 'authorised' }
    case 'cancelled':
    case 'refused':
      return { kind: 'refused', reason: told.status }
    case 'unknown':
      throw failed('it tells no state of the transaction')
  }
}

/** Sent once: Paybox debits as often as it is asked. */
async function debit(payment: Payment, token: Token, means: Means, ask: Ask): Promise<Fact> {
  const told = await ask(DIRECT_DEBIT, [
    ...moneyOf(payment, payment.id),
    ['REFABONNE', token.id],
    ['PORTEUR', means.handle],
    ['DATEVAL', means.expires],
    ['ACTIVITE', '027'], // again, nobody is there
  ])
  if (told.code === DIRECT_DONE && told.authorisation !== '') {
    const { amount, currency } = payment
    const transaction = transactionNumber(told.transaction)
    const isTest = told.authorisation === TEST_AUTHORISATION
    return { kind: 'paid', transaction, amount, currency, isTest, gatewayId: payment.id }
  }
  if (told.code === DIRECT_DONE || uncertain.has(told.code)) {
    throw failed(`it answers ${told.code}`)
  }
  return { kind: 'refused', reason: told.code }
}

async function forget(token: Token, ask: Ask): Promise<void> {
  const told = await ask(DIRECT_FORGET, [['REFABONNE', token.id]])
  if (told.code === DIRECT_DONE || told.code === DIRECT_NO_TOKEN) return
  throw failed(`it answers ${told.code}`)
}

async function giveBack(refund: Refund, ask: Ask): Promise<RefundFact> {
  const original = await ask(DIRECT_INQUIRE, [['NUMTRANS', numberOf(refund.of)]])
  if (original.code !== DIRECT_DONE) return { kind: 'refused', reason: original.code }
  const told = await ask(DIRECT_REFUND, [
    ...moneyOf(refund, refund.id),
    ['NUMAPPEL', original.call],
    ['NUMTRANS', original.transaction],
    ['ACTIVITE', '024'], // by internet
  ])
  if (told.code === DIRECT_DONE) {
    return { kind: 'done', transaction: transactionNumber(told.transaction) }
  }
  if (told.code === '' || uncertain.has(told.code)) throw failed(`it answers ${told.code}`)
  return { kind: 'refused', reason: told.code }
}

/** A refund is a transaction of its own, under its own reference. */
async function findRefund(refund: Refund, ask: Ask): Promise<RefundFact> {
  const found = await ask(DIRECT_FIND, moneyOf(refund, refund.id))
  if (found.code === DIRECT_DONE) {
    return { kind: 'done', transaction: transactionNumber(found.transaction) }
  }
  if (found.code === DIRECT_NOT_FOUND) return { kind: 'missing' }
  throw failed(`it answers ${found.code}`)
}

function numberOf(transaction: string): string {
  return transaction.padStart(10, '0')
}
