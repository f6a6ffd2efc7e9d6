/**
 * What a claim is: a sentence a customer can read, and everything that belongs to it.
 *
 * Pure data, in the lowest layer, because three processes that may not import one another read it:
 * the prober measures it, the notary signs only about it, the trust page shows it.
 *
 * @module
 */

/** Languages of every public text. */
export const languages = ['nl', 'en', 'fr'] as const
export type Language = (typeof languages)[number]

/** One text in every language: plain words, whole sentences, no markup. */
export type Words = Readonly<Record<Language, string>>

/** Dutch, English, French. */
export function words(nl: string, en: string, fr: string): Words {
  return { nl, en, fr }
}

export type SectionId =
  | 'database'
  | 'backups'
  | 'audit'
  | 'connections'
  | 'headers'
  | 'grades'
  | 'attacks'
  | 'payments'
  | 'mail'
  | 'internal'
  | 'availability'
  | 'updates'

export type Claim = {
  /** Stable for ever: tests, probes, evidence and links use it. */
  readonly id: string
  readonly section: SectionId
  /** The promise, as the customer reads it. Its digest is signed with each measurement. */
  readonly sentence: Words
  /** What makes it true. */
  readonly control: Words
  /** What, when measured, shows it false. */
  readonly falsifiedBy: Words
  /** Evidence older than this proves nothing, in milliseconds. */
  readonly boundMs: number
  /** Whether a probe measures it in this version; without one it is shown as unproven. */
  readonly probe: 'live' | 'none'
  /** Where the wording of the promise is out of date, what current guidance says. */
  readonly outdated?: Words
}

export const MINUTE_MS: number = 60_000
export const HOUR_MS: number = 60 * MINUTE_MS
export const DAY_MS: number = 24 * HOUR_MS
