/**
 * What the mail gateway needs from others.
 *
 * @module
 */
import type pg from 'pg'
import type { Logger } from 'pino'
import type { AuditTrail } from '#audit/trail.ts'
import type { DkimKey } from '#protocol/mail/dkim.ts'
import type { Clock } from '#system/clock.ts'
import type { Lookup } from './dns-check.ts'
import type { TemplateBook } from './templates/book.ts'

/** One mail on its way out: an envelope and bytes. */
export type Parcel = {
  readonly envelopeFrom: string
  readonly recipient: string
  readonly domain: string
  readonly bytes: Uint8Array
}

/** How a receiver answered. `later` is worth another attempt, `refused` is not. */
export type Outcome = {
  readonly kind: 'delivered' | 'refused' | 'later'
  /** The receiver's own words, or why there were none. */
  readonly reply: string
  /** It says something of the whole domain: none of its servers could be spoken with. */
  readonly wide?: boolean
}

/** Hands one mail to its receiver. Never throws: a failure is an outcome. */
export type Deliver = (parcel: Parcel) => Promise<Outcome>

export type MailPorts = {
  readonly clock: Clock
  readonly log: Logger
  readonly trail: AuditTrail
  /** The service's own schema is first on the search path, and migrated. */
  readonly pool: pg.Pool
  readonly deliver: Deliver
  /** Those to sign with now; they change when new ones are published. */
  readonly dkimKeys: () => readonly DkimKey[]
  /** Signs tokens and hashes addresses; 32 bytes, never in a log. */
  readonly tokenKey: Uint8Array
  /** Passwords that a sender may show now: two while one is renewed, none of a stranger. */
  readonly passwordsOf: (sender: string) => Promise<readonly string[]>
  readonly tls: { readonly certificatePem: string; readonly keyPem: string }
  /** Hands over another pair whenever there is one; connections that are open stay. */
  readonly followTls?: ((take: (tls: MailPorts['tls']) => void) => Disposable) | undefined
  /** Where submission listens, on the configured address. */
  readonly port: number
  /** DNS as receivers see it, by which reports prove whose they are. */
  readonly lookup: Lookup
  /** Unix socket on which the console asks; without it nobody does. */
  readonly deskSocket?: string | undefined
  /** Templates of the application, by name. */
  readonly templates?: TemplateBook | undefined
  /** Unix socket of the unsubscribe pages. */
  readonly httpSocket: string
  readonly publicOrigin: string
}
