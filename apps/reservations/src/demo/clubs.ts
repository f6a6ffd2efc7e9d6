/**
 * Two made-up clubs: a Flemish one for tennis and padel, a French one. Names of people are invented
 * combinations; addresses end in `.example`, which can receive no mail.
 *
 * @module
 */
import type { Quota, Sport, Subscription, Surface } from '../model.ts'
import type { Language } from '../time.ts'

export type DemoCourt = readonly [name: string, sport: Sport, surface: Surface, indoor: boolean]
export type DemoQuota = Pick<Quota, 'name' | 'period' | 'bookingsMax'> &
  Partial<Pick<Quota, 'sport' | 'indoor' | 'weekdays' | 'fromMinute' | 'toMinute'>>

export type DemoClub = {
  readonly slug: string
  readonly name: string
  readonly town: string
  readonly zone: string
  readonly language: Language
  readonly colour: string
  readonly logo: string
  readonly opensMinute: number
  readonly closesMinute: number
  readonly courts: readonly DemoCourt[]
  readonly subscriptions: readonly (Omit<Subscription, 'id'> & { quotas: readonly DemoQuota[] })[]
  /** `First Last`: the demonstration's member, the account of checks, …, its secretary. */
  readonly people: readonly string[]
  readonly course: {
    readonly title: string
    readonly weekday: number
    readonly startMinute: number
  }
  readonly match: string
  readonly closure: string
}

const WEEKDAYS = 0b0011111

const zuiderpark: DemoClub = {
  slug: 'zuiderpark',
  name: 'Tennis & Padel Zuiderpark',
  town: 'Gent',
  zone: 'Europe/Brussels',
  language: 'nl',
  colour: '#0b7a5b',
  logo: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64"
 rx="16" fill="#0b6e53"/><circle cx="32" cy="32" r="18" fill="#d8f05a"/><path d="M19 19.5a18 18 0 0
 1 0 25M45 19.5a18 18 0 0 0 0 25" fill="none" stroke="#0b6e53" stroke-width="3.2"/></svg>`,
  opensMinute: 8 * 60,
  closesMinute: 22 * 60 + 30,
  courts: [
    ['Tennis 1', 'tennis', 'clay', false],
    ['Tennis 2', 'tennis', 'clay', false],
    ['Tennis 3', 'tennis', 'hard', true],
    ['Tennis 4', 'tennis', 'hard', true],
    ['Padel 1', 'padel', 'glass', false],
    ['Padel 2', 'padel', 'glass', false],
    ['Padel 3', 'padel', 'glass', true],
  ],
  subscriptions: [
    {
      name: 'Volwassene',
      daysAhead: 7,
      partnersMin: 1,
      guestsSeason: 6,
      quotas: [
        {
          name: 'Avonduren',
          period: 'week',
          bookingsMax: 3,
          weekdays: WEEKDAYS,
          fromMinute: 1020,
          toMinute: 1320,
        },
        { name: 'Padel per dag', period: 'day', bookingsMax: 1, sport: 'padel' },
        { name: 'Komende boekingen', period: 'upcoming', bookingsMax: 4 },
      ],
    },
    {
      name: 'Jeugd',
      daysAhead: 4,
      partnersMin: 1,
      guestsSeason: 2,
      quotas: [
        {
          name: 'Jeugd na 18 uur',
          period: 'week',
          bookingsMax: 0,
          weekdays: WEEKDAYS,
          fromMinute: 1080,
          toMinute: 1440,
        },
        { name: 'Komende boekingen', period: 'upcoming', bookingsMax: 2 },
      ],
    },
  ],
  people: [
    'Lotte Vermeulen',
    'Jonas De Smet',
    'Amina El Idrissi',
    'Pieter-Jan Claes',
    'Sofie Maes',
    'Mehmet Yıldız',
    'Ilse Van den Broeck',
    'Koen Wouters',
    'Fatima Benali',
    'Wout Jacobs',
    'Grace Mbuyi',
    'Tom Peeters',
    'Nathalie Dubois',
    'Arne Willems',
    'Priya Raman',
    'Bart Goossens',
    'Hanne Mertens',
    'Tomasz Kowalski',
    'Els Hermans',
    'Yasin Aydın',
    'Marijke Lambrecht',
    'Stijn Desmet',
    'Chiara Rossi',
    'Dries Vandamme',
    'Linh Nguyen',
    'Kaat Michiels',
    'Omar Haddad',
    'Veerle Cools',
    'Ruben Baert',
    'Emma De Wilde',
    'Senne Pauwels',
    'Noor Aerts',
    'Lars Lemmens',
    'Marleen Segers',
  ],
  course: { title: 'Jeugdles', weekday: 3, startMinute: 14 * 60 },
  match: 'Interclub heren 2',
  closure: 'Lijnen herstellen',
}

const roseraie: DemoClub = {
  slug: 'roseraie',
  name: 'Tennis Club de la Roseraie',
  town: 'Toulouse',
  zone: 'Europe/Paris',
  language: 'fr',
  colour: '#a5304f',
  logo: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64"
 rx="16" fill="#9c2b4a"/><g fill="#ffd9e2"><circle cx="32" cy="19" r="9.5"/><circle cx="44.4"
 cy="28" r="9.5"/><circle cx="39.6" cy="42.5" r="9.5"/><circle cx="24.4" cy="42.5" r="9.5"/><circle
 cx="19.6" cy="28" r="9.5"/></g><circle cx="32" cy="32" r="8.5" fill="#9c2b4a"/></svg>`,
  opensMinute: 7 * 60 + 30,
  closesMinute: 23 * 60,
  courts: [
    ['Court 1', 'tennis', 'clay', false],
    ['Court 2', 'tennis', 'clay', false],
    ['Court 3', 'tennis', 'hard', true],
    ['Court 4', 'tennis', 'hard', true],
    ['Padel A', 'padel', 'glass', false],
    ['Padel B', 'padel', 'glass', false],
  ],
  subscriptions: [
    {
      name: 'Adulte',
      daysAhead: 6,
      partnersMin: 1,
      guestsSeason: 6,
      quotas: [
        {
          name: 'Soirées',
          period: 'week',
          bookingsMax: 2,
          weekdays: WEEKDAYS,
          fromMinute: 1080,
          toMinute: 1380,
        },
        { name: 'Courts couverts', period: 'day', bookingsMax: 1, indoor: true },
        { name: 'Réservations à venir', period: 'upcoming', bookingsMax: 3 },
      ],
    },
    {
      name: 'Jeune',
      daysAhead: 3,
      partnersMin: 1,
      guestsSeason: 2,
      quotas: [{ name: 'Réservations à venir', period: 'upcoming', bookingsMax: 2 }],
    },
  ],
  people: [
    'Camille Laurent',
    'Hugo Martin',
    'Inès Belkacem',
    'Thomas Garcia',
    'Léa Fontaine',
    'Mamadou Diallo',
    'Claire Roussel',
    'Karim Bouzid',
    'Julie Moreau',
    'Antoine Lefèvre',
    'Aïcha Traoré',
    'Nicolas Petit',
    'Élodie Girard',
    'Minh Tran',
    'Sarah Cohen',
    'Vincent Blanc',
    'Maria Fernandes',
    'Paul Mercier',
    'Zoé Chevalier',
    'Rachid Amrani',
    'Anne-Sophie Caron',
    'Lucas Bernard',
    'Giulia Conti',
    'Jérôme Faure',
    'Manon Dupuis',
    'Théo Marchand',
    'Lina Haddad',
    'Françoise Delmas',
  ],
  course: { title: 'École de tennis', weekday: 3, startMinute: 14 * 60 },
  match: 'Match par équipes dames',
  closure: 'Entretien des courts',
}

export const demoClubs: readonly DemoClub[] = [zuiderpark, roseraie]
