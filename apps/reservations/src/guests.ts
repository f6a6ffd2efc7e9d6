/**
 * May this member bring guests to this game? Pure, as policy.ts, of which it is a part.
 *
 * Guests are counted, never named: the club need not know them.
 *
 * @module
 */
import type { Club, Subscription } from './model.ts'
import { instantOf, wallClock } from './time.ts'

/** Who plays with the one responsible: partners and guests together. */
export const OTHERS_MAX = 3

/** What a member has left, without the booking in question. */
export type Purse = {
  /** Guests brought in the season of the game. */
  readonly guestsUsed: number
  readonly tickets: number
}

export type GuestRefusal =
  | { readonly rule: 'seats'; readonly max: number }
  | {
      readonly rule: 'guests'
      readonly max: number
      readonly used: number
      readonly passesAtMs: number | undefined
    }
  | { readonly rule: 'tickets'; readonly needed: number; readonly balance: number }

export type Season = { readonly startMs: number; readonly endMs: number }

/** The club's season in which an instant lies. */
export function seasonOf(club: Pick<Club, 'zone' | 'seasonMonth'>, instantMs: number): Season {
  const { date } = wallClock(club.zone, instantMs)
  const month = Number(date.slice(5, 7))
  const year = Number(date.slice(0, 4)) - (month < club.seasonMonth ? 1 : 0)
  const first = (ofYear: number): number =>
    instantOf(club.zone, `${ofYear}-${String(club.seasonMonth).padStart(2, '0')}-01`, 0)
  return { startMs: first(year), endMs: first(year + 1) }
}

/** @param others Partners and guests together. */
export function judgeGuests(
  { startMs, guests, others }: { startMs: number; guests: number; others: number },
  { club, subscription }: { club: Club; subscription: Subscription },
  purse: Purse,
): GuestRefusal[] {
  const refusals: GuestRefusal[] = []
  if (others > OTHERS_MAX) refusals.push({ rule: 'seats', max: OTHERS_MAX + 1 })
  if (guests === 0) return refusals
  const { guestsSeason } = subscription
  if (purse.guestsUsed + guests > guestsSeason) {
    const passesAtMs = guests <= guestsSeason ? seasonOf(club, startMs).endMs : undefined
    refusals.push({ rule: 'guests', max: guestsSeason, used: purse.guestsUsed, passesAtMs })
  }
  const needed = guests * club.guestTickets
  if (needed > purse.tickets) refusals.push({ rule: 'tickets', needed, balance: purse.tickets })
  return refusals
}
