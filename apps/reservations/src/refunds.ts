/**
 * Gives money back: takes up what the database owes, and follows each refund to its end.
 *
 * A step that fails or is cut off is simply done again: the payment service knows each refund by our
 * id and pays none twice.
 *
 * @module
 */
import { bookingById } from './data/bookings.ts'
import { notify } from './data/notices.ts'
import { followRefund, takeRefunds } from './data/refunds.ts'
import type { Answer, DueRefund, RefundState } from './data/refunds.ts'
import { inClub } from './database.ts'
import type { Club } from './model.ts'
import { eurosInField } from './money.ts'
import { PaymentsAwayError, type Payments } from './payments.ts'
import type { Shop } from './web/desk.tsx'

/** One round for a club. What cannot be asked now waits for the next. */
export async function giveBack({ database, payments }: Shop, club: Club): Promise<void> {
  if (!payments) return
  const due = await inClub(database, club.id, (tx) => takeRefunds(tx, club.id))
  for (const one of due) {
    const answer = await ask(payments, club, one)
    if (!answer) return
    await inClub(database, club.id, async (tx) => {
      const isOver = await followRefund(tx, club.id, one.id, answer)
      if (!isOver || answer.state !== 'done') return
      const booking = await bookingById(tx, club.id, one.bookingId, { viewer: undefined, year: 0 })
      const owner = booking?.ownerId === undefined ? [] : [booking.ownerId]
      await notify(tx, club, one.bookingId, 'refunded', owner, eurosInField(answer.cents ?? 0))
    })
  }
}

/** Nobody waits for it: what fails now is done, and reported, by the next round of upkeep. */
export function soonGiveBack(shop: Shop, club: Club): void {
  giveBack(shop, club).catch(() => undefined)
}

async function ask(payments: Payments, club: Club, due: DueRefund): Promise<Answer | undefined> {
  try {
    if (due.refund !== undefined) return await payments.refund(due.refund)
    return await payments.giveBack(club.slug, due.reference, due.id)
  } catch (error) {
    if (error instanceof PaymentsAwayError) return undefined
    throw error
  }
}

/** How a refund is told. `club`: a person of the club sees to it. */
export type RefundFate = 'asked' | 'done' | 'club'

export function fateOf(state: RefundState): RefundFate {
  if (state === 'done') return 'done'
  return state === 'refused' || state === 'review' ? 'club' : 'asked'
}
