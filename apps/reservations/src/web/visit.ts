/**
 * One visit to one club: which club, who visits, in which language, at what time.
 *
 * @module
 */
import { getCookie, setCookie } from 'hono/cookie'
import type { Context } from 'hono'
import { inClub, type Database, type Transaction } from '../database.ts'
import { clubBySlug } from '../data/clubs.ts'
import type { Look } from '../data/bookings.ts'
import type { Viewer } from '../data/members.ts'
import { unreadNotices, type Notice } from '../data/notices.ts'
import { claimNames, standingOfSession, unseenAlerts } from '../data/officers.ts'
import type { Alert, Standing } from '../data/officers.ts'
import { memberOfSession, SESSION_DAYS } from '../data/sessions.ts'
import type { Booking, Club, Member } from '../model.ts'
import { may } from '../rights.ts'
import { todayIn, type Language } from '../time.ts'
import { acceptedLanguage, isLanguage, sayIn, type Say } from '../words/say.ts'

export const SESSION_COOKIE = '__Host-session'
export const LANGUAGE_COOKIE = '__Host-language'
const TOKEN = /^[\w-]{43}$/
const YEAR_SECONDS = 31_536_000

/** What every page is made from. */
export type Visit = {
  readonly club: Club
  readonly member: Member | undefined
  readonly notices: readonly Notice[]
  readonly language: Language
  readonly say: Say
  readonly nowMs: number
  readonly today: string
  /** Path and query of this page, for switching language and coming back after log-in. */
  readonly here: string
  /** A short word on what was just done; a key the page knows, or ''. */
  readonly done: string
  /** An officer's session: whether the password was given again, and what was seen without. */
  readonly officer: Officer | undefined
}

export type Officer = Standing & { readonly token: string; readonly alerts: readonly Alert[] }

/** @returns Undefined when there is no such club. */
export async function visit(
  c: Context,
  database: Database,
  nowMs: number,
): Promise<Visit | undefined> {
  const club = await clubBySlug(database, c.req.param('club') ?? '')
  if (!club) return undefined
  const token = sessionToken(c)
  const { member, notices, officer } = await inClub(database, club.id, async (tx) => {
    const found = token ? await memberOfSession(tx, club.id, token, nowMs) : undefined
    if (!token || !found) return { member: undefined, notices: [], officer: undefined }
    const news = await unreadNotices(tx, club.id, found.id)
    if (!may(found, 'desk')) return { member: found, notices: news, officer: undefined }
    const standing = await standingOfSession(tx, club.id, token, nowMs)
    const alerts = may(found, 'members') ? await unseenAlerts(tx, club.id, found.id) : []
    return { member: found, notices: news, officer: { ...standing, token, alerts } }
  })
  const language = chooseLanguage(c, member, club)
  const { pathname, search } = new URL(c.req.url)
  return {
    club,
    member,
    notices,
    language,
    say: sayIn(language),
    nowMs,
    today: todayIn(club.zone, nowMs),
    here: pathname + search,
    done: c.req.query('done') ?? '',
    officer,
  }
}

/** Runs work for the visit's club. */
export async function inVisit<T>(
  database: Database,
  { club }: Visit,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  return await inClub(database, club.id, work)
}

/** Whose names the visitor may see. */
export function lookOf({ member, officer, today }: Visit): Look {
  const named: ReadonlySet<string> | 'all' | undefined = officer?.isProved ? 'all' : officer?.named
  const viewer: Viewer = member && { ...member, ...(named ? { named } : {}) }
  return { viewer, year: Number(today.slice(0, 4)) }
}

/**
 * Reads what holds names. For an officer whose presence is not proved, names that only an officer
 * may read are counted; past the limit they stay hidden.
 */
export async function readNamed<T>(
  tx: Transaction,
  visit: Visit,
  read: (look: Look) => Promise<T>,
  bookingsIn: (found: T) => readonly Booking[],
): Promise<T> {
  const look = lookOf(visit)
  const found = await read(look)
  const { officer, club } = visit
  if (!officer || officer.isProved || !look.viewer) return found
  const players = bookingsIn(found).flatMap((one) => one.players)
  const hidden = new Set(players.filter(({ shown }) => !shown).map(({ id }) => id))
  if (hidden.size === 0) return found
  const named = await claimNames(tx, club.id, officer.token, [...hidden])
  return await read({ ...look, viewer: { ...look.viewer, named } })
}

/** The member's own choice, then this browser's, then the browser's wish, then the club's. */
function chooseLanguage(c: Context, member: Member | undefined, club: Club): Language {
  const cookie = getCookie(c, LANGUAGE_COOKIE)
  if (isLanguage(cookie)) return cookie
  return member?.language ?? acceptedLanguage(c.req.header('accept-language')) ?? club.language
}

/** The language where no club is known yet. */
export function languageOf(c: Context): Language {
  const cookie = getCookie(c, LANGUAGE_COOKIE)
  if (isLanguage(cookie)) return cookie
  return acceptedLanguage(c.req.header('accept-language')) ?? 'nl'
}

export function sessionToken(c: Context): string | undefined {
  const token = getCookie(c, SESSION_COOKIE)
  return token !== undefined && TOKEN.test(token) ? token : undefined
}

export function setSession(c: Context, token: string): void {
  const maxAge = SESSION_DAYS * 86_400
  setCookie(c, SESSION_COOKIE, token, { ...cookieRules, httpOnly: true, maxAge })
}

export function clearSession(c: Context): void {
  setCookie(c, SESSION_COOKIE, '', { ...cookieRules, httpOnly: true, maxAge: 0 })
}

export function setLanguage(c: Context, language: Language): void {
  setCookie(c, LANGUAGE_COOKIE, language, { ...cookieRules, httpOnly: true, maxAge: YEAR_SECONDS })
}

const cookieRules = { path: '/', secure: true, sameSite: 'Lax' } as const
