/**
 * What the gateway says to an authority that looks whether a name is ours.
 *
 * HTTP-01 needs no state: its answer is the token and the thumbprint of our account's key, and an
 * answer to a token of somebody else's order proves nothing to anybody. So each gateway answers at
 * once, also for an order that another one placed. TLS-ALPN-01 asks for a certificate made for the
 * token; the book knows which tokens there are.
 *
 * Source: RFC 8555 §8.3, RFC 8737.
 *
 * @module
 */
import { createPrivateKey } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { isToken, keyAuthorization, thumbprint } from '#protocol/acme/jws.ts'
import { challengeCertificate } from '#system/acme/certificates.ts'
import { contextOf } from '../shown-certificates.ts'
import type { CertificateRecord } from './book.ts'

export const CHALLENGE_PATH = '/.well-known/acme-challenge/'
/** The protocol an authority asks for in its handshake. */
export const CHALLENGE_PROTOCOL = 'acme-tls/1'

export class Challenges {
  #thumbprint: string | undefined
  #byName: ReadonlyMap<string, string> = new Map()

  /** Takes over what the book says. */
  take(record: CertificateRecord): void {
    const { accountKeyPem, pending } = record
    this.#thumbprint = accountKeyPem ? thumbprint(createPrivateKey(accountKeyPem)) : undefined
    const challenges = pending?.challenges ?? []
    this.#byName = new Map(challenges.map(({ name, authorization }) => [name, authorization]))
  }

  /** Whether a handshake may be an authority's. */
  get isWaiting(): boolean {
    return this.#byName.size > 0
  }

  /** The answer of HTTP-01; undefined when the target is none of it. */
  answerTo(target: string): string | undefined {
    if (this.#thumbprint === undefined || !target.startsWith(CHALLENGE_PATH)) return undefined
    const token = target.slice(CHALLENGE_PATH.length)
    return isToken(token) ? keyAuthorization(token, this.#thumbprint) : undefined
  }

  /** The certificate of TLS-ALPN-01; undefined when nothing is asked about this name. */
  async contextFor(name: string, nowMs: number): Promise<SecureContext | undefined> {
    const authorization = this.#byName.get(name)
    if (authorization === undefined) return undefined
    const { certificatePem, keyPem } = await challengeCertificate(name, authorization, nowMs)
    return contextOf({ cert: certificatePem, key: keyPem, minVersion: 'TLSv1.2' })
  }
}
