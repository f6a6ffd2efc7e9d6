/**
 * `veilig alerts list`: the incidents, newest first.
 *
 * @module
 */
import pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { listIncidents, type ListedIncident } from '#services/detection/store.ts'
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
      const json = input.values['json'] === true
      const text = json ? `${JSON.stringify(incidents, undefined, 2)}\n` : table(incidents)
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

function table(incidents: readonly ListedIncident[]): string {
  if (incidents.length === 0) return 'No alerts.\n'
  const rows = incidents.map((incident) => {
    const { id, severity, detector, sentence, advice, alerts, last_at } = incident
    const time = last_at.toISOString().slice(0, 19).replace('T', ' ')
    const times = alerts > 1 ? ` ×${alerts}` : ''
    const by = incident.acknowledged_by
    const who = by === null ? `veilig alerts ack ${id}` : `acknowledged by ${by}`
    const held = incident.held.map(
      (each) => `${each}: closed; open again: veilig alerts undo ${id}`,
    )
    const head = `${time}  ${severity.padEnd(8)}  ${detector}${times}`
    return `${[head, sentence, advice, ...held, who].join('\n  ')}\n`
  })
  return rows.join('\n')
}
