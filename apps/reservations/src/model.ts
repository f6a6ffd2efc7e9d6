/**
 * What the application speaks of: clubs, courts, members, bookings, rules.
 *
 * @module
 */
import type { Language } from './time.ts'

export const sports = ['tennis', 'padel', 'squash'] as const
export type Sport = (typeof sports)[number]
export const surfaces = ['clay', 'hard', 'artificial', 'carpet', 'glass'] as const
export type Surface = (typeof surfaces)[number]
export type Role = 'member' | 'coach' | 'assistant' | 'secretary'
export type Kind = 'play' | 'course' | 'match' | 'closure' | 'hold'

export type Club = {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly town: string
  readonly zone: string
  readonly language: Language
  readonly colour: string
  /** An image of its own; null: drawn (logo.ts). */
  readonly logoId: string | null
  /** Grows with every change of name, colour or logo. */
  readonly lookVersion: number
  readonly opensMinute: number
  readonly closesMinute: number
  /** When, on the day it opens, a new day may be booked. */
  readonly releaseMinute: number
  readonly cancelHours: number
  /** Minutes after the start until a court nobody checked in for is given free; 0: never. */
  readonly checkinMinutes: number
  /** Minutes before the start from which a booking’s code opens its court; 0: no codes. */
  readonly doorMinutes: number
  /** Games missed within thirty days from which a member may not book; 0: never. */
  readonly suspendMisses: number
  /** For how many days after the last of them. */
  readonly suspendDays: number
  /** Tickets that one guest uses. */
  readonly guestTickets: number
  /** What a ticket costs online, in euro cents; 0: sold at the desk only. */
  readonly ticketCents: number
  /** The season begins on the first day of this month, 1 January. */
  readonly seasonMonth: number
}

export type Court = {
  readonly id: string
  readonly name: string
  readonly sport: Sport
  readonly surface: Surface
  readonly indoor: boolean
  readonly lengthMin: number
  readonly lengthMax: number
  readonly lengthUsual: number
  /** In euro cents; 0: playing costs nothing. */
  readonly priceCentsHour: number
  /** Out of use: it stays for what was played on it. */
  readonly retired: boolean
}

export type Subscription = {
  readonly id: string
  readonly name: string
  readonly daysAhead: number
  readonly partnersMin: number
  /** Guests a member may bring in a season. */
  readonly guestsSeason: number
}

/** A limit on the bookings a member is responsible for; undefined criteria match anything. */
export type Quota = {
  readonly id: string
  readonly subscriptionId: string
  readonly name: string
  readonly sport: Sport | undefined
  readonly indoor: boolean | undefined
  /** Bit 0 is Monday, bit 6 Sunday. */
  readonly weekdays: number
  readonly fromMinute: number
  readonly toMinute: number
  readonly period: 'day' | 'week' | 'upcoming'
  /** Whose bookings count: the member's own, or all of his family's. */
  readonly per: 'member' | 'family'
  readonly bookingsMax: number
}

export type Member = {
  readonly id: string
  readonly subscriptionId: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly birthYear: number
  readonly language: Language | undefined
  readonly role: Role
  readonly sharesName: boolean
  /** Who acts for him, and those he acts for. */
  readonly guardianId: string | undefined
  readonly wardIds: readonly string[]
}

/** A member as others may name him. */
export type Person = { readonly id: string; readonly name: string; readonly shown: boolean }

export type Booking = {
  readonly id: string
  readonly courtId: string
  readonly startMs: number
  readonly endMs: number
  readonly kind: Kind
  readonly status: 'confirmed' | 'cancelled'
  readonly title: string
  readonly ownerId: string | undefined
  readonly overrideReason: string | undefined
  readonly groupId: string | undefined
  /** Of a hold: for whom, and until when. */
  readonly heldFor: string | undefined
  readonly heldUntilMs: number | undefined
  /** The owner first, then the partners. Empty when nobody plays. */
  readonly players: readonly Person[]
  /** Guests of the one responsible, and the tickets they use. */
  readonly guests: number
  readonly tickets: number
}

/** One may be hidden, so a minor is never shown to others. */
export const ADULT_YEARS = 18
