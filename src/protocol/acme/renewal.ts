/**
 * When a certificate is renewed: where the authority suggests it (ARI), else well before its end.
 *
 * Source: RFC 9773 §4.1 (the certificate's identifier), §4.2 (choosing a moment in the window).
 *
 * @module
 */
import { X509Certificate } from 'node:crypto'
import { ProtocolError } from '#lib/errors.ts'
import type { RenewalWindow } from './messages.ts'

const DAY_MS = 86_400_000
/** Below this life a third is too little: an authority may be down for a weekend. */
const SHORT_LIFE_MS = 10 * DAY_MS

/** authorityKeyIdentifier, RFC 5280 §4.2.1.1: its OID, then an octet string that holds it. */
const authorityKeyOid = Buffer.of(0x06, 0x03, 0x55, 0x1d, 0x23, 0x04)
const KEY_IDENTIFIER_TAG = 0x80

/**
 * The certificate's name for RFC 9773: key identifier of its issuer, a dot, its serial number.
 *
 * @throws {ProtocolError} ACME_CERTIFICATE_INVALID when the certificate names no issuer's key.
 */
export function renewalId(certificatePem: string): string {
  const certificate = new X509Certificate(certificatePem)
  const der = certificate.raw
  const at = der.indexOf(authorityKeyOid)
  // After the OID: length of the octet string, SEQUENCE and its length, [0] and its length.
  const tagAt = at + authorityKeyOid.length + 3
  if (at < 0 || der[tagAt] !== KEY_IDENTIFIER_TAG) {
    throw new ProtocolError('ACME_CERTIFICATE_INVALID', 'the certificate names no issuer’s key')
  }
  const length = der[tagAt + 1] ?? 0
  const keyId = der.subarray(tagAt + 2, tagAt + 2 + length)
  return `${keyId.toString('base64url')}.${serialNumber(certificate).toString('base64url')}`
}

/** DER's INTEGER is signed: a serial number that begins with a set bit has a zero before it. */
function serialNumber(certificate: X509Certificate): Buffer {
  const digits = certificate.serialNumber
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex')
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
}

/** The part of a life after which a certificate is renewed when nobody suggests anything. */
export function usualRenewalMs(notBeforeMs: number, notAfterMs: number): number {
  const lifeMs = notAfterMs - notBeforeMs
  return notBeforeMs + (lifeMs < SHORT_LIFE_MS ? lifeMs / 2 : (lifeMs * 2) / 3)
}

/** A moment of the window. @param chance In [0, 1), so that not all gateways come at once. */
export function momentIn(window: RenewalWindow, chance: number): number {
  return window.startMs + (window.endMs - window.startMs) * chance
}

const RETRY_MIN_MS = 60_000
const RETRY_MAX_MS = 6 * 3_600_000

/**
 * How long to wait after this many failures in a row: doubling from a minute to six hours, but
 * never more than a twentieth of the life that is left.
 */
export function retryAfterMs(failures: number, leftMs: number): number {
  const doubled = RETRY_MIN_MS * 2 ** Math.min(Math.max(failures - 1, 0), 20)
  const bounded = Math.min(doubled, RETRY_MAX_MS, Math.max(leftMs / 20, 0))
  return Math.max(bounded, RETRY_MIN_MS)
}
