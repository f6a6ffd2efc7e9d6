/**
 * The way out to the payment service.
 *
 * @module
 */
import type { Context } from 'hono'
import { GoingPage } from '../pages/due.tsx'
import type { Due, Payments } from '../payments.ts'
import { answer } from './desk.tsx'
import type { Visit } from './visit.ts'

/**
 * Begins a payment and leads to where it is paid.
 * @param otherwise Where to go when payments are away, or there is nothing to pay.
 */
export async function goAndPay(
  c: Context,
  visit: Visit,
  payments: Payments,
  due: Due,
  otherwise: string,
): Promise<Response> {
  const begun = await payments.begin(due).catch(() => undefined)
  if (!begun?.redirectUrl) return c.redirect(otherwise, 303)
  // A form may lead to our own pages only, so the way out is a refresh, and a link.
  c.header('Refresh', `0; url=${begun.redirectUrl}`)
  return answer(c, <GoingPage visit={visit} address={begun.redirectUrl} />)
}
