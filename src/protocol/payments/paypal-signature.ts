/**
 * PayPal's signature on a webhook: what is signed, and by whom.
 *
 * The signature binds the body only by its CRC-32, which anybody can keep while changing the body.
 * So a verified webhook says "look again", never "it is paid".
 *
 * Source: PayPal Webhooks 1.11 (verify-webhook-signature); developer.paypal.com/api/rest/webhooks.
 *
 * @module
 */
import { verify, X509Certificate } from 'node:crypto'
import { ProtocolError } from '#lib/errors.ts'

export type Transmission = {
  readonly id: string
  /** ISO 8601, as sent. */
  readonly time: string
  /** Base64. */
  readonly signature: string
  readonly algorithm: string
  readonly certificateUrl: string
}

/** What a tenant's webhooks must come from. */
export type PaypalTrust = {
  readonly webhookId: string
  /** Hosts a certificate may be fetched from, exactly. */
  readonly certificateHosts: readonly string[]
  /** The authority that must have signed the certificate, PEM: pinned, not the machine's list. */
  readonly authorityPem: string
  /** Common name the certificate must have. */
  readonly subject: string
}

/** How old, or how much in the future, a transmission may be. PayPal retries for three days. */
export const TRANSMISSION_AGE_MAX_MS: number = 4 * 86_400_000
const FUTURE_MAX_MS = 300_000

const names = {
  id: 'paypal-transmission-id',
  time: 'paypal-transmission-time',
  signature: 'paypal-transmission-sig',
  algorithm: 'paypal-auth-algo',
  certificateUrl: 'paypal-cert-url',
} as const

/** @throws {ProtocolError} PAYPAL_WEBHOOK_INVALID when a header is missing or too long. */
export function transmissionOf(header: (name: string) => string | undefined): Transmission {
  const read = (name: string): string => {
    const value = header(name)
    if (value === undefined || value === '' || value.length > 1000) throw invalid(name)
    return value
  }
  return {
    id: read(names.id),
    time: read(names.time),
    signature: read(names.signature),
    algorithm: read(names.algorithm),
    certificateUrl: read(names.certificateUrl),
  }
}

/** @param crc32 Of the raw body, unsigned. */
export function signedText({ id, time }: Transmission, webhookId: string, crc32: number): string {
  return `${id}|${time}|${webhookId}|${crc32 >>> 0}`
}

/** @throws {ProtocolError} PAYPAL_WEBHOOK_INVALID unless the address is one of the pinned hosts. */
export function certificateAddress(url: string, hosts: readonly string[]): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined
  const plain = address?.username === '' && address.password === '' && address.hash === ''
  if (!address || !plain || address.protocol !== 'https:' || !hosts.includes(address.host)) {
    throw invalid('paypal-cert-url')
  }
  return address
}

/**
 * Verifies a webhook, wholly offline.
 *
 * @param certificatePem What stands at the certificate's address.
 * @throws {ProtocolError} PAYPAL_WEBHOOK_INVALID.
 */
export function verifyTransmission(
  transmission: Transmission,
  certificatePem: string,
  trust: PaypalTrust,
  crc32: number,
  nowMs: number,
): void {
  if (transmission.algorithm !== 'SHA256withRSA') throw invalid('paypal-auth-algo')
  const sentMs = Date.parse(transmission.time)
  if (!(sentMs > nowMs - TRANSMISSION_AGE_MAX_MS && sentMs < nowMs + FUTURE_MAX_MS)) {
    throw invalid('paypal-transmission-time')
  }
  const certificate = readCertificate(certificatePem)
  const authority = readCertificate(trust.authorityPem)
  const issued = certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
  if (!issued || !authority.ca) throw invalid('certificate chain')
  if (!certificate.subject.split('\n').includes(`CN=${trust.subject}`)) throw invalid('subject')
  const from = certificate.validFromDate.getTime()
  if (from > nowMs || certificate.validToDate.getTime() < nowMs) throw invalid('validity')
  if (certificate.publicKey.asymmetricKeyType !== 'rsa') throw invalid('key type')
  const text = Buffer.from(signedText(transmission, trust.webhookId, crc32))
  const signature = Buffer.from(transmission.signature, 'base64')
  if (!verify('RSA-SHA256', text, certificate.publicKey, signature)) throw invalid('signature')
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw invalid('certificate')
  }
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('PAYPAL_WEBHOOK_INVALID', `the webhook's ${what} is not right`)
}
