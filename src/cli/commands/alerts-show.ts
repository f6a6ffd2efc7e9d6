/**
 * `veilig alerts show`: one alert in full, with what was done about it.
 *
 * @module
 */
import { FaultError, UsageError } from '#lib/errors.ts'
import { timelineOf } from '#services/staff/watch/alerts.tsx'
import { broken, inkFor, severityInk } from '../alerts-text.ts'
import type { Command } from '../command.ts'
import { watchOf } from '../run/console-watch.ts'

export const alertsShowCommand: Command = {
  name: 'alerts show',
  summary: 'one alert in full: what happened, what to do, who was told',
  usage: 'ALERT [--json]',
  options: {},
  run: async (context, input) => {
    const [id] = input.positionals
    if (id === undefined || !/^[0-9a-f-]{36}$/.test(id))
      throw new UsageError('OPTION_INVALID', `name the alert as 'veilig alerts list' shows it`)
    const alert = await watchOf(context).alert(id)
    if (!alert) throw new FaultError('ALERTS_UNREADABLE', `there is no alert ${id}`)
    const look = { width: process.stdout.columns, colours: input.interactive }
    const ink = inkFor(look)
    const { severity, detector, sentence, advice } = alert
    const head = `${ink(severityInk(severity), severity)}  ${ink('1', detector)}`
    const lines = timelineOf(alert).map(
      ({ ms, what }) => `  ${ink('90', new Date(ms).toISOString())}  ${what}`,
    )
    const text = [head, ...broken(sentence, look), ...broken(advice, look), '', ...lines].join('\n')
    const json = JSON.stringify({ ...alert, timeline: timelineOf(alert) })
    process.stdout.write(`${input.values['json'] === true ? json : text}\n`)
    return 0
  },
}
