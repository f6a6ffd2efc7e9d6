/**
 * `veilig rotate`: a new password for the application's database role, without downtime.
 *
 * @module
 */
import { accessClient } from '#services/access/client.ts'
import type { Command } from '../command.ts'

export const rotateCommand: Command = {
  name: 'rotate',
  summary: "renew the application's database password, without downtime",
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const rotated = await accessClient(context.paths.socket('access')).rotate()
    const said =
      input.values['json'] === true
        ? JSON.stringify(rotated)
        : `The application now logs in as ${rotated.to}; ${rotated.from} opens nothing any more ` +
          `(both did for ${(rotated.drainMs / 1000).toFixed(1)} s).`
    process.stdout.write(`${said}\n`)
    return 0
  },
}
