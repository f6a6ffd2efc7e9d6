/**
 * `veilig alerts undo`: takes back what was done by itself about an incident.
 *
 * @module
 */
import { userInfo } from 'node:os'
import pg from 'pg'
import { FaultError, UsageError } from '#lib/errors.ts'
import { undo } from '#services/detection/store.ts'
import type { Command } from '../command.ts'
import { controlConnection } from '../control.ts'

export const alertsUndoCommand: Command = {
  name: 'alerts undo',
  summary: 'take back what was done by itself about an incident',
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
      const undone = await undo(client, { id, by })
      for (const { kind, value } of undone) process.stdout.write(`${kind} ${value}: open again\n`)
      if (undone.length === 0) process.stdout.write('nothing that holds now was done about it\n')
      return undone.length > 0 || id === 'all' ? 0 : 1
    } catch (cause) {
      const message = `the control database does not answer: ${(cause as Error).message}`
      throw new FaultError('ALERTS_UNREADABLE', `${message}; is the ring running?`, { cause })
    } finally {
      await client.end().catch(() => undefined)
    }
  },
}
