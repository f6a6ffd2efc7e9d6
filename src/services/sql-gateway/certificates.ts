/**
 * Client certificates: which roles need one, and whose certificate is good for which role.
 *
 * It comes on top of the password's proof, as `clientcert=verify-full` does in pg_hba.conf: the
 * gateway never has the password, so without that proof it could not log in to the server. A
 * certificate must be issued by the authority itself; who is no longer to be let in is taken out
 * of the list, so no revocation lists are needed.
 *
 * Source: PostgreSQL documentation, "Certificate Authentication"; RFC 5280 §4.2.1.12.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto'
import { DeniedError } from '#lib/errors.ts'
import type { CertificateConfig } from './config.ts'

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'

/** The common name of a certificate the authority issued and that is valid now; or why not. */
export type Shown = { readonly name: string } | { readonly fault: string }

export class ClientCertificates {
  readonly #authorities: readonly X509Certificate[]
  readonly #roles: CertificateConfig['roles']

  constructor({ authority, roles }: CertificateConfig) {
    this.#authorities = certificatesIn(authority).map((pem) => new X509Certificate(pem))
    this.#roles = roles
  }

  /** Reads what a client showed in its handshake. */
  read(certificate: X509Certificate | undefined, nowMs: number): Shown {
    if (!certificate) return { fault: 'no certificate' }
    const issuer = this.#authorities.find((each) => {
      return certificate.checkIssued(each) && certificate.verify(each.publicKey)
    })
    if (!issuer?.ca) return { fault: 'not of the authority' }
    if (!isInTime(certificate, nowMs) || !isInTime(issuer, nowMs)) return { fault: 'out of date' }
    const uses = certificate.keyUsage as readonly string[] | undefined
    if (uses && !uses.includes(CLIENT_AUTH)) return { fault: 'not for clients' }
    const name: unknown = certificate.toLegacyObject().subject.CN
    return typeof name === 'string' ? { name } : { fault: 'not one common name' }
  }

  /**
   * @returns The name of the certificate that stands for the role; '' when it needs none and showed
   *   none that is good.
   * @throws {DeniedError} DB_CERTIFICATE_DENIED.
   */
  check(user: string, certificate: X509Certificate | undefined, nowMs: number): string {
    const shown = this.read(certificate, nowMs)
    const names = this.#namesFor(user)
    if (!names) return 'name' in shown ? shown.name : ''
    if ('fault' in shown) throw denied(user, shown.fault)
    if (!names.includes(shown.name)) throw denied(user, `it is for ${shown.name}`)
    return shown.name
  }

  #namesFor(user: string): readonly string[] | undefined {
    return Object.hasOwn(this.#roles, user) ? this.#roles[user] : this.#roles['*']
  }
}

/** The certificates in a PEM text, each with its armour. */
export function certificatesIn(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}

function isInTime(certificate: X509Certificate, nowMs: number): boolean {
  return certificate.validFromDate.getTime() <= nowMs && nowMs < certificate.validToDate.getTime()
}

function denied(user: string, why: string): DeniedError {
  const message = `the certificate shown for ${user}: ${why}`
  const said = `User "${user}" needs a client certificate of its own.`
  return new DeniedError('DB_CERTIFICATE_DENIED', message, said)
}
