/**
 * `veilig backup hold` and `veilig backup release`: what a court or an inquiry must find unchanged.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { askBackup } from '#services/backup/control/client.ts'
import type { ControlRequest } from '#services/backup/control/messages.ts'
import { parseTarget } from '#services/backup/restore/target.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { useApproval } from './approval.ts'

export const backupHoldCommand: Command = {
  name: 'backup hold',
  summary: 'from a moment on destroy nothing, until the hold is released',
  usage: '--from TIME --reason TEXT',
  options: { from: { type: 'string' }, reason: { type: 'string' } },
  run: (context, input) => {
    const { from, reason } = input.values
    const target = typeof from === 'string' ? parseTarget(from) : undefined
    if (target?.kind !== 'time' || typeof reason !== 'string') {
      const message = 'say from which moment and why: --from 2026-11-23T14:05:00Z --reason TEXT'
      throw new UsageError('HOLD_FROM_MISSING', message)
    }
    const fromMs = Math.floor(target.atMs)
    return ask(context, input, { request: 'hold', fromMs, reason }, (id) => {
      const since = new Date(fromMs).toISOString()
      return `Nothing that a moment from ${since} on needs is destroyed any more. Hold ${id}.\n`
    })
  },
}

export const backupReleaseCommand: Command = {
  name: 'backup release',
  summary: 'release a hold; what it kept is then destroyed; two persons must agree',
  usage: 'HOLD --reason TEXT',
  options: { reason: { type: 'string' } },
  run: async (context, input) => {
    const { reason } = input.values
    const [id, ...rest] = input.positionals
    if (id === undefined || rest.length > 0 || typeof reason !== 'string') {
      const message = 'say which hold and why: veilig backup release HOLD --reason TEXT'
      throw new UsageError('HOLD_ID_MISSING', message)
    }
    // What it kept is erased within the minute: for a court that may be too early.
    await useApproval(context, 'erase', id)
    return ask(context, input, { request: 'release', id, reason }, () => `Hold ${id} released.\n`)
  },
}

async function ask(
  { paths }: Context,
  { values, signal }: CommandInput,
  request: ControlRequest,
  said: (id: string) => string,
): Promise<number> {
  for await (const answer of askBackup(paths.socket('backup'), request, signal)) {
    if (answer.answer === 'held') {
      const { id } = answer
      process.stdout.write(values['json'] === true ? `${JSON.stringify({ id })}\n` : said(id))
      return 0
    }
    if (answer.answer === 'failed') process.stderr.write(`${answer.message}\n`)
  }
  return 1
}
