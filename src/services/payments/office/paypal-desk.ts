/**
 * What a club's office asks of PayPal: whether its keys are right, and what moved in a time.
 *
 * Source: PayPal Webhooks 1.11 (OpenAPI); Transaction Search v1 (`/v1/reporting/transactions`, at
 * most 31 days and 500 lines a page).
 *
 * @module
 */
import { z } from 'zod'
import { DeniedError } from '#lib/errors.ts'
import { fromDecimal } from '#protocol/payments/currency.ts'
import type { CallHttp } from '#system/http-call.ts'
import type { PaypalKeys } from '../keys.ts'
import { asker, failed, parse, type PaypalPlace } from '../paypal-call.ts'
import type { GatewayDesk } from '../ports.ts'
import type { Movement } from './statement.ts'

const PAGE = 500
const PAGES_MAX = 40

const listSchema = z.object({
  total_pages: z.int().min(0).optional(),
  transaction_details: z
    .array(
      z.object({
        transaction_info: z.object({
          transaction_id: z.string().min(1),
          transaction_status: z.string().optional(),
          transaction_amount: z.object({ currency_code: z.string(), value: z.string() }),
          custom_field: z.string().optional(),
        }),
      }),
    )
    .default([]),
})

export function paypalDesk(keys: PaypalKeys, place: PaypalPlace, call: CallHttp): GatewayDesk {
  const ask = asker(keys, place, call)
  return {
    check: async () => {
      const id = encodeURIComponent(keys.webhookId)
      const answer = await ask('GET', `/v1/notifications/webhooks/${id}`)
      if (answer.status === 404) {
        const message = 'PayPal knows no webhook of that id'
        throw new DeniedError('PAYMENT_KEYS_WRONG', message, message)
      }
      if (answer.status !== 200) throw failed(`no webhook (${answer.status})`)
    },
    movements: async (fromMs, toMs) => {
      const found: Movement[] = []
      for (let page = 1; page <= PAGES_MAX; page++) {
        const query = new URLSearchParams({
          start_date: new Date(fromMs).toISOString(),
          end_date: new Date(toMs).toISOString(),
          fields: 'transaction_info',
          page_size: String(PAGE),
          page: String(page),
        })
        const answer = await ask('GET', `/v1/reporting/transactions?${query}`)
        const list = listSchema.safeParse(parse(answer))
        if (answer.status !== 200 || !list.success) throw failed(`no list (${answer.status})`)
        for (const { transaction_info: one } of list.data.transaction_details) {
          if (one.transaction_status === undefined || one.transaction_status === 'S') {
            found.push(movementOf(one))
          }
        }
        if (page >= (list.data.total_pages ?? 1)) return found
      }
      throw failed('the list has more pages than are read')
    },
  }
}

type Info = z.infer<typeof listSchema>['transaction_details'][number]['transaction_info']

function movementOf({ transaction_id, transaction_amount, custom_field = '' }: Info): Movement {
  const { value, currency_code: currency } = transaction_amount
  const sign = value.startsWith('-') ? -1 : 1
  const amount = sign * fromDecimal(value.replace('-', ''), currency)
  return { transaction: transaction_id, amount, currency, name: custom_field }
}
