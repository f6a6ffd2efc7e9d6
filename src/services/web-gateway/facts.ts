/**
 * Who asks, as far as the gateway can know: the peer, or whom a declared proxy names.
 *
 * @module
 */
import { isIP } from 'node:net'
import { parseForwardedFor, type ClientFacts } from '#protocol/http/forwarded.ts'
import type { RequestHead } from '#protocol/http/head.ts'
import type { Gateway } from './gateway.ts'

/** @param peer Address of the connection's other end, plain. */
export function clientFacts(
  { isTrustedProxy }: Pick<Gateway, 'isTrustedProxy'>,
  head: RequestHead,
  peer: string,
): ClientFacts {
  const facts = { host: head.host, protocol: 'https' } as const
  if (!isTrustedProxy(peer)) return { ...facts, address: peer, chain: [] }
  const { headers } = head
  const given = headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === 'x-forwarded-for')
  const hops = parseForwardedFor(given, (text) => isIP(text) > 0) ?? []
  // From our side backwards: the first hop that is no proxy of ours is the client.
  const last = hops.findLastIndex((hop) => !isTrustedProxy(hop))
  const chain = [...hops.slice(Math.max(last, 0)), peer]
  return { ...facts, address: chain[0] ?? peer, chain }
}
