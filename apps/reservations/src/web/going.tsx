/**
 * The way out to the payment service.
 *
 * @module
 */
import type { Context } from 'hono'
import { payerOf } from '../data/payers.ts'
import type { Member } from '../model.ts'
import { GoingPage } from '../pages/due.tsx'
import { PayerMissingError, type Due } from '../payments.ts'
import { answer, type Shop } from './desk.tsx'
import { askPayer } from './payer-routes.tsx'
import { inVisit, type Visit } from './visit.ts'

/** From where a payment begins, and where one goes when it cannot. */
export type Start = {
  readonly visit: Visit
  readonly member: Member
  /** Where to go when payments are away, or there is nothing to pay. */
  readonly otherwise: string
  /** Where to go once it is known who pays, to begin again. */
  readonly again: string
}

/** Begins a payment and leads to where it is paid. */
export async function goAndPay(
  c: Context,
  { payments, database }: Shop,
  { visit, member, otherwise, again }: Start,
  due: Omit<Due, 'payer'>,
): Promise<Response> {
  const payer = await inVisit(database, visit, (tx) => payerOf(tx, visit.club.id, member.id))
  const begun = await payments?.begin({ ...due, payer }).catch((error: unknown) => {
    return error instanceof PayerMissingError ? error : undefined
  })
  if (begun instanceof PayerMissingError) return askPayer(c, visit.club.slug, again)
  if (!begun?.redirectUrl) return c.redirect(otherwise, 303)
  // A form may lead to our own pages only, so the way out is a refresh, and a link.
  c.header('Refresh', `0; url=${begun.redirectUrl}`)
  return answer(c, <GoingPage visit={visit} address={begun.redirectUrl} />)
}
