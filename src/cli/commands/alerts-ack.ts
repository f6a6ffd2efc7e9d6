/**
 * `veilig alerts ack`: somebody looks after an incident, and nobody else need be woken.
 *
 * @module
 */
import { userInfo } from 'node:os'
import pg from 'pg'
import { FaultError, UsageError } from '#lib/errors.ts'
import { acknowledge } from '#services/detection/store.ts'
import type { Command } from '../command.ts'
import { controlConnection } from '../control.ts'

export const alertsAckCommand: Command = {
  name: 'alerts ack',
  summary: 'say that you look after an incident',
  usage: 'INCIDENT|all [--by NAME]',
  options: { by: { type: 'string' } },
  run: async (context, input) => {
    const [id] = input.positionals
    if (id === undefined) {
      const message = "name the incident as 'veilig alerts list' shows it, or 'all'"
      throw new UsageError('OPTION_INVALID', message)
    }
    const given = input.values['by']
    const by = typeof given === 'string' ? given : userInfo().username
    const client = new pg.Client(await controlConnection(context, 'detection'))
    client.on('error', () => undefined) // said by the query
    try {
      await client.connect()
      const count = await acknowledge(client, { id, by })
      process.stdout.write(`${count} acknowledged by ${by}\n`)
      return count > 0 || id === 'all' ? 0 : 1
    } catch (cause) {
      const message = `the control database does not answer: ${(cause as Error).message}`
      throw new FaultError('ALERTS_UNREADABLE', `${message}; is the ring running?`, { cause })
    } finally {
      await client.end().catch(() => undefined)
    }
  },
}
