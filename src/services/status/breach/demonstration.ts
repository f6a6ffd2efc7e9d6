/**
 * Where the demonstration's application keeps data of persons, and who its customers are. An
 * operator writes the same about his own in `status.breach`.
 *
 * @module
 */
import type { PersonalTable } from './exposure.ts'

const own = { tenant: 'club_id', record: 'id' } as const

export const demonstrationTables: readonly PersonalTable[] = [
  {
    ...own,
    table: 'members',
    person: 'id',
    columns: {
      email: 'contact',
      first_name: 'identity',
      last_name: 'identity',
      birth_year: 'identity',
      language: 'preferences',
      role: 'membership',
      shares_name: 'preferences',
      active: 'membership',
      subscription_id: 'membership',
      password_hash: 'credentials',
    },
  },
  {
    ...own,
    table: 'bookings',
    person: 'owner_id',
    columns: { owner_id: 'whereabouts', during: 'whereabouts', court_id: 'whereabouts' },
  },
  {
    ...own,
    table: 'sessions',
    person: 'member_id',
    record: 'token_hash',
    columns: { token_hash: 'credentials' },
  },
]

export const demonstrationCustomers: string = `
  SELECT c.id::text AS tenant, c.name, c.language,
    coalesce((SELECT min(m.email) FROM members m
      WHERE m.club_id = c.id AND m.role = 'secretary' AND m.active), '') AS mail
  FROM clubs c`
