/**
 * `veilig trust link CUSTOMER`: the address at which one customer sees what was measured for it.
 *
 * Payments and the register of breaches may know it by different names: all of them are given.
 *
 * @module
 */
import { customerToken, NAMES_MAX, TOKEN_SEPARATOR } from '#crypto/customer-leaves.ts'
import { languages } from '#lib/claims/claim.ts'
import { UsageError } from '#lib/errors.ts'
import type { Command } from '../command.ts'
import { customersKey } from '../customer-sets.ts'
import { ownSecret } from '../own-secret.ts'

export const trustLinkCommand: Command = {
  name: 'trust link',
  summary: 'the address of one customer’s own page of evidence',
  usage: 'CUSTOMER… [--json]',
  options: {},
  run: async ({ paths, ports, config }, input) => {
    const names = input.positionals
    if (names.length === 0 || names.length > NAMES_MAX)
      throw new UsageError('TRUST_LINK_CUSTOMER', 'name one customer, by one to four names')
    const secret = await ownSecret(customersKey(paths))
    const token = names.map((name) => customerToken(secret, name)).join(TOKEN_SEPARATOR)
    const origin = config.trust.publicOrigin ?? `https://trust.localhost:${ports.https}`
    const links = Object.fromEntries(
      languages.map((language) => [language, `${origin}/${language}/customer?token=${token}`]),
    )
    const lines = Object.entries(links).map(([language, link]) => `${language}  ${link}`)
    const note = 'Whoever has it sees this customer’s page: give it to nobody else.'
    const json = input.values['json'] === true
    const text = json ? JSON.stringify({ names, links }) : [...lines, note].join('\n')
    process.stdout.write(`${text}\n`)
    return 0
  },
}
