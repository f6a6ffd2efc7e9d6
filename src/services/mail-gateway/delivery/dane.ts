/**
 * Whether a receiver's certificate is one that its signed DNS names. Pure.
 *
 * Source: RFC 6698 §2.1, RFC 7671 §5, RFC 7672 §3.1 (usages 0 and 1 say nothing for mail).
 *
 * @module
 */
import { createHash, X509Certificate } from 'node:crypto'

export type Tlsa = {
  /** 2: an authority of theirs; 3: the server's own. */
  readonly usage: number
  /** 0: the whole certificate; 1: its public key. */
  readonly selector: number
  /** 0: as it is; 1: SHA-256; 2: SHA-512. */
  readonly match: number
  readonly data: Uint8Array
}

const CHAIN_MAX = 10

/** Those that can be checked; without one of these a published TLSA asks for TLS and no more. */
export function usable(records: readonly Tlsa[]): readonly Tlsa[] {
  return records.filter(
    ({ usage, selector, match, data }) =>
      (usage === 2 || usage === 3) && selector <= 1 && match <= 2 && data.length > 0,
  )
}

/**
 * @param leaf With its issuers, as a handshake gives it.
 * @param host The name in the MX record.
 * @param nowMs For the validity of a chain; a key named by usage 3 needs none (RFC 7671 §5.1).
 */
export function daneMatches(
  records: readonly Tlsa[],
  leaf: X509Certificate,
  host: string,
  nowMs: number,
): boolean {
  const known = usable(records)
  if (known.length === 0) return true
  if (known.some((record) => record.usage === 3 && matches(record, leaf))) return true
  return known.some((record) => record.usage === 2 && vouches(record, leaf, host, nowMs))
}

/** A chain from the certificate of that name up to the authority that the record names. */
function vouches(record: Tlsa, leaf: X509Certificate, host: string, nowMs: number): boolean {
  if (leaf.checkHost(host) === undefined) return false
  let certificate = leaf
  for (let depth = 0; depth < CHAIN_MAX; depth++) {
    if (!isValid(certificate, nowMs)) return false
    if (matches(record, certificate)) return true
    const issuer = certificate.issuerCertificate
    if (!issuer?.ca || !certificate.checkIssued(issuer)) return false
    if (!certificate.verify(issuer.publicKey)) return false
    if (issuer.fingerprint256 === certificate.fingerprint256) return false
    certificate = issuer
  }
  return false
}

function isValid({ validFrom, validTo }: X509Certificate, nowMs: number): boolean {
  return Date.parse(validFrom) <= nowMs && nowMs <= Date.parse(validTo)
}

function matches({ selector, match, data }: Tlsa, certificate: X509Certificate): boolean {
  const whole = certificate.raw
  const part =
    selector === 0 ? whole : certificate.publicKey.export({ type: 'spki', format: 'der' })
  if (match === 0) return Buffer.from(data).equals(part)
  const digest = createHash(match === 1 ? 'sha256' : 'sha512').update(part)
  return digest.digest().equals(Buffer.from(data))
}
