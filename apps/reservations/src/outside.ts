/**
 * Posts to an address somebody typed in: only ever to the outside, never to what stands beside us.
 *
 * A name is looked up once, and the connection goes to what was found and allowed then: a name that
 * answers differently the second time gains nothing. Nothing of the answer is read but its number,
 * and nobody is followed elsewhere.
 *
 * @module
 */
import { lookup } from 'node:dns/promises'
import { request as requestPlain, type RequestOptions } from 'node:http'
import { request } from 'node:https'
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const TIMEOUT_MS = 10_000

/** Special-purpose addresses. Source: IANA special-purpose address registries (RFC 6890). */
const inside = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(network, prefix, 'ipv4')
}
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6') // all that is given out; then what of it is not the outside
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  inside.addSubnet(network, prefix, 'ipv6')
}

/** Whether an address is of the public internet. */
export function isOutside(address: string): boolean {
  if (isIPv4(address)) return !inside.check(address, 'ipv4')
  return isIPv6(address) && global6.check(address, 'ipv6') && !inside.check(address, 'ipv6')
}

/** Why nothing was delivered: a code that holds nothing of the other side. */
export class OutsideError extends Error {
  override readonly name = 'OutsideError'
  readonly code: string

  constructor(code: string, cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

export type Post = (
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
) => Promise<void>

/**
 * @param where `anywhere` also posts within the house, and without TLS: for an operator whose doors
 *   are there.
 */
export function poster(where: 'outside' | 'anywhere'): Post {
  return async (address, body, headers) => {
    const url = new URL(address)
    if (where === 'outside' && !isWebhookUrl(address, where)) throw new OutsideError('ADDRESS')
    const found = await addressOf(url.hostname.replace(/^\[|\]$/g, ''))
    if (where === 'outside' && !isOutside(found)) throw new OutsideError('ADDRESS_INSIDE')
    const status = await post(url, found, body, headers)
    if (status < 200 || status > 299) throw new OutsideError(`HTTP_${status}`)
  }
}

/** What an officer may type in. */
export function isWebhookUrl(text: string, where: 'outside' | 'anywhere'): boolean {
  if (text.length > 500 || !URL.canParse(text)) return false
  const { protocol, username, password, hash } = new URL(text)
  if (username !== '' || password !== '' || hash !== '') return false
  return protocol === 'https:' || (where === 'anywhere' && protocol === 'http:')
}

async function addressOf(host: string): Promise<string> {
  if (isIPv4(host) || isIPv6(host)) return host
  try {
    return (await lookup(host)).address
  } catch (error) {
    throw new OutsideError('NAME_UNKNOWN', error)
  }
}

function post(
  url: URL,
  address: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const bytes = Buffer.from(body)
  const options: RequestOptions & { servername?: string } = {
    method: 'POST',
    agent: false,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'content-length': bytes.length,
      'user-agent': 'reservations-webhook/1',
    },
    lookup: (_host, { all }, found) => {
      const family = isIPv6(address) ? 6 : 4
      if (all) found(null, [{ address, family }])
      else found(null, address, family)
    },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'http:' ? requestPlain : request
    const sent = send(url, options, (answer) => {
      resolve(answer.statusCode ?? 0)
      answer.destroy()
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const code = error.name === 'TimeoutError' ? 'TIMEOUT' : (error.code ?? 'FAILED')
      reject(new OutsideError(/^[A-Z0-9_]{1,60}$/.test(code) ? code : 'FAILED', error))
    })
    sent.end(bytes)
  })
}
