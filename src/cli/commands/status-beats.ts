/**
 * `veilig status beats`: the addresses at which what is watched by its heartbeat says it lives.
 *
 * @module
 */
import { systemClock } from '#system/clock.ts'
import { Heartbeats } from '#services/status/monitors/heartbeats.ts'
import type { Command } from '../command.ts'
import { ownSecret } from '../own-secret.ts'
import { statusOrigin } from '../run/status-names.ts'

export const statusBeatsCommand: Command = {
  name: 'status beats',
  summary: 'where components that are watched by their heartbeat say that they live',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const { paths, config, ports } = context
    const watched = (config.status.components ?? []).flatMap(({ id, monitor }) => {
      return monitor.kind === 'heartbeat' ? [{ id, everySeconds: monitor.everySeconds }] : []
    })
    const key = await ownSecret(paths.secret('status', 'subscriptions.key'))
    const hearts = new Heartbeats(key, systemClock, [])
    const origin = statusOrigin(config.status, ports.https)
    const beats = watched.map(({ id, everySeconds }) => {
      return { id, everySeconds, address: `${origin}/beat/${hearts.tokenOf(id)}` }
    })
    const lines = beats.map(
      (one) => `${one.id}  at least every ${one.everySeconds} s  ${one.address}`,
    )
    const none = 'no component of status.components is watched by its heartbeat'
    const text = lines.length > 0 ? lines.join('\n') : none
    process.stdout.write(`${input.values['json'] === true ? JSON.stringify(beats) : text}\n`)
    return 0
  },
}
