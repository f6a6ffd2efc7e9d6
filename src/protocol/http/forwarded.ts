/**
 * What the application is told about the client, and which of the client's own words about it are
 * not believed.
 *
 * Source: RFC 7239 (Forwarded); the X-Forwarded-* fields are a custom, not a standard.
 *
 * @module
 */

/** Who asks, as the gateway knows it. */
export type ClientFacts = {
  /** Address of the client, or of the nearest hop that is not a declared proxy. */
  readonly address: string
  /** Addresses from the client to the hop before us, ours not included. */
  readonly chain: readonly string[]
  /** As in the Host field. */
  readonly host: string
  readonly protocol: 'http' | 'https'
}

/**
 * Names under which some application believes a client's word about addresses, hosts or paths.
 * `_` counts as `-`, since CGI and its heirs make one variable of both.
 */
const claimed: ReadonlySet<string> = new Set([
  'cf-connecting-ip',
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'forwarded-for',
  'front-end-https',
  'proxy', // HTTP_PROXY for CGI: httpoxy
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-host',
  'x-original-host',
  'x-original-url',
  'x-real-ip',
  'x-request-id',
  'x-rewrite-url',
  'x-url-scheme',
])

/** Whether a request field makes such a claim, and so never passes. */
export function isForwardedClaim(name: string): boolean {
  const folded = name.includes('_') ? name.replaceAll('_', '-') : name
  return claimed.has(folded) || folded.startsWith('x-forwarded-')
}

/** The gateway's own word: field lines with their line ends. */
export function forwardedLines(client: ClientFacts): string {
  const { address, chain, host, protocol } = client
  const addresses = chain.length === 0 ? address : chain.join(', ')
  const hops = chain.length === 0 ? [address] : chain
  const elements = hops.map((hop, index) =>
    index === 0 ? `for=${node(hop)};host=${quoted(host)};proto=${protocol}` : `for=${node(hop)}`,
  )
  return (
    `x-forwarded-for: ${addresses}\r\nx-forwarded-host: ${host}\r\n` +
    `x-forwarded-proto: ${protocol}\r\nforwarded: ${elements.join(', ')}\r\n`
  )
}

/** Strips what the operating system adds to an IPv4 address on an IPv6 socket, and any zone. */
export function plainAddress(address: string): string {
  const unmapped = address.startsWith('::ffff:') ? address.slice(7) : address
  const zone = unmapped.indexOf('%')
  return zone < 0 ? unmapped : unmapped.slice(0, zone)
}

/**
 * The addresses of an X-Forwarded-For field, first hop first.
 *
 * @returns Undefined when one of them is no address, or when there are more than 32: then none of
 *   it is believed.
 */
export function parseForwardedFor(
  values: readonly string[],
  isAddress: (text: string) => boolean,
): readonly string[] | undefined {
  const hops = values.flatMap((value) => value.split(',')).map((hop) => hop.trim())
  if (hops.length > HOPS_MAX) return undefined
  const addresses = hops.map((hop) => plainAddress(hop.replace(/^\[(.*)\]$/, '$1')))
  return addresses.every(isAddress) ? addresses : undefined
}

const HOPS_MAX = 32

function node(address: string): string {
  return address.includes(':') ? `"[${address}]"` : address
}

/** A host with a port or brackets is no token, so it is quoted; Host's grammar has no quotes. */
function quoted(host: string): string {
  return /^[A-Za-z0-9.-]+$/.test(host) ? host : `"${host}"`
}
