/**
 * What passes the gateway and how it is changed on the way: requests to the application, and the
 * application's answers to the visitor.
 *
 * @module
 */
import type { FlatHeaders, RequestHead, ResponseHead } from '#protocol/http/head.ts'
import { forwardedLines, isForwardedClaim, type ClientFacts } from '#protocol/http/forwarded.ts'
import { takesTrailers } from '#protocol/http/trailers.ts'
import type { CookiePolicy } from './cookies.ts'
import { withoutDeviceCookie } from './guard.ts'
import type { HeaderPolicy } from './headers.ts'
import type { RefusalCode } from './refusals.ts'

/** The host name of a Host field: without its port. */
export function hostName(host: string): string {
  const colon = host.lastIndexOf(':')
  return colon > 0 && !host.endsWith(']') ? host.slice(0, colon) : host
}

/** Methods that make a proxy a tunnel, or a server an echo of secrets. */
const refusedMethods: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** Why a request may not pass at all; undefined when it may. */
export function refusalOf(head: RequestHead, bodyMax: number): RefusalCode | undefined {
  if (refusedMethods.has(head.method)) return 'WEB_METHOD_REFUSED'
  return head.length > bodyMax ? 'WEB_BODY_TOO_LARGE' : undefined
}

const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/**
 * Whether a request may be sent a second time, when the connection it went out on was closed
 * before a byte came back (RFC 9110 §9.2.2). We keep no bodies, so only those without.
 */
export function isRepeatable(head: RequestHead): boolean {
  return idempotent.has(head.method) && head.body === 'none' && head.upgrade === undefined
}

/** The only protocol a visitor may change to. */
export function isWebSocket(head: RequestHead): boolean {
  return head.upgrade === 'websocket' && head.method === 'GET' && head.body === 'none'
}

/** Fields between two neighbours, RFC 9110 §7.6.1, and those the gateway writes itself. */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Methods whose request has a body by custom: some applications insist on its length. */
const bodyMethods: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** The head sent to the application: what the client sent, without what only a gateway may say. */
export function upstreamHead(head: RequestHead, client: ClientFacts, requestId: string): string {
  const { headers } = head
  let text = `${head.method} ${head.target} HTTP/1.1\r\nhost: ${head.host}\r\n`
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!
    if (hopByHop.has(name) || isForwardedClaim(name) || isNominated(head.connection, name)) continue
    const value = name === 'cookie' ? withoutDeviceCookie(headers[at + 1]!) : headers[at + 1]!
    if (name !== 'cookie' || value !== '') text += `${name}: ${value}\r\n`
  }
  text += forwardedLines(client)
  text += `x-request-id: ${requestId}\r\n`
  if (head.body === 'length') text += `content-length: ${head.length}\r\n`
  else if (head.body === 'chunked') text += 'transfer-encoding: chunked\r\n'
  else if (bodyMethods.has(head.method)) text += 'content-length: 0\r\n'
  if (head.expectsContinue) text += 'expect: 100-continue\r\n'
  if (isWebSocket(head)) text += 'connection: upgrade\r\nupgrade: websocket\r\n'
  else if (takesTrailers(headers)) text += 'connection: te\r\nte: trailers\r\n'
  return `${text}\r\n`
}

/** Fields that `Connection` may not remove: an application trusts them to come through. */
const endToEnd: ReadonlySet<string> = new Set(['authorization', 'cookie', 'origin', 'set-cookie'])

function isNominated(connection: readonly string[], name: string): boolean {
  return connection.length > 0 && connection.includes(name) && !endToEnd.has(name)
}

/** How the visitor learns where the answer ends. */
export type Delivery = {
  readonly framing: 'none' | 'length' | 'chunked' | 'until-close'
  readonly keepAlive: boolean
}

/** The framing towards a client of this version, and whether the connection outlives the answer. */
export function delivery(
  request: Pick<RequestHead, 'minorVersion' | 'keepAlive'>,
  response: ResponseHead,
  mayKeepAlive: boolean,
): Delivery {
  const unknown = response.body === 'chunked' || response.body === 'until-close'
  const chunked = request.minorVersion === 1 ? 'chunked' : 'until-close'
  const framing = unknown ? chunked : (response.body as 'none' | 'length')
  return { framing, keepAlive: mayKeepAlive && request.keepAlive && framing !== 'until-close' }
}

export type ClientHeadInput = {
  readonly request: Pick<RequestHead, 'method' | 'minorVersion'>
  readonly response: ResponseHead
  readonly host: string
  readonly delivery: Delivery
  readonly policy: HeaderPolicy
  readonly cookies: CookiePolicy
  readonly onCookieDropped: (reason: string) => void
}

/** The head sent to the visitor. */
export function clientHead(input: ClientHeadInput): string {
  const { response } = input
  let text = `HTTP/1.1 ${response.status} ${response.reason}\r\n${passedFields(input)}`
  if (response.status === 101) return `${text}connection: upgrade\r\nupgrade: websocket\r\n\r\n`
  text += framingLine(input)
  if (!input.delivery.keepAlive) text += 'connection: close\r\n'
  else if (input.request.minorVersion === 0) text += 'connection: keep-alive\r\n'
  return `${text}\r\n`
}

const nothing: FlatHeaders = []

/** The field lines of an answer without those that frame it. */
export function passedFields(input: Omit<ClientHeadInput, 'delivery'>): string {
  const { policy, response } = input
  const { headers, connection } = response
  let text = ''
  let governed: string[] | undefined
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at]!
    const value = headers[at + 1]!
    if (policy.governs(name)) (governed ??= []).push(name, value)
    else if (name === 'set-cookie') text += cookieLine(input, value)
    else if (!hopByHop.has(name) && !policy.removes(name) && !isNominated(connection, name)) {
      text += `${name}: ${value}\r\n`
    }
  }
  return text + policy.merged(governed ?? nothing)
}

function cookieLine(input: Omit<ClientHeadInput, 'delivery'>, value: string): string {
  const hardened = input.cookies.harden(value, input.host)
  if ('line' in hardened) return `set-cookie: ${hardened.line}\r\n`
  input.onCookieDropped(hardened.dropped)
  return ''
}

function framingLine({ request, response, delivery }: ClientHeadInput): string {
  if (delivery.framing === 'chunked') return 'transfer-encoding: chunked\r\n'
  if (delivery.framing === 'until-close' || response.status === 204) return ''
  const describes = request.method === 'HEAD' || response.status === 304
  if (describes && response.length === undefined) return ''
  return `content-length: ${response.length ?? 0}\r\n`
}
