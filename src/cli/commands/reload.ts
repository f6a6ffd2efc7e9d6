/**
 * `veilig reload`: the web-gateway reads its configuration and certificate again, without dropping
 * a request.
 *
 * @module
 */
import { askReload } from '../ask-reload.ts'
import type { Command } from '../command.ts'

export const reloadCommand: Command = {
  name: 'reload',
  summary: 'take over a changed configuration and certificate, without dropping a request',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    await askReload(context.paths.socket('web-gateway'))
    const said = 'The web-gateway works with its new configuration and certificate.'
    const json = JSON.stringify({ reloaded: true })
    process.stdout.write(`${input.values['json'] === true ? json : said}\n`)
    return 0
  },
}
