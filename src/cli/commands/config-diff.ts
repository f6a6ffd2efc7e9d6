/**
 * `veilig config diff`: what veilig.yaml says other than the defaults.
 *
 * @module
 */
import type { Command } from '../command.ts'
import { settingsOf } from '../settings.ts'

export const configDiffCommand: Command = {
  name: 'config diff',
  summary: 'what the configuration says other than the defaults, without secrets',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const { file, lines } = await settingsOf(context.configFile)
    const changed = lines.filter(({ value, standard }) => value !== undefined && value !== standard)
    if (input.values['json'] === true) {
      process.stdout.write(`${JSON.stringify({ file: file ?? null, changed })}\n`)
      return 0
    }
    for (const { path, value, standard } of changed) {
      if (standard !== undefined) process.stdout.write(`- ${path}: ${standard}\n`)
      process.stdout.write(`+ ${path}: ${value ?? ''}\n`)
    }
    if (changed.length === 0) process.stdout.write('every default holds\n')
    return 0
  },
}
