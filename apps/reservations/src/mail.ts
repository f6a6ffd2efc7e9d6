/**
 * Confirmations by e-mail, handed to an SMTP server that knows how to send.
 *
 * A booking never waits for its mail. Attempts are kept in memory: a confirmation that cannot be
 * handed over within minutes, or before the process ends, is reported and lost; the booking itself
 * stands on the member's page. What stands nowhere else is sent and waited for (invitations.ts).
 *
 * @module
 */
import { createTransport } from 'nodemailer'
import type { Club, Member } from './model.ts'
import { clockLabel, dateWords, wallClock, type Language } from './time.ts'

export type Confirmation = {
  readonly club: Club
  readonly member: Member
  readonly courtName: string
  readonly startMs: number
  readonly endMs: number
  /** The booking's own page. */
  readonly url: string
}

/** Something the club must tell a member. */
export type Letter = {
  readonly club: Club
  readonly member: Pick<Member, 'firstName' | 'lastName' | 'email'>
  readonly language: Language
  readonly subject: string
  readonly text: string
  /** What the member may stop, by name; `safety` is news of his own club's data. */
  readonly kind: 'safety' | 'welcome' | 'places'
}

export type Postman = AsyncDisposable & {
  /** Returns at once; the mail follows. */
  readonly confirm: (confirmation: Confirmation) => void
  readonly write: (letter: Letter) => void
  /** One attempt. @throws What the server or the way to it says (`isRefused`). */
  readonly send: (letter: Letter) => Promise<void>
}

/** Pauses before the second, third, … attempt. */
const PAUSES_MS: readonly number[] = [2_000, 10_000, 60_000]
const PENDING_MAX = 1_000
const TIMEOUT_MS = 10_000

type Words = { readonly subject: string; readonly hello: string; readonly link: string }

const words: Readonly<Record<Language, Words>> = {
  nl: { subject: 'Reservering bevestigd', hello: 'Dag', link: 'Bekijken of annuleren:' },
  fr: { subject: 'Réservation confirmée', hello: 'Bonjour', link: 'Voir ou annuler :' },
  en: { subject: 'Booking confirmed', hello: 'Hello', link: 'See or cancel it:' },
}

/**
 * @param place Says `smtp://user:password@host:port` for each mail, for the password may have been
 *   renewed; the connection is always upgraded to TLS.
 * @param from Address of the sender.
 * @param report Told why a confirmation was lost, never whose.
 */
export function openPostman(
  place: string | (() => string),
  from: string,
  report: (line: object) => void,
): Postman {
  let transport: ReturnType<typeof transportTo> | undefined
  let known = ''
  const transportNow = (): ReturnType<typeof transportTo> => {
    const url = typeof place === 'string' ? place : place()
    if (transport === undefined || url !== known) {
      transport?.close()
      transport = transportTo(url)
      known = url
    }
    return transport
  }
  const stop = new AbortController()
  const pending = new Set<Promise<void>>()
  const post = (mail: ReturnType<typeof compose>): void => {
    if (pending.size >= PENDING_MAX) return report({ mail: 'lost', reason: 'too many waiting' })
    const work = deliver(async () => transportNow().sendMail(mail), stop.signal)
      .catch((error: unknown) => report({ mail: 'lost', reason: reasonOf(error) }))
      .finally(() => pending.delete(work))
    pending.add(work)
  }
  return {
    confirm: (confirmation) => post(compose(confirmation, from)),
    write: (letter) => post(composeLetter(letter, from)),
    send: async (letter) => {
      await transportNow().sendMail(composeLetter(letter, from))
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await Promise.all(pending)
      transport?.close()
    },
  }
}

function transportTo(url: string) {
  const { hostname, port, username, password } = new URL(url)
  return createTransport({
    host: hostname,
    port: Number(port || '587'),
    requireTLS: true,
    auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
    connectionTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
  })
}

/** Tries again what may pass; a refusal for good (5xx) is final. */
async function deliver(send: () => Promise<unknown>, stop: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await send()
      return
    } catch (error) {
      const pauseMs = PAUSES_MS[attempt]
      if (pauseMs === undefined || stop.aborted || isRefused(error)) throw error
      await pause(pauseMs, stop)
    }
  }
}

/** Whether it is about this letter or its receiver, and not about the way to the server. */
export function isOfLetter(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'EENVELOPE' || code === 'EMESSAGE'
}

/** Whether a letter was refused for good (5xx): trying again changes nothing. */
export function isRefused(error: unknown): boolean {
  return isOfLetter(error) && ((error as { responseCode?: number }).responseCode ?? 0) >= 500
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stop.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true })
  })
}

/** The code alone: the server's sentence may name the member. */
function reasonOf(error: unknown): string {
  const { response, code } = error as { response?: string; code?: string }
  return /\b[A-Z]+_[A-Z_]+\b/.exec(response ?? '')?.[0] ?? code ?? 'unknown'
}

function composeLetter({ club, member, language, subject, text, kind }: Letter, from: string) {
  return {
    from: { name: club.name, address: from },
    to: { name: `${member.firstName} ${member.lastName}`.trim(), address: member.email },
    subject,
    text: `${text}\n\n${club.name}\n`,
    headers: headersFor(club, language, kind),
  }
}

/** What the member may stop: this club's letters of one kind, and no other club's. */
function headersFor(club: Club, language: Language, list: string) {
  return {
    'Content-Language': language,
    'X-Veilig-List': list,
    'X-Veilig-Tenant': club.slug,
  }
}

function compose({ club, member, courtName, startMs, endMs, url }: Confirmation, from: string) {
  const language = member.language ?? club.language
  const { subject, hello, link } = words[language]
  const day = dateWords(wallClock(club.zone, startMs).date, language, 'long')
  const time = `${clockLabel(club.zone, startMs)}–${clockLabel(club.zone, endMs)}`
  const facts = `${courtName}, ${day}, ${time}`
  return {
    from: { name: club.name, address: from },
    to: { name: `${member.firstName} ${member.lastName}`, address: member.email },
    subject: `${subject}: ${facts}`,
    text: `${hello} ${member.firstName},\n\n${subject}: ${facts}.\n\n${link}\n${url}\n\n${club.name}\n`,
    headers: headersFor(club, language, 'confirmations'),
  }
}
