/**
 * The twin of Paybox Direct: strict about the fields, their widths and the question's number, and
 * without any memory of requests: a refund asked twice is given twice, as by the real one.
 *
 * @module
 */
import { formHmac, type FormFields } from '#protocol/payments/paybox.ts'
import { mischiefOf } from './mischief.ts'
import type { TwinKeys } from './ports.ts'

/** A payer's session at the payment page. */
export type Session = {
  readonly fields: ReadonlyMap<string, string>
  readonly amount: number
  /** The last attempt's code; '' before the first. */
  code: string
  transaction: string
}

type Movement = {
  readonly reference: string
  readonly amount: number
  readonly number: string
  /** The transaction it undoes. */
  readonly of: string
}

/** Whose way to pay is kept, by the reference that the club gave. */
type Subscriber = { readonly handle: string; readonly expires: string }

const QUESTIONS_MAX = 10_000
/** `YYMM`: the demonstration's cards end when it is over. */
const EXPIRES = { year: '39', month: '12' } as const

export class PayboxDirectTwin {
  readonly #keys: TwinKeys['paybox']
  readonly #sessions: Map<string, Session>
  readonly #newNumber: () => string
  readonly #subscribers = new Map<string, Subscriber>()
  readonly #refunds: Movement[] = []
  readonly #questions = new Set<string>()

  constructor(keys: TwinKeys['paybox'], sessions: Map<string, Session>, newNumber: () => string) {
    this.#keys = keys
    this.#sessions = sessions
    this.#newNumber = newNumber
  }

  /** Of a payment that asked for it with `PBX_REFABONNE`, the way to pay is kept. */
  keep({ fields }: Session): void {
    const reference = fields.get('PBX_REFABONNE') ?? ''
    if (reference === '' || this.#subscribers.has(reference)) return
    const handle = `SLDLrcsLMPC${this.#newNumber()}`
    this.#subscribers.set(reference, { handle, expires: EXPIRES.month + EXPIRES.year })
  }

  /** As `U` tells it, with two blanks between; '' when nothing is kept. */
  subscriberOf({ fields }: Session): string {
    const found = this.#subscribers.get(fields.get('PBX_REFABONNE') ?? '')
    return found ? `${found.handle}  ${EXPIRES.year}${EXPIRES.month}  ---` : ''
  }

  /** @returns The answer's text, ISO 8859-1. */
  answer(fields: FormFields): string {
    const asked = new Map(fields)
    const value = (name: string): string => asked.get(name) ?? ''
    const signed = fields.slice(0, -1)
    const [last, hmac] = fields.at(-1) ?? []
    const isOurs = value('SITE') === this.#keys.site && value('RANG') === this.#keys.rank
    if (last !== 'HMAC' || hmac !== formHmac(signed, this.#keys.hmacKey) || !isOurs) {
      return text('00006', 'Acces refuse')
    }
    if (value('VERSION') !== '00104') return text('00013', 'Version')
    const question = value('NUMQUESTION')
    const isNew = /^\d{10}$/.test(question) && Number(question) <= 2_147_483_647
    if (!isNew || this.#questions.has(question)) return text('00005', 'Numero de question')
    this.#questions.add(question)
    const [oldest] = this.#questions
    if (this.#questions.size > QUESTIONS_MAX && oldest) this.#questions.delete(oldest)
    if (!/^[0-3]\d[01]\d20\d\d[0-2]\d[0-5]\d[0-6]\d$/.test(value('DATEQ'))) {
      return text('00007', 'Date')
    }
    switch (value('TYPE')) {
      case '00011':
        return this.#find(value)
      case '00014':
        return this.#refund(value)
      case '00017':
        return this.#inquire(value('NUMTRANS'))
      case '00053':
        return this.#debit(value)
      case '00058': {
        const wasThere = this.#subscribers.delete(value('REFABONNE'))
        return wasThere ? text('00000', '') : text('00017', 'Abonne inexistant')
      }
      default:
        return text('00009', 'Type')
    }
  }

  #find(value: (name: string) => string): string {
    const reference = value('REFERENCE')
    const wrong = moneyFault(value)
    if (wrong) return wrong
    const session = this.#sessions.get(reference)
    const paid = session && session.code !== '' ? session : undefined
    const found = paid
      ? { amount: paid.amount, number: paid.transaction }
      : this.#refunds.find((one) => one.reference === reference)
    if (found?.amount !== Number(value('MONTANT'))) return text('00018', 'Non trouvee')
    return text('00000', '', { NUMTRANS: padded(found.number), NUMAPPEL: padded(found.number) })
  }

  #inquire(number: string): string {
    const session = this.#byNumber(number)
    if (!session) return text('00018', 'Non trouvee')
    const isPaid = session.code === '00000'
    const isBack = this.#givenBack(session.transaction) >= session.amount
    const status = !isPaid ? 'Refus\xe9' : isBack ? 'Rembours\xe9' : 'Captur\xe9'
    const own = padded(session.transaction)
    const AUTORISATION = isPaid ? 'XXXXXX' : ''
    const told = text('00000', '', { NUMTRANS: own, NUMAPPEL: own, AUTORISATION })
    return `${told}&STATUS=${status}`
  }

  #refund(value: (name: string) => string): string {
    const wrong = moneyFault(value)
    if (wrong) return wrong
    const session = this.#byNumber(value('NUMTRANS'))
    if (session?.code !== '00000' || value('NUMAPPEL') !== padded(session.transaction)) {
      return text('00015', 'Donnees')
    }
    const amount = Number(value('MONTANT'))
    const left = session.amount - this.#givenBack(session.transaction)
    if (amount > left) return text('00011', 'Montant')
    const number = this.#newNumber()
    const reference = value('REFERENCE')
    this.#refunds.push({ reference, amount, number, of: session.transaction })
    if (this.#refunds.length > QUESTIONS_MAX) this.#refunds.shift()
    return text('00000', '', { NUMTRANS: padded(number), NUMAPPEL: padded(number) })
  }

  /** As often as it is asked: the real one has no memory of requests either. */
  #debit(value: (name: string) => string): string {
    const wrong = moneyFault(value)
    if (wrong) return wrong
    const known = this.#subscribers.get(value('REFABONNE'))
    if (!known) return text('00017', 'Abonne inexistant')
    const isSame = value('PORTEUR') === known.handle && value('DATEVAL') === known.expires
    if (!isSame || value('ACTIVITE') !== '027') return text('00004', 'Porteur')
    const amount = Number(value('MONTANT'))
    const isRefused = mischiefOf(amount) === 'debit-refused'
    const transaction = this.#newNumber()
    const code = isRefused ? '00151' : '00000'
    const session: Session = { fields: new Map(), amount, code, transaction }
    this.#sessions.set(value('REFERENCE'), session)
    if (isRefused) return text(code, 'Provision insuffisante')
    const own = padded(transaction)
    const { handle: PORTEUR } = known
    const AUTORISATION = 'XXXXXX'
    return text(code, '', { NUMTRANS: own, NUMAPPEL: own, AUTORISATION, PORTEUR })
  }

  #byNumber(number: string): Session | undefined {
    return [...this.#sessions.values()].find(
      ({ transaction }) => transaction !== '' && padded(transaction) === number,
    )
  }

  #givenBack(transaction: string): number {
    return this.#refunds
      .filter(({ of }) => of === transaction)
      .reduce((sum, { amount }) => sum + amount, 0)
  }
}

function moneyFault(value: (name: string) => string): string | undefined {
  if (!/^\d{10}$/.test(value('MONTANT'))) return text('00011', 'Montant')
  if (value('DEVISE') !== '978') return text('00010', 'Devise')
  return value('REFERENCE') === '' ? text('00012', 'Reference') : undefined
}

function padded(number: string): string {
  return number.padStart(10, '0')
}

function text(code: string, comment: string, more: Readonly<Record<string, string>> = {}): string {
  return new URLSearchParams({ CODEREPONSE: code, COMMENTAIRE: comment, ...more }).toString()
}
