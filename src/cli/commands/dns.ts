/**
 * `veilig dns`: the records to publish for provable mail, and what is published.
 *
 * @module
 */
import { mtaStsPolicy, zoneLine } from '#protocol/dns/mail-records.ts'
import { isPublicDomain } from '#services/mail-gateway/config.ts'
import {
  checkRecords,
  dmarcState,
  lookupThrough,
  spfState,
  type Lookup,
} from '#services/mail-gateway/dns-check.ts'
import type { Keyring } from '#services/mail-gateway/keyring.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { gatewayRecords, openKeyring } from '../run/mail-keys.ts'

const signs = { published: '✓', missing: '✗', different: '≠', unknown: '?' } as const

export const dnsCommand: Command = {
  name: 'dns',
  summary: 'the DNS records to publish for your mail; --check looks at what is published',
  usage: '[--check] [--resolver ADDRESS] [--json]',
  options: { check: { type: 'boolean' }, resolver: { type: 'string' } },
  run: async (context, input) => {
    const ring = await openKeyring(context)
    const records = gatewayRecords(context, ring.published())
    const json = input.values['json'] === true
    if (input.values['check'] === true) {
      const { resolver } = input.values
      const lookup = lookupThrough(typeof resolver === 'string' ? [resolver] : [])
      return check(context, lookup, json)
    }
    if (json) print(JSON.stringify({ records }, null, 2))
    else {
      for (const record of records) print(`; ${record.why}\n${zoneLine(record)}`)
      for (const line of keyLines(ring)) print(`; ${line}`)
      const { inbound, domains } = context.config.mailGateway
      if (inbound.length > 0) {
        print(`; serve this at https://mta-sts.${domains[0]}/.well-known/mta-sts.txt`)
        print(mtaStsPolicy(inbound).replaceAll(/^(?=.)/gm, ';   '))
      } else print('; MTA-STS: name the hosts that receive your mail in mailGateway.inbound first')
    }
    return 0
  },
}

/** What to do about keys that do not sign. */
function keyLines(ring: Keyring): readonly string[] {
  return ring.published().flatMap(({ standing, selector, domain }) => {
    const name = `${selector}._domainkey.${domain}`
    if (standing === 'next') return [`${name} is new: it signs once it is seen published`]
    return standing === 'former' ? [`${name} signs no more, and stays published for a week`] : []
  })
}

/** @returns 0 when everything is published and forged mail goes at least to quarantine. */
async function check(context: Context, lookup: Lookup, json: boolean): Promise<number> {
  const { domains } = context.config.mailGateway
  const unowned = domains.filter((domain) => !isPublicDomain(domain))
  if (unowned.length > 0) {
    const said = `unproven: no domain configured (${unowned.join(', ')} is reserved for examples)`
    print(json ? JSON.stringify({ state: 'unproven', reason: said }) : said)
    return 1
  }
  const ring = await openKeyring(context)
  const records = gatewayRecords(context, ring.published())
  const states = await checkRecords(records, lookup)
  const policies = await Promise.all(
    domains.map(async (domain) => ({
      domain,
      dmarc: await dmarcState(domain, lookup),
      spf: await spfState(domain, lookup),
    })),
  )
  if (json) print(JSON.stringify({ records: states, policies }, null, 2))
  else {
    for (const { record, state, found } of states) {
      print(`${signs[state]} ${record.type} ${record.name}: ${state}`)
      if (state !== 'published') print(`    wanted  ${record.value}`)
      for (const value of state === 'different' ? found : []) print(`    found   ${value}`)
    }
    for (const { domain, dmarc, spf } of policies) {
      print(`DMARC: ${dmarc.words}\nSPF of ${domain}: ${spf.words}`)
    }
  }
  const published = states.every(({ state }) => state === 'published')
  const enforced = policies.every(({ dmarc }) => (dmarc.effective ?? 'none') !== 'none')
  return published && enforced ? 0 : 1
}

function print(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`)
}
