/** A club without a database, for what is decided without one. */
import type { Club, Subscription } from '../src/model.ts'

export const plainClub: Club = Object.freeze({
  id: 'club',
  slug: 'club',
  name: 'Club',
  town: '',
  zone: 'Europe/Brussels',
  language: 'nl',
  colour: '#000000',
  logoId: null,
  lookVersion: 0,
  opensMinute: 480,
  closesMinute: 1320,
  releaseMinute: 420,
  cancelHours: 2,
  checkinMinutes: 0,
  doorMinutes: 0,
  suspendMisses: 0,
  suspendDays: 7,
  guestTickets: 1,
  ticketCents: 0,
  seasonMonth: 4,
})

export const plainSubscription: Subscription = Object.freeze({
  id: 'adult',
  name: 'Adult',
  daysAhead: 7,
  partnersMin: 1,
  guestsSeason: 4,
})
