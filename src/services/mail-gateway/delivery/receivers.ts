/**
 * The servers that take a domain's mail, in the order to try them, and what each must show.
 *
 * Source: RFC 5321 §5.1 (MX), RFC 7505 (a domain that takes no mail), RFC 7672 §2 (DANE), RFC 8461
 * §2 and §5 (MTA-STS, which never overrules DANE).
 *
 * @module
 */
import { isIP } from 'node:net'
import type { AskDns } from '#system/dns/ask.ts'
import type { Lookup } from '../dns-check.ts'
import type { Outcome } from '../ports.ts'
import { usable, type Tlsa } from './dane.ts'
import { allowsHost, type StsPolicy, type StsPolicyOf } from './mta-sts.ts'
import type { TlsDemand } from './smtp-session.ts'

export type Receiver = { readonly host: string; readonly address: string; readonly tls: TlsDemand }

export type ReceiversOf = (
  domain: string,
) => Promise<Outcome | { readonly receivers: readonly Receiver[] }>

const HOSTS_MAX = 5
const ADDRESSES_MAX = 8

/**
 * @param lookup As `dns.resolve`.
 * @param secure A resolver whose AD bit can be believed; undefined where there is none, and then
 *   nothing is asked of DANE.
 */
export function receiversThrough(
  lookup: Lookup,
  secure: AskDns | undefined,
  stsPolicyOf: StsPolicyOf | undefined,
): ReceiversOf {
  return async (domain) => {
    const hosts = await hostsOf(lookup, domain)
    if ('kind' in hosts) return hosts
    const signed = secure ? await isSigned(secure, domain) : false
    const policy = await stsPolicyOf?.(domain)
    const receivers: Receiver[] = []
    const left: string[] = []
    for (const host of hosts.names.slice(0, HOSTS_MAX)) {
      const tls = await demandOf(host, signed ? secure : undefined, policy)
      if (tls.kind === 'unusable') left.push(tls.why)
      else
        receivers.push(
          ...(await addressesOf(lookup, host)).map((address) => ({ host, address, tls })),
        )
    }
    if (receivers.length === 0 && left[0] !== undefined)
      return { kind: 'later', reply: left[0], wide: true }
    return { receivers: receivers.slice(0, ADDRESSES_MAX) }
  }
}

type Unusable = { readonly kind: 'unusable'; readonly why: string }

async function demandOf(
  host: string,
  secure: AskDns | undefined,
  policy: StsPolicy | undefined,
): Promise<TlsDemand | Unusable> {
  const servername = isIP(host) ? '' : host
  if (secure) {
    const published = await tlsaOf(secure, host)
    if (published === 'bogus')
      return { kind: 'unusable', why: `DANE: no sound answer about ${host}` }
    // Records that nobody can check still ask for TLS, RFC 7672 §2.2: `dane` without usable ones.
    if (published.length > 0) return { kind: 'dane', servername, records: published }
  }
  if (policy?.mode !== 'enforce') return { kind: 'opportunistic', servername }
  if (allowsHost(policy, host)) return { kind: 'verified', servername }
  return { kind: 'unusable', why: `MTA-STS: ${host} is no server that the domain's policy names` }
}

async function hostsOf(
  lookup: Lookup,
  domain: string,
): Promise<Outcome | { readonly names: readonly string[] }> {
  try {
    const records = (await lookup(domain, 'MX')).map((row) => [row].flat().join(''))
    const exchanges = records.map((record) => {
      const [preference = '', host = ''] = record.split(' ')
      return { preference: Number(preference), host: host.replace(/\.$/, '') }
    })
    if (exchanges.length === 1 && exchanges[0]?.host === '')
      return { kind: 'refused', reply: '556 5.1.10 the domain says that it receives no mail' }
    const sorted = exchanges.toSorted((a, b) => a.preference - b.preference)
    return { names: sorted.map(({ host }) => host) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND')
      return { kind: 'refused', reply: '550 5.1.2 the domain does not exist' }
    if (code === 'ENODATA') return { names: [domain] }
    return { kind: 'later', reply: `DNS did not answer (${code})`, wide: true }
  }
}

async function addressesOf(lookup: Lookup, host: string): Promise<readonly string[]> {
  const found = await Promise.all(
    ['AAAA', 'A'].map((type) => lookup(host, type).catch((): string[] => [])),
  )
  return found.flat(2)
}

/** Whether the way from the domain to its servers is signed: else DANE would prove nothing. */
async function isSigned(ask: AskDns, domain: string): Promise<boolean> {
  const answer = await ask(domain, 'MX').catch(() => undefined)
  return answer?.authentic === true && answer.data.length > 0
}

/** None when the host has none or is not signed; 'bogus' when it cannot be told. RFC 7672 §2.1. */
async function tlsaOf(ask: AskDns, host: string): Promise<readonly Tlsa[] | 'bogus'> {
  const address = await Promise.all([ask(host, 'AAAA'), ask(host, 'A')]).catch(() => undefined)
  if (!address) return 'bogus'
  if (!address.some((answer) => answer.authentic && answer.data.length > 0)) return []
  const answer = await ask(`_25._tcp.${host}`, 'TLSA').catch(() => undefined)
  if (!answer || (answer.rcode !== 0 && answer.rcode !== 3)) return 'bogus'
  if (!answer.authentic) return []
  const records = answer.data.flatMap((bytes) => {
    const [usage, selector, match] = bytes
    if (usage === undefined || selector === undefined || match === undefined) return []
    return [{ usage, selector, match, data: bytes.subarray(3) }]
  })
  return usable(records).length > 0 ? usable(records) : records
}
