/**
 * Where each gateway is, by environment: what is meant for tests never reaches the real hosts.
 *
 * @module
 */
import type { PaymentsConfig } from './config.ts'
import type { Environment } from './model.ts'

export type Places = {
  /** PayPal's, such as `https://api-m.paypal.com`. */
  readonly api: string
  /** Paybox's payment pages; the first that is awake is used. */
  readonly forms: readonly [string, ...string[]]
  /** Paybox's doors for questions from server to server; the next where the first is away. */
  readonly directs: readonly [string, ...string[]]
  /** Where payers come back to. */
  readonly publicOrigin: string
  /** Gets Paybox's own receipts. */
  readonly receiptAddress: string
}

export function placesOf(
  { paypal, paybox }: Pick<PaymentsConfig, 'paypal' | 'paybox'>,
  environment: Environment,
  publicOrigin: string,
): Places {
  const { receiptAddress } = paybox
  const common = { publicOrigin, receiptAddress }
  if (environment === 'test') {
    const { testForm, testDirect } = paybox
    return { ...common, api: paypal.sandbox, forms: [testForm], directs: [testDirect] }
  }
  return {
    ...common,
    api: paypal.api,
    forms: [paybox.form, ...paybox.fallbackForms],
    directs: [paybox.direct, ...paybox.fallbackDirects],
  }
}
