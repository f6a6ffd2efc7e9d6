/**
 * Signs a request to S3. Pure.
 *
 * Source: "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference.
 *
 * @module
 */
import { createHash, createHmac } from 'node:crypto'

export type S3Credentials = {
  readonly accessKey: string
  readonly secretKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string | undefined
}

export type UnsignedRequest = {
  readonly method: string
  /** Unencoded; begins with a slash. */
  readonly path: string
  /** Unencoded names and values. */
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names; with `host`. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly region: string
  /** Unix milliseconds; S3 refuses what is 15 minutes off. */
  readonly nowMs: number
}

export type SignedRequest = {
  /** Path and query as they were signed. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

export function signRequest(request: UnsignedRequest, credentials: S3Credentials): SignedRequest {
  const { accessKey, secretKey, sessionToken } = credentials
  const at = new Date(request.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const digest = createHash('sha256').update(request.body).digest('hex')
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-content-sha256': digest,
    'x-amz-date': at,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const path = encode(request.path).replaceAll('%2F', '/')
  const query = Object.entries(request.query)
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const canonical = [
    request.method,
    path,
    query,
    ...names.map((name) => `${name}:${headers[name]?.trim()}`),
    '',
    names.join(';'),
    digest,
  ].join('\n')
  const scope = `${at.slice(0, 8)}/${request.region}/s3/aws4_request`
  const canonicalDigest = createHash('sha256').update(canonical).digest('hex')
  const text = ['AWS4-HMAC-SHA256', at, scope, canonicalDigest].join('\n')
  let key: Uint8Array = Buffer.from(`AWS4${secretKey}`)
  for (const step of scope.split('/')) key = hmac(key, step)
  const signature = Buffer.from(hmac(key, text)).toString('hex')
  const credential = `${accessKey}/${scope}`
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${credential},` +
    `SignedHeaders=${names.join(';')},Signature=${signature}`
  return {
    target: query === '' ? path : `${path}?${query}`,
    headers: { ...headers, authorization },
  }
}

function hmac(key: Uint8Array, text: string): Uint8Array {
  return createHmac('sha256', key).update(text).digest()
}

/** As `encodeURIComponent`, and the five it leaves: RFC 3986 §2.3. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
