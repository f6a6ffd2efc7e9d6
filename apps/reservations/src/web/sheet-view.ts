/**
 * What the booking sheet shows: free lengths and courts, who may be chosen, what it uses, and why
 * it would be refused.
 *
 * @module
 */
import { judgeFor, rulesFor, standingWithFamily } from '../data/acts.ts'
import { bookingsWithin, isPaid } from '../data/bookings.ts'
import { courtsOf } from '../data/clubs.ts'
import { MissingError, PartnerError, RefusedError } from '../data/errors.ts'
import { wardsOf } from '../data/families.ts'
import { fullName, maySeeName, memberById, membersOf, partnersFor } from '../data/members.ts'
import { purseOf } from '../data/tickets.ts'
import { TakenError, type Transaction } from '../database.ts'
import type { Booking, Court, Member, Person } from '../model.ts'
import { priceOf } from '../money.ts'
import { freeMinutes } from '../pages/grid.ts'
import type { SheetView } from '../pages/sheet.tsx'
import { isFirm, isOpenHold, quotaUses } from '../policy.ts'
import { may } from '../rights.ts'
import { dayRows, instantOf, STEP_MINUTES, wallClock } from '../time.ts'
import { refusalWords } from './refusal-words.ts'
import { lookOf, type Visit } from './visit.ts'

/** As far back as a week's quota looks, and more. */
const LOOK_BACK_MS = 14 * 86_400_000

/** What a sheet is asked about; the rest of the order is filled in on it. */
export type Ask = {
  readonly courtId: string
  readonly startMs: number
  readonly length: number | undefined
  readonly partnerIds: readonly string[]
  readonly guests?: number | undefined
  readonly ownerId?: string | undefined
}

/** All that the sheet shows. @param problem What was thrown when it was tried. */
export async function sheetView(
  tx: Transaction,
  visit: Visit,
  member: Member,
  ask: Ask,
  problem: unknown,
  booking: Booking | undefined,
): Promise<SheetView> {
  const { club, nowMs } = visit
  const courts = await courtsOf(tx, club.id)
  const court = courts.find(({ id }) => id === ask.courtId)
  const owner = await memberById(tx, club.id, booking?.ownerId ?? ask.ownerId ?? member.id)
  if (!court || !owner) throw new MissingError('no such court or member')
  const day = await dayAround(tx, visit, ask.startMs, booking?.id)
  const lengths = lengthsFrom(court, day, ask.startMs)
  const length = lengths.find((one) => one === (ask.length ?? court.lengthUsual)) ?? lengths[0]
  const endMs = ask.startMs + (length ?? court.lengthMin) * 60_000
  const rules = await rulesFor(tx, club, owner)
  const wish = { court, startMs: ask.startMs, endMs, partnerCount: rules.subscription.partnersMin }
  const fromMs = Math.min(nowMs, ask.startMs) - LOOK_BACK_MS
  const standing = await standingWithFamily(tx, club, owner, rules, fromMs, courts, booking?.id)
  const isOfficer = may(member, 'desk')
  const owners = await ownersFor(tx, visit, member)
  const max = rules.subscription.guestsSeason
  const purse =
    max > 0 || isOfficer ? await purseOf(tx, club, owner.id, ask.startMs, booking?.id) : undefined
  const judged = await judgeFor(tx, club, owner, wish, courts, nowMs, booking?.id)
  // Whom a secretary books for, and why, is not known yet: only what nobody may do is foreseen.
  const foreseen = judged.filter((one) => !isOfficer || (isFirm(one) && one.rule !== 'twice'))
  const stays = booking?.startMs === ask.startMs && booking.courtId === court.id
  const closedDay = !isOfficer && foreseen.some(({ rule }) => rule === 'ahead' || rule === 'past')
  return {
    visit,
    court,
    startMs: ask.startMs,
    lengths,
    length: length ?? court.lengthMin,
    elsewhere: courts.filter(
      (one) =>
        !closedDay &&
        one.id !== court.id &&
        one.sport === court.sport &&
        canStart(one, day, ask.startMs),
    ),
    otherStarts: day.starts.filter(
      (start) => !closedDay && start > nowMs && canStart(court, day, start),
    ),
    busyIds: busyDuring(day, ask.startMs, endMs),
    people: await peopleFor(tx, visit, member, owner, owners, booking),
    partnerIds: ask.partnerIds,
    partnersMin: rules.subscription.partnersMin,
    guests: purse && {
      chosen: ask.guests ?? 0,
      used: purse.guestsUsed,
      max,
      each: club.guestTickets,
      balance: purse.tickets,
    },
    quotas: quotaUses(wish, rules, standing, nowMs),
    mayTry: isOfficer || stays || foreseen.length === 0,
    refused: sentencesFor(visit, problem, stays ? [] : foreseen, lengths.length > 0),
    booking,
    owners,
    isOffice: isOfficer,
    ownerId: owner.id,
    paidCents: booking ? await paidFor(tx, visit, booking, courts) : 0,
  }
}

async function paidFor(
  tx: Transaction,
  { club }: Visit,
  booking: Booking,
  courts: readonly Court[],
): Promise<number> {
  const court = courts.find(({ id }) => id === booking.courtId)
  if (!court || !(await isPaid(tx, club.id, booking.id))) return 0
  return priceOf(court, booking.endMs - booking.startMs)
}

/** What was just refused, or else what is foreseen, so that nobody fills in a form in vain. */
function sentencesFor(
  visit: Visit,
  problem: unknown,
  foreseen: RefusedError['refusals'],
  isFree: boolean,
): string[] {
  const { say } = visit
  if (problem instanceof RefusedError)
    return problem.refusals.map((one) => refusalWords(one, visit))
  if (problem instanceof TakenError) return [say('refuse.taken')]
  if (problem instanceof PartnerError) {
    return [say(problem.reason === 'busy' ? 'refuse.partnerBusy' : 'refuse.partnerUnknown')]
  }
  if (problem !== undefined) throw problem
  return [
    ...foreseen.map((one) => refusalWords(one, visit)),
    ...(isFree ? [] : [say('book.notFree')]),
  ]
}

type Day = {
  readonly bookings: readonly Booking[]
  readonly starts: readonly number[]
  readonly opensMs: number
  readonly closesMs: number
}

async function dayAround(
  tx: Transaction,
  visit: Visit,
  startMs: number,
  except: string | undefined,
): Promise<Day> {
  const { club } = visit
  const { date } = wallClock(club.zone, startMs)
  const rows = dayRows(club.zone, date, club.opensMinute, club.closesMinute)
  const opensMs = instantOf(club.zone, date, club.opensMinute)
  const closesMs = instantOf(club.zone, date, club.closesMinute)
  const bookings = await bookingsWithin(tx, club.id, opensMs, closesMs, lookOf(visit))
  return {
    bookings: bookings.filter(
      (one) => one.id !== except && !isOpenHold(one, visit.member?.id, visit.nowMs),
    ),
    starts: rows.map((row) => row.startMs),
    opensMs,
    closesMs,
  }
}

/** Who stands in another booking then: cannot be chosen. */
function busyDuring(day: Day, startMs: number, endMs: number): Set<string> {
  const then = day.bookings.filter((one) => one.startMs < endMs && startMs < one.endMs)
  return new Set(then.flatMap(({ players }) => players.map(({ id }) => id)))
}

function lengthsFrom(court: Court, day: Day, startMs: number): number[] {
  const free = startMs < day.opensMs ? 0 : freeMinutes(court, day.bookings, startMs, day.closesMs)
  const lengths: number[] = []
  for (let one = court.lengthMin; one <= free; one += STEP_MINUTES) lengths.push(one)
  return lengths
}

function canStart(court: Court, day: Day, startMs: number): boolean {
  return lengthsFrom(court, day, startMs).length > 0
}

/** On whose behalf a member may book. */
async function ownersFor(tx: Transaction, visit: Visit, member: Member): Promise<Member[]> {
  if (may(member, 'desk')) return await namedMembers(tx, visit)
  const wards = await wardsOf(tx, visit.club.id, member)
  return wards.length > 0 ? [member, ...wards] : []
}

/** All members for an officer who gave the password again; else those whose names he has. */
async function namedMembers(tx: Transaction, visit: Visit): Promise<Member[]> {
  const { viewer, year } = lookOf(visit)
  const all = await membersOf(tx, visit.club.id)
  return all.filter((one) => maySeeName(viewer, one, year))
}

/** Those who may be chosen; who already plays stays in the list. */
async function peopleFor(
  tx: Transaction,
  visit: Visit,
  member: Member,
  owner: Member,
  owners: readonly Member[],
  booking: Booking | undefined,
): Promise<SheetView['people']> {
  const shown = (one: Member): Person => ({ id: one.id, name: fullName(one), shown: true })
  if (may(member, 'desk')) {
    return owners.filter(({ id }) => id !== owner.id || booking === undefined).map(shown)
  }
  const choosable = await partnersFor(tx, visit.club.id, member.id, lookOf(visit).year)
  // Last, the family: a parent plays with his child, whichever of them it is booked for.
  const unchosen = owners.filter(({ id }) => !choosable.some((one) => one.id === id))
  const people = [...choosable, ...unchosen.map(shown).toReversed()]
  const known = booking?.players.filter(({ id }) => id !== owner.id) ?? []
  const unlisted = known.filter(({ id }) => !people.some((person) => person.id === id))
  const named = unlisted.map((one) => ({ ...one, name: one.name || visit.say('cell.member') }))
  return [...people, ...named]
}
