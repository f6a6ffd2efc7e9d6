/**
 * Rows of one club, for tests that try to reach them from another.
 *
 * @module
 */
import type { Database } from '../src/database.ts'

/**
 * One row of every kind in a club, each with the word ROSERAIE, which must never be read elsewhere.
 *
 * @returns Ids by the name that routes have for them.
 */
export async function plantRows(
  superuser: Database,
  club: string,
  { court, owner }: { readonly court: string; readonly owner: string },
): Promise<Record<string, string>> {
  const one = async (rows: Promise<{ id: string }[]>): Promise<string> => (await rows)[0]?.id ?? ''
  const subscription = await one(superuser<{ id: string }[]>`
    SELECT id FROM subscriptions WHERE club_id = ${club} LIMIT 1`)
  const series = await one(superuser<{ id: string }[]>`
    INSERT INTO series (club_id, court_id, title, weekday, start_minute, length_minutes, first_date,
      last_date) VALUES (${club}, ${court}, 'ROSERAIE', 1, 60, 60, '2026-11-01', '2027-11-01')
    RETURNING id`)
  return {
    court: await one(superuser<{ id: string }[]>`
      INSERT INTO courts (club_id, position, name, sport, surface)
      VALUES (${club}, 99, 'ROSERAIE', 'squash', 'glass') RETURNING id`),
    subscription,
    series,
    meeting: await one(superuser<{ id: string }[]>`
      INSERT INTO bookings (club_id, court_id, during, kind, title, series_id) VALUES (${club},
        ${court}, '[2027-01-04T10:00Z,2027-01-04T11:00Z)', 'course', 'ROSERAIE', ${series})
      RETURNING id`),
    quota: await one(superuser<{ id: string }[]>`
      INSERT INTO quotas (club_id, subscription_id, name, period, bookings_max)
      VALUES (${club}, ${subscription}, 'ROSERAIE', 'day', 1) RETURNING id`),
    holiday: await one(superuser<{ id: string }[]>`
      INSERT INTO holidays (club_id, title, first_date, last_date)
      VALUES (${club}, 'ROSERAIE', '2026-12-01', '2026-12-02') RETURNING id`),
    act: await one(superuser<{ id: string }[]>`
      INSERT INTO acts (club_id, kind, summary) VALUES (${club}, 'rules', 'ROSERAIE') RETURNING id`),
    import: await one(superuser<{ id: string }[]>`
      INSERT INTO imports (club_id, by_id, content) VALUES (${club}, ${owner}, 'ROSERAIE')
      RETURNING id`),
    wait: await one(superuser<{ id: string }[]>`
      INSERT INTO waits (club_id, member_id, court_id, during) VALUES (${club}, ${owner}, ${court},
        '[2027-01-04T10:00Z,2027-01-04T11:00Z)') RETURNING id`),
    key: await one(superuser<{ id: string }[]>`
      INSERT INTO door_keys (club_id, name, token_hash) VALUES (${club}, 'ROSERAIE', sha256('k'))
      RETURNING id`),
    hook: await one(superuser<{ id: string }[]>`
      INSERT INTO webhooks (club_id, url) VALUES (${club}, 'https://roseraie.invalid/ROSERAIE')
      RETURNING id`),
    logo: await one(superuser<{ id: string }[]>`
      INSERT INTO logos (club_id, png) VALUES (${club},
        decode('89504e470d0a1a0a', 'hex') || convert_to(repeat('ROSERAIE', 8), 'UTF8')) RETURNING id`),
    feed: await one(superuser<{ id: string }[]>`
      INSERT INTO feeds (club_id, token_hash, member_id)
      VALUES (${club}, sha256('x'), ${owner}) RETURNING id`),
  }
}
