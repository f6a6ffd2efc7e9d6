/**
 * `veilig backup synchronous`: how synchronous mode is, and the way out of it and back.
 *
 * The way out works without the backup service too: when that is what commits wait for.
 *
 * @module
 */
import { FaultError, UsageError } from '#lib/errors.ts'
import { askBackup } from '#services/backup/control/client.ts'
import { ReplicationConnection } from '#services/backup/replication/connection.ts'
import type { SynchronousStatus } from '#services/backup/status.ts'
import { setMode } from '#services/backup/wal/synchronous/server-mode.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { loginOf } from '../run/backup.ts'
import { modeMemory } from '../synchronous-mode.ts'

export const backupSynchronousCommand: Command = {
  name: 'backup synchronous',
  summary: 'show whether commits wait for the regions; let them go on without, or wait again',
  usage: '[--leave | --enter]',
  options: { leave: { type: 'boolean' }, enter: { type: 'boolean' } },
  run: async (context, input) => {
    const { leave, enter } = input.values
    if (leave === true && enter === true) {
      throw new UsageError('OPTION_INVALID', 'either --leave or --enter')
    }
    if (leave === true || enter === true) return turn(context, input, enter === true)
    const request = { request: 'status' } as const
    for await (const answer of askBackup(context.paths.socket('backup'), request, input.signal)) {
      if (answer.answer === 'status') print(input, answer.status.synchronous)
    }
    return 0
  },
}

async function turn(context: Context, input: CommandInput, on: boolean): Promise<number> {
  const request = { request: 'synchronous', on } as const
  try {
    for await (const answer of askBackup(context.paths.socket('backup'), request, input.signal)) {
      if (answer.answer === 'failed') process.stderr.write(`${answer.message}\n`)
      if (answer.answer !== 'synchronous') continue
      const { state, regions, reason } = answer.state
      const status = { state, regions, safeLsn: null, waitedMs: null, reason: reason ?? null }
      print(input, status)
      return on || ['left', 'off', 'unknown'].includes(state) ? 0 : 1
    }
    return 1
  } catch (error) {
    const away = error instanceof FaultError && error.code === 'BACKUP_NOT_RUNNING'
    if (!away || on) throw error
    return leaveAlone(context, input)
  }
}

/** Without the service: commits are waiting for it perhaps. */
async function leaveAlone(context: Context, input: CommandInput): Promise<number> {
  const { clock, paths } = context
  const config = context.config.backup
  const { applicationName, synchronous } = config
  const database = synchronous?.database ?? 'postgres'
  const login = { ...(await loginOf(context, config)), database }
  using connection = await ReplicationConnection.open(login, 'veilig_leave', input.signal)
  await modeMemory(paths).save({ by: 'operator', atMs: clock.nowMs() })
  await setMode(connection, applicationName, false, clock)
  print(input, { state: 'left', regions: 0, safeLsn: null, waitedMs: null, reason: null })
  return 0
}

function print({ values }: CommandInput, status: SynchronousStatus | null): void {
  if (values['json'] === true) process.stdout.write(`${JSON.stringify(status)}\n`)
  else process.stdout.write(`${sentence(status)}\n`)
}

function sentence(status: SynchronousStatus | null): string {
  if (!status) return 'Asynchronous: commits wait for no region.'
  const { state, regions, reason } = status
  const where = `${regions} ${regions === 1 ? 'region' : 'regions'}`
  const because = reason === null ? '' : ` ${reason}`
  switch (state) {
    case 'on':
      return `Synchronous: a commit is acknowledged when ${where} hold it.${because}`
    case 'waiting':
      return `Synchronous, and commits are waiting for ${where}.${because}`
    case 'hindered':
      return `Synchronous mode is hindered.${because}`
    case 'left':
      return `Left: commits wait for no region.${because}`
    case 'off':
      return `Not yet: commits will wait for ${where} once they are level.${because}`
    case 'unknown':
      return `The server has not been asked yet.${because}`
  }
}
