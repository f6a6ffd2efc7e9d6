/**
 * What an ACME client signs: flattened JSON Web Signatures with ES256, and the key authorisations
 * that its challenges ask for.
 *
 * Source: RFC 8555 §6.2 (requests), §8.1 (key authorisation); RFC 7515, RFC 7518 §3.4 (ES256),
 * RFC 7638 (thumbprint).
 *
 * @module
 */
import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto'

/** What goes into the protected header beside the algorithm. */
export type JwsHeader = {
  readonly url: string
  readonly nonce: string
  /** The account's URL; undefined while there is no account: the key itself is sent then. */
  readonly accountUrl: string | undefined
}

/**
 * @param key An ECDSA P-256 private key.
 * @param payload Undefined for POST-as-GET (RFC 8555 §6.3).
 * @returns The request's body, `application/jose+json`.
 */
export function signedRequest(key: KeyObject, header: JwsHeader, payload: unknown): string {
  const { url, nonce, accountUrl } = header
  const who = accountUrl === undefined ? { jwk: publicJwk(key) } : { kid: accountUrl }
  const head = base64url(JSON.stringify({ alg: 'ES256', ...who, nonce, url }))
  const body = payload === undefined ? '' : base64url(JSON.stringify(payload))
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), {
    key,
    dsaEncoding: 'ieee-p1363', // r and s as they are, RFC 7518 §3.4
  })
  const jws = { protected: head, payload: body, signature: signature.toString('base64url') }
  return JSON.stringify(jws)
}

/** The account key's name, RFC 7638. */
export function thumbprint(key: KeyObject): string {
  return createHash('sha256')
    .update(JSON.stringify(publicJwk(key)))
    .digest('base64url')
}

/** What proves that the account's owner put it there. @param token As the server gave it. */
export function keyAuthorization(token: string, accountThumbprint: string): string {
  return `${token}.${accountThumbprint}`
}

/** The value of the TXT record `_acme-challenge.NAME`, RFC 8555 §8.4. */
export function dnsChallengeValue(authorization: string): string {
  return createHash('sha256').update(authorization).digest('base64url')
}

/** A token is base64url; anything else is not answered. */
export function isToken(text: string): boolean {
  return /^[\w-]{16,128}$/.test(text)
}

/** Members in the order in which the thumbprint demands them. */
function publicJwk(key: KeyObject): Readonly<Record<string, string | undefined>> {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' })
  return { crv, kty, x, y }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
