/**
 * `veilig audit class-key`: a key, for which values about a class of persons are sealed.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { UsageError } from '#lib/errors.ts'
import { makeClassKey } from '../class-keys.ts'
import type { Command } from '../command.ts'

export const auditClassKeyCommand: Command = {
  name: 'audit class-key',
  summary: 'make a key for a class of persons, for whom the values of statements are sealed',
  usage: 'FILE [--json]',
  options: {},
  run: async (_, input) => {
    const [file, ...more] = input.positionals
    if (file === undefined || more.length > 0)
      throw new UsageError('OPTION_INVALID', 'name one file, on a medium the gateway cannot read')
    const publicKey = await makeClassKey(file, randomBytes)
    const said =
      input.values['json'] === true
        ? JSON.stringify({ file, publicKey })
        : `${file} holds the private key: keep it away from this machine, and destroy it when\n` +
          `the values of this class must not be read any more. For veilig.yaml:\n  sqlGateway:\n` +
          '    subjects:\n      members:\n        tables: [members]\n' +
          `        publicKey: ${publicKey}`
    process.stdout.write(`${said}\n`)
    return 0
  },
}
