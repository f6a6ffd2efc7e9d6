/**
 * `veilig alerts list`: the incidents, newest first.
 *
 * @module
 */
import pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { listIncidents } from '#services/detection/store.ts'
import { alertsText } from '../alerts-text.ts'
import type { Command } from '../command.ts'
import { controlConnection } from '../control.ts'

const LISTED_MAX = 200

export const alertsListCommand: Command = {
  name: 'alerts list',
  summary: 'what the detectors found, newest first',
  usage: '[--drills] [--json]',
  options: { drills: { type: 'boolean' } },
  run: async (context, input) => {
    const client = new pg.Client(await controlConnection(context, 'detection'))
    client.on('error', () => undefined) // said by the query
    try {
      await client.connect()
      const drills = input.values['drills'] === true
      const incidents = await listIncidents(client, { drills, limit: LISTED_MAX })
      const look = { width: process.stdout.columns, colours: input.interactive }
      const json = input.values['json'] === true
      const text = json
        ? `${JSON.stringify(incidents, undefined, 2)}\n`
        : alertsText(incidents, look)
      process.stdout.write(text)
      return 0
    } catch (cause) {
      const message = `the control database does not answer: ${(cause as Error).message}`
      throw new FaultError('ALERTS_UNREADABLE', `${message}; is the ring running?`, { cause })
    } finally {
      await client.end().catch(() => undefined)
    }
  },
}
