/**
 * Signs a request to Azure Blob Storage with the account's key. Pure.
 *
 * Source: Azure Storage REST API, "Authorize with Shared Key", version 2015-02-21 and later.
 *
 * @module
 */
import { createHmac } from 'node:crypto'

export type AzureRequest = {
  readonly method: string
  readonly account: string
  /** As it goes over the wire, encoded. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly bodyLength: number
}

/** Standard headers in the order in which they are signed, behind the length. */
const SIGNED = [
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
] as const

/** @param key Base64, as the portal shows it. @returns The header `authorization`. */
export function signAzure(request: AzureRequest, key: string): string {
  const { method, account, path, query, headers, bodyLength } = request
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .map(([name, value]) => `${name}:${value.trim()}`)
    .sort()
  const asked = Object.entries(query)
    .map(([name, value]) => `${name.toLowerCase()}:${value}`)
    .sort()
  const text = [
    method,
    '', // content-encoding
    '', // content-language
    bodyLength === 0 ? '' : String(bodyLength),
    ...SIGNED.map((name) => headers[name] ?? ''),
    ...own,
    [`/${account}${path}`, ...asked].join('\n'),
  ].join('\n')
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')
  return `SharedKey ${account}:${signature}`
}
