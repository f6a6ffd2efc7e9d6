/**
 * Channel binding of type tls-server-end-point: what ties a proof of identity to the certificate
 * that was shown, so that nobody in between can show another.
 *
 * Source: RFC 5929 section 4.1; be-secure-openssl.c, be_tls_get_certificate_hash (PostgreSQL 18).
 *
 * @module
 */
import { hash, X509Certificate } from 'node:crypto'

/** Signature algorithm of a certificate → the hash RFC 5929 binds with; MD5 and SHA-1 give way. */
const hashes: readonly (readonly [RegExp, string])[] = [
  [/^(md5|sha1|ecdsa-with-sha1|ecdsa-with-sha256|sha256)/i, 'sha256'],
  [/^(ecdsa-with-sha384|sha384)/i, 'sha384'],
  [/^(ecdsa-with-sha512|sha512)/i, 'sha512'],
]

/**
 * The binding data of a certificate.
 *
 * @param certificate PEM, of which the first counts, or DER.
 * @returns Undefined for an algorithm without one hash (Ed25519, RSA-PSS): such a certificate binds
 *   nothing, and channel binding must not be offered.
 */
export function endPointBinding(certificate: string | Uint8Array): Uint8Array | undefined {
  const parsed = new X509Certificate(certificate)
  const { signatureAlgorithm = '' } = parsed
  const found = hashes.find(([pattern]) => pattern.test(signatureAlgorithm))
  return found ? hash(found[1], parsed.raw, 'buffer') : undefined
}
