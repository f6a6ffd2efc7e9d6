/**
 * mail.spf, mail.dkim, mail.dmarc: what a foreign receiver makes of our mail and of forgeries, by
 * what is published in DNS and nothing else.
 *
 * Without a domain that somebody owns there is no DNS to ask: the claims are then not measured.
 *
 * @module
 */
import { dkimVerify, dmarc, spf } from 'mailauth'
import { newNonce, noDomain, sample, type DnsTarget, type MailTarget } from '../mail/target.ts'
import { COSTLY_SECONDS, finding, notReached, verdictOf, type Probe } from '../probe.ts'

/** Reserved for documentation (RFC 5737): nobody's server. */
const STRANGER = '192.0.2.255'

export function mailSpfProbe(target: DnsTarget): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async () => {
      if (!target.isPublic) return noDomain(target)
      const good = []
      const bad = []
      for (const domain of [target.domain, target.bounceDomain]) {
        const stranger = await spfOf(domain, STRANGER, target)
        const values = { domain, result: stranger.result, lookups: stranger.lookups }
        const closed = stranger.result === 'fail' || stranger.result === 'softfail'
        if (closed) good.push(finding('MAIL_SPF_STRANGER_REFUSED', values))
        else bad.push(finding('MAIL_SPF_OPEN', values))
      }
      for (const address of target.addresses) {
        const { result } = await spfOf(target.bounceDomain, address, target)
        const values = { address, result }
        if (result === 'pass') good.push(finding('MAIL_SPF_OURS_PASSES', values))
        else bad.push(finding('MAIL_SPF_OURS_FAILS', values))
      }
      return verdictOf(good, bad)
    },
  }
}

type SpfResult = { readonly result: string; readonly lookups: number }

async function spfOf(domain: string, ip: string, { lookup }: DnsTarget): Promise<SpfResult> {
  const sender = `postmaster@${domain}`
  const options = { sender, ip, helo: domain, mta: 'probe.invalid', resolver: lookup, strict: true }
  const { status, lookups } = await spf(options)
  if (status.result === 'temperror') throw notReached('the DNS')
  return { result: status.result, lookups: lookups?.count ?? 0 }
}

export function mailDkimProbe(mail: MailTarget, target: DnsTarget): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async (signal) => {
      if (!target.isPublic) return noDomain(target)
      const { bytes } = await sample(mail, newNonce(), 1, signal)
      const { results } = await dkimVerify(bytes, { resolver: target.lookup, strict: true })
      const own = results.filter(({ signingDomain }) => signingDomain === target.domain)
      if (own.length === 0) return verdictOf([], [finding('MAIL_SIGNATURE_MISSING')])
      const found = own.map(({ algo = '?', selector = '?', status }) => {
        if (status.result === 'temperror') throw notReached('the DNS')
        const code = status.result === 'pass' ? 'MAIL_SIGNATURE_VALID' : 'MAIL_SIGNATURE_INVALID'
        return finding(code, { algorithm: algo, selector, result: status.result })
      })
      const bad = found.filter(({ code }) => code === 'MAIL_SIGNATURE_INVALID')
      return verdictOf(found, bad)
    },
  }
}

export function mailDmarcProbe(target: DnsTarget): Probe {
  return {
    version: 1,
    everySeconds: COSTLY_SECONDS,
    measure: async () => {
      if (!target.isPublic) return noDomain(target)
      const { domain, lookup } = target
      // A forgery: nothing about it is aligned with the domain it names.
      const found = await dmarc({ headerFrom: domain, resolver: lookup, strict: true })
      if (found && found.status.result === 'temperror') throw notReached('the DNS')
      if (!found || found.status.result === 'none') {
        return verdictOf([], [finding('MAIL_DMARC_MISSING', { domain })])
      }
      const values = { policy: found.policy, domain: found.policyDomain ?? domain }
      const strong = found.policy === 'quarantine' || found.policy === 'reject'
      const good = [finding('MAIL_DMARC_STRONG', values)]
      return verdictOf(good, strong ? [] : [finding('MAIL_DMARC_WEAK', values)])
    },
  }
}
