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
  DIRECT_DONE,
  DIRECT_FIND,
  DIRECT_INQUIRE,
  DIRECT_NOT_FOUND,
  DIRECT_REFUND,
  type DirectAnswer,
  type DirectType,
} from '#protocol/payments/paybox-direct.ts'
import { TEST_AUTHORISATION, type FormFields } from '#protocol/payments/paybox.ts'
import type { PayboxKeys } from './keys.ts'
import type { Fact, Payment, Refund, RefundFact } from './model.ts'
import { askDirect, failed, moneyOf, type PayboxPorts } from './paybox-call.ts'
import { transactionNumber, type PayboxPlace } from './paybox.ts'
import type { Gateway } from './ports.ts'

/** Codes that say nothing about the refund itself: the centre or Paybox was not there. */
const uncertain: ReadonlySet<string> = new Set(['00001', '00003', '00097', '00098', '00099'])

export function payboxGateway(keys: PayboxKeys, place: PayboxPlace, ports: PayboxPorts): Gateway {
  const ask: Ask = (type, fields) => askDirect(keys, place, ports, type, fields)
  return {
    // The form is the whole opening: nobody but the payer's browser tells Paybox of it.
    open: ({ id }) =>
      Promise.resolve({
        kind: 'opened',
        gatewayId: id,
        gatewayUrl: `${place.publicOrigin}/go/${id}`,
      }),
    read: (payment) => readPayment(payment, ask),
    capture: () => Promise.resolve({ kind: 'unchanged' }), // taken at once by Paybox itself
    refund: (_payment, refund) => giveBack(refund, ask),
    readRefund: (_payment, refund) => findRefund(refund, ask),
  }
}

type Ask = (type: DirectType, fields: FormFields) => Promise<DirectAnswer>

async function readPayment(payment: Payment, ask: Ask): Promise<Fact> {
  const found = await ask(DIRECT_FIND, moneyOf(payment, payment.id))
  if (found.code === DIRECT_NOT_FOUND) return { kind: 'unchanged' } // it knows of no attempt yet
  if (found.code !== DIRECT_DONE) throw failed(`it answers ${found.code}`)
  const told = await ask(DIRECT_INQUIRE, [['NUMTRANS', found.transaction]])
  if (told.code !== DIRECT_DONE) throw failed(`it answers ${told.code}`)
  switch (told.status) {
    case 'captured':
    case 'refunded': {
      const { amount, currency } = payment
      const transaction = transactionNumber(told.transaction)
      const isTest = told.authorisation === TEST_AUTHORISATION
      return { kind: 'paid', transaction, amount, currency, isTest }
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
