/**
 * One question to Paybox Direct; the next door where the first is away.
 *
 * A question that moves money is asked at another door only where the first cannot have heard it.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { currencyOf } from '#protocol/payments/currency.ts'
import {
  DIRECT_FIND,
  DIRECT_INQUIRE,
  directAmount,
  directQuestion,
  readDirectAnswer,
  type DirectAnswer,
  type DirectType,
} from '#protocol/payments/paybox-direct.ts'
import type { FormFields } from '#protocol/payments/paybox.ts'
import type { CallHttp, HttpAnswer } from '#system/http-call.ts'
import type { PayboxKeys } from './keys.ts'
import type { PayboxPlace } from './paybox.ts'

export type PayboxPorts = {
  readonly call: CallHttp
  readonly nowMs: () => number
  /** 0 to 9, at random. */
  readonly digit: () => number
}

/** Nobody was there to hear it. */
const unheard: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH'])
/** Site, rank or HMAC is not accepted. */
const KEYS_CODE = '00006'

export function moneyOf(
  { amount, currency }: { readonly amount: number; readonly currency: string },
  reference: string,
): FormFields {
  return [
    ['MONTANT', directAmount(amount)],
    ['DEVISE', currencyOf(currency).numeric],
    ['REFERENCE', reference],
  ]
}

export async function askDirect(
  keys: PayboxKeys,
  place: Pick<PayboxPlace, 'directs'>,
  { call, nowMs, digit }: PayboxPorts,
  type: DirectType,
  fields: FormFields,
): Promise<DirectAnswer> {
  const question = directQuestion(keys, type, fields, nowMs(), digit())
  const body = new URLSearchParams(question.map(([name, value]) => [name, value])).toString()
  const onlyReads = type === DIRECT_FIND || type === DIRECT_INQUIRE
  const answer = await firstAnswer(place.directs, onlyReads, (url) =>
    call({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    }),
  )
  const told = readDirectAnswer(answer.text)
  if (answer.status !== 200 || told.code === '') {
    throw failed(`it did not answer (${answer.status})`)
  }
  if (told.code === KEYS_CODE) {
    throw new FaultError('PAYMENT_KEYS_REFUSED', 'Paybox does not accept the club’s keys')
  }
  return told
}

async function firstAnswer(
  [url, ...others]: readonly [string, ...string[]],
  onlyReads: boolean,
  ask: (url: string) => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  try {
    return await ask(url)
  } catch (error) {
    const [next, ...rest] = others
    const code = ((error as Error).cause as { code?: string } | undefined)?.code ?? ''
    if (next === undefined || !(onlyReads || unheard.has(code))) throw error
    return await firstAnswer([next, ...rest], onlyReads, ask)
  }
}

export function failed(message: string): FaultError {
  return new FaultError('PAYMENT_GATEWAY_FAILED', `Paybox: ${message}`)
}
