/**
 * `veilig access …`: a while in the database, asked, approved, ended.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { askStaff } from '#services/staff/client.ts'
import type { Started } from '#services/staff/ports.ts'
import type { AccessRequest } from '#services/staff/requests.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { say } from './staff.ts'

const MINUTES_DEFAULT = '30'

export const accessRequestCommand: Command = {
  name: 'access request',
  summary: 'ask for the database, for a staff account; somebody approves it',
  usage: '--account NAME --role read|write --minutes N --reason "…" [--json]',
  options: {
    account: { type: 'string' },
    role: { type: 'string' },
    minutes: { type: 'string' },
    reason: { type: 'string' },
  },
  run: async (context, input) => {
    const { account, role = 'read', minutes = MINUTES_DEFAULT, reason } = input.values
    if (typeof account !== 'string' || typeof reason !== 'string')
      throw new UsageError('OPTION_INVALID', 'say who (--account) and what for (--reason)')
    const body = { account, role, minutes: Number(minutes), reason }
    const answer = await askStaff(context.paths.socket('staff'), '/access/request', body)
    const { id } = answer as { id: string }
    say(input, answer, () => `Asked. To approve and begin:\n  veilig access approve ${id}`)
    return 0
  },
}

export const accessApproveCommand: Command = {
  name: 'access approve',
  summary: 'approve a request and begin; prints an address for psql, once',
  usage: 'ID [--json]',
  options: {},
  run: async (context, input) => {
    const body = { id: onlyId(input) }
    const started = (await askStaff(
      context.paths.socket('staff'),
      '/access/approve',
      body,
    )) as Started
    say(input, started, () => `${grantWords(context, started)}\n  psql '${started.url}'`)
    return 0
  },
}

export const accessRevokeCommand: Command = {
  name: 'access revoke',
  summary: 'end a grant now; its sessions are cut',
  usage: 'ID [--json]',
  options: {},
  run: async (context, input) => {
    await askStaff(context.paths.socket('staff'), '/access/revoke', { id: onlyId(input) })
    say(input, { ended: true }, () => 'Ended; its sessions are cut and its role is gone.')
    return 0
  },
}

export const accessListCommand: Command = {
  name: 'access list',
  summary: 'who asked for the database, and who is in it now',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const answer = await askStaff(context.paths.socket('staff'), '/access/list')
    const list = answer as readonly AccessRequest[]
    say(
      input,
      list,
      () =>
        list
          .map(({ id, account, role, minutes, state, reason }) => {
            const what = `${state.padEnd(9)} ${role.padEnd(5)} ${String(minutes).padStart(2)} min`
            return `${id}  ${what}  ${account}: ${reason}`
          })
          .join('\n') || 'Nobody asked yet.',
    )
    return 0
  },
}

/** How long, as whom, and that it is seen. */
export function grantWords({ clock }: Context, started: Started): string {
  const { role, untilMs, rowSettings = [] } = started
  const minutes = Math.max(1, Math.round((untilMs - clock.nowMs()) / 60_000))
  const at = new Date(untilMs).toISOString().slice(11, 19)
  const life = `${minutes} minute${minutes === 1 ? '' : 's'}, until ${at} UTC`
  const known = `As ${role} for ${life}. Every statement is recorded, sensitive columns are masked.`
  if (rowSettings.length === 0) return known
  const set = rowSettings.map((name) => `set ${name} = '…'`).join('; ')
  return `${known}\nIts row security shows no rows until you say whose you mean: ${set};`
}

function onlyId({ positionals }: CommandInput): string {
  const [id, ...more] = positionals
  if (id !== undefined && more.length === 0) return id
  throw new UsageError('OPTION_INVALID', 'name one request; veilig access list shows them')
}
