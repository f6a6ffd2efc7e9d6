/**
 * `veilig grade-mail DOMAIN`: what anybody's receivers make of forged mail in a domain's name.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { asciiDomain } from '#protocol/mail/address.ts'
import { dmarcState, lookupThrough, spfState } from '#services/mail-gateway/dns-check.ts'
import type { Command } from '../command.ts'

export const gradeMailCommand: Command = {
  name: 'grade-mail',
  summary: "what a domain's SPF and DMARC amount to, as receivers see them",
  usage: 'DOMAIN [--resolver ADDRESS] [--json]',
  options: { resolver: { type: 'string' } },
  run: async (_context, input) => {
    const domain = asciiDomain(input.positionals[0] ?? '')
    if (domain === undefined) {
      throw new UsageError('DOMAIN_INVALID', "name one domain: 'veilig grade-mail club.example'")
    }
    const { resolver } = input.values
    const lookup = lookupThrough(typeof resolver === 'string' ? [resolver] : [])
    const dmarc = await dmarcState(domain, lookup)
    const spf = await spfState(domain, lookup)
    const text =
      input.values['json'] === true
        ? JSON.stringify({ domain, dmarc, spf }, null, 2)
        : `DMARC: ${dmarc.words}\nSPF:   ${spf.words}`
    process.stdout.write(`${text}\n`)
    return (dmarc.effective ?? 'none') === 'none' ? 1 : 0
  },
}
