/**
 * Founding a club: itself, first rules, and the secretary who adds everything else in the office.
 *
 * Only the owner of the schema may: the application has no right to add a club or to give a role.
 *
 * @module
 */
import { codeOf, inClub, type Database, type Transaction } from '../database.ts'
import type { Language } from '../time.ts'
import { makeInvitation } from './invitations.ts'

/** What the operator says of a new club; checked before (found.ts). */
export type Charter = {
  readonly slug: string
  readonly name: string
  readonly town: string
  /** IANA name. */
  readonly zone: string
  readonly language: Language
  /** `#rrggbb`. */
  readonly colour: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly birthYear: number
}

/** A club of that name is there already. */
export class SlugTakenError extends Error {
  override readonly name = 'SlugTakenError'
}

/** Nobody of the club is waiting to come in. */
export class NobodyInvitedError extends Error {
  override readonly name = 'NobodyInvitedError'
}

const UNIQUE_VIOLATION = '23505'

/** What a club begins with; its secretary changes all of it in the office. */
const first = {
  opensMinute: 8 * 60,
  closesMinute: 22 * 60,
  releaseMinute: 7 * 60,
  cancelHours: 2,
  daysAhead: 7,
  partnersMin: 1,
  guestsSeason: 4,
  /** Nobody holds more coming games than this: fair to all while nobody has thought about it. */
  upcomingMax: 4,
} as const

const names: Readonly<Record<Language, { subscription: string; quota: string }>> = {
  nl: { subscription: 'Lid', quota: 'Komende boekingen' },
  fr: { subscription: 'Membre', quota: 'Réservations à venir' },
  en: { subscription: 'Member', quota: 'Upcoming bookings' },
}

/**
 * Founds the club in one transaction: whole, or not at all.
 *
 * @returns What the secretary's link ends with; it is kept nowhere, and works for fourteen days.
 * @throws {SlugTakenError}
 */
export async function foundClub(
  owner: Database,
  charter: Charter,
  nowMs: number,
): Promise<{ readonly clubId: string; readonly token: string }> {
  const clubId = crypto.randomUUID()
  try {
    return await inClub(owner, clubId, async (tx) => {
      await addClub(tx, clubId, charter)
      const secretary = await addSecretary(tx, clubId, charter)
      await tx`INSERT INTO acts (club_id, kind, summary) VALUES (${clubId}, 'founded', ${charter.name})`
      return { clubId, token: await makeInvitation(tx, clubId, secretary, nowMs) }
    })
  } catch (error) {
    if (codeOf(error) === UNIQUE_VIOLATION) throw new SlugTakenError(charter.slug)
    throw error
  }
}

async function addClub(tx: Transaction, id: string, charter: Charter): Promise<void> {
  const { slug, name, town, zone, language, colour } = charter
  // No logo: one is drawn of the name and the colour until the club brings its own (logo.ts).
  await tx`INSERT INTO clubs (id, slug, name, town, zone, language, colour, logo_svg, opens_minute,
      closes_minute, release_minute, cancel_hours)
    VALUES (${id}, ${slug}, ${name}, ${town}, ${zone}, ${language}, ${colour}, '',
      ${first.opensMinute}, ${first.closesMinute}, ${first.releaseMinute}, ${first.cancelHours})`
}

/** The first subscription with its quota, and who holds it. @returns The secretary's id. */
async function addSecretary(tx: Transaction, clubId: string, charter: Charter): Promise<string> {
  const { subscription, quota } = names[charter.language]
  const [kind] = await tx<{ id: string }[]>`
    INSERT INTO subscriptions (club_id, name, days_ahead, partners_min, guests_season)
    VALUES (${clubId}, ${subscription}, ${first.daysAhead}, ${first.partnersMin},
      ${first.guestsSeason}) RETURNING id`
  await tx`INSERT INTO quotas (club_id, subscription_id, name, period, bookings_max)
    VALUES (${clubId}, ${kind?.id ?? ''}, ${quota}, 'upcoming', ${first.upcomingMax})`
  // No password opens the account until the link has been used: no hash is ''.
  const [secretary] = await tx<{ id: string }[]>`
    INSERT INTO members (club_id, subscription_id, email, password_hash, first_name, last_name,
      birth_year, role)
    VALUES (${clubId}, ${kind?.id ?? ''}, ${charter.email}, '', ${charter.firstName},
      ${charter.lastName}, ${charter.birthYear}, 'secretary') RETURNING id`
  return secretary?.id ?? ''
}

/**
 * A new link for the secretary who never came in; the one before opens nothing from here on.
 * @throws {NobodyInvitedError} When every secretary of the club has a password.
 */
export async function inviteAgain(
  owner: Database,
  clubId: string,
  nowMs: number,
): Promise<{ readonly email: string; readonly token: string }> {
  return await inClub(owner, clubId, async (tx) => {
    const [waiting] = await tx<{ id: string; email: string }[]>`SELECT id, email FROM members
      WHERE club_id = ${clubId} AND role = 'secretary' AND active AND password_hash = ''
      ORDER BY email LIMIT 1 FOR UPDATE`
    if (!waiting) throw new NobodyInvitedError('every secretary has come in')
    return { email: waiting.email, token: await makeInvitation(tx, clubId, waiting.id, nowMs) }
  })
}

/** How far a club is, for the operator; nobody is named. */
export type Progress = {
  readonly courts: number
  readonly members: number
  /** Whether a secretary has chosen a password. */
  readonly isRun: boolean
}

export async function progressOf(owner: Database, clubId: string): Promise<Progress> {
  const [row] = await inClub(
    owner,
    clubId,
    (tx) => tx<Progress[]>`SELECT
      (SELECT count(*)::int FROM courts WHERE club_id = ${clubId}) AS courts,
      (SELECT count(*)::int FROM members WHERE club_id = ${clubId} AND active AND NOT canary)
        AS members,
      EXISTS (SELECT FROM members WHERE club_id = ${clubId} AND role = 'secretary' AND active
        AND password_hash <> '') AS "isRun"`,
  )
  return row ?? { courts: 0, members: 0, isRun: false }
}
