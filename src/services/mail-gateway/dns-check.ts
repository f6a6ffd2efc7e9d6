/**
 * Looks up what is published and says in plain words what it amounts to.
 *
 * @module
 */
import { Resolver } from 'node:dns/promises'
import { dmarc, spf } from 'mailauth'
import type { DnsRecord } from '#protocol/dns/mail-records.ts'

const DNS_TIMEOUT_MS = 5_000
/** Nobody sends from here (RFC 5737), so that evaluating SPF walks every mechanism. */
const NOBODY = '192.0.2.255'
/** RFC 7208 §4.6.4. */
export const SPF_LOOKUPS_MAX = 10

/** Answers as `dns.resolve` does; errors carry `code`: ENOTFOUND, ENODATA, ETIMEOUT, … */
export type Lookup = (name: string, type: string) => Promise<string[][] | string[]>

export type RecordState = {
  readonly record: DnsRecord
  readonly state: 'published' | 'missing' | 'different' | 'unknown'
  readonly found: readonly string[]
}

export type DmarcState = {
  /** Of RFC 9989's tree walk, one step lower with `t=y`; undefined when there is no policy. */
  readonly effective: 'none' | 'quarantine' | 'reject' | undefined
  readonly policyDomain: string | undefined
  readonly testing: boolean
  readonly words: string
}

export type SpfState = { readonly lookups: number; readonly result: string; readonly words: string }

/** A lookup through these servers, or those of the machine. */
export function lookupThrough(servers: readonly string[]): Lookup {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  return async (name, type) => {
    if (type === 'TXT') return resolver.resolveTxt(name)
    if (type !== 'MX') return (await resolver.resolve(name, type)) as string[]
    const found = await resolver.resolveMx(name)
    return found.map(({ priority, exchange }) => `${priority} ${exchange}.`)
  }
}

/** Each record beside what is published under its name. */
export function checkRecords(
  records: readonly DnsRecord[],
  lookup: Lookup,
): Promise<readonly RecordState[]> {
  return Promise.all(
    records.map(async (record): Promise<RecordState> => {
      let found: readonly string[]
      try {
        found = (await lookup(record.name, record.type)).map((row) => [row].flat().join(''))
      } catch (error) {
        const missing = ['ENOTFOUND', 'ENODATA'].includes(
          (error as NodeJS.ErrnoException).code ?? '',
        )
        return { record, state: missing ? 'missing' : 'unknown', found: [] }
      }
      const ofKind = found.filter((value) => kindOf(value) === kindOf(record.value))
      if (ofKind.some((value) => same(value, record.value))) {
        return { record, state: 'published', found: ofKind }
      }
      return { record, state: ofKind.length === 0 ? 'missing' : 'different', found: ofKind }
    }),
  )
}

/** 'v=spf1', 'v=DMARC1', …; one name may hold TXT records of several kinds. */
function kindOf(value: string): string {
  return /^\s*v\s*=\s*[A-Za-z0-9]+/.exec(value)?.[0].replaceAll(/\s/g, '').toLowerCase() ?? ''
}

function same(a: string, b: string): boolean {
  const plain = (text: string): string =>
    text
      .replaceAll(/\s*;\s*/g, ';')
      .replace(/;$/, '')
      .trim()
  return plain(a) === plain(b)
}

/** What a receiver by RFC 9989 does with mail that forges the domain. */
export async function dmarcState(domain: string, lookup: Lookup): Promise<DmarcState> {
  const found = await dmarc({ headerFrom: domain, resolver: lookup, strict: true })
  if (!found || found.status.result === 'none' || found.policy === undefined) {
    const why = found && found.status.result === 'temperror' ? 'DNS did not answer' : 'no policy'
    const words = `${why}: mail that forges ${domain} is delivered as usual`
    return { effective: undefined, policyDomain: undefined, testing: false, words }
  }
  const effective = found.policy as 'none' | 'quarantine' | 'reject'
  const what = {
    none: 'is delivered as usual, and only reported',
    quarantine: 'goes to the spam folder',
    reject: 'is refused',
  }[effective]
  const testing = found.testMode ? '; t=y asks for one step less than was published' : ''
  return {
    effective,
    policyDomain: found.policyDomain,
    testing: found.testMode,
    words: `mail that forges ${domain} ${what} (policy of ${found.policyDomain}${testing})`,
  }
}

/** SPF as a receiver evaluates it, and how many of its ten lookups it uses. */
export async function spfState(domain: string, lookup: Lookup): Promise<SpfState> {
  const found = await spf({
    sender: `postmaster@${domain}`,
    ip: NOBODY,
    helo: domain,
    mta: domain,
    resolver: lookup,
    strict: true,
  })
  const lookups = found.lookups?.count ?? 0
  const { result } = found.status
  const closed = { fail: 'strangers are refused', softfail: 'strangers are suspect' }[
    String(result)
  ]
  const words = `${closed ?? `strangers are not refused (${result})`}; ${lookups} of 10 lookups`
  return { lookups, result, words }
}
