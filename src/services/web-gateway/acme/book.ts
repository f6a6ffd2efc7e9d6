/**
 * What the gateways of one installation know together about their certificate: one record, changed
 * only by whoever read its newest version. All that must survive a crash is in it.
 *
 * @module
 */
import type { CertificateAndKey } from '#system/local-ca/authority.ts'
import type { Book, Kept } from '../book.ts'

/** An order on its way. Its key is stored before the order is placed: no certificate is lost. */
export type PendingOrder = {
  readonly keyPem: string
  /** Undefined until the answer is stored: after a crash an order may exist all the same. */
  readonly url?: string | undefined
  readonly startedMs: number
  /** Challenges that any gateway may be asked about. */
  readonly challenges: readonly { readonly name: string; readonly authorization: string }[]
}

export type CertificateRecord = {
  readonly directoryUrl: string
  readonly names: readonly string[]
  readonly accountKeyPem?: string | undefined
  readonly accountUrl?: string | undefined
  readonly pending?: PendingOrder | undefined
  readonly current?: CertificateAndKey | undefined
  /** When the next order is due. */
  readonly renewAtMs: number
  /** When the authority is asked again for its suggestion. */
  readonly askAtMs: number
  readonly failures: number
  /** Who works on it, and until when nobody else does. */
  readonly lease?: { readonly holder: string; readonly untilMs: number } | undefined
}

export type Versioned = Kept<CertificateRecord>

/** Where the record lies: a file for one machine, the control database for several. */
export type CertificateBook = Book<CertificateRecord>
