/**
 * `veilig approval …`: the acts that take two persons, asked for and approved at the machine.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { acts, type Act, type Approval } from '#services/staff/approvals.ts'
import { askStaff } from '#services/staff/client.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { say } from './staff.ts'

const names = Object.keys(acts).join('|')

/**
 * Goes on only when two persons agreed to exactly this; the approval is used up.
 *
 * @throws {DeniedError} APPROVAL_MISSING. {FaultError} CONSOLE_NOT_RUNNING: without the console
 *   nobody can say who agreed.
 */
export async function useApproval(context: Context, act: Act, subject: string): Promise<Approval> {
  const body = { act, subject }
  return (await askStaff(context.paths.socket('staff'), '/approval/use', body)) as Approval
}

export const approvalCommands: readonly Command[] = [
  {
    name: 'approval list',
    summary: 'what waits for a second person, and what was approved',
    usage: '[--json]',
    options: {},
    run: async (context, input) => {
      const list = await askStaff(context.paths.socket('staff'), '/approval/list')
      const lines = (list as readonly Approval[]).map(
        ({ id, act, subject, state, askedBy, approvedBy }) =>
          `${id}  ${state.padEnd(9)} ${act} ${subject}  ${askedBy} → ${approvedBy ?? '…'}`,
      )
      say(input, list, () => lines.join('\n') || 'Nothing was asked for yet.')
      return 0
    },
  },
  {
    name: 'approval ask',
    summary: 'ask for an act that takes two persons',
    usage: `${names} SUBJECT --account NAME --reason "…" [--json]`,
    options: { account: { type: 'string' }, reason: { type: 'string' } },
    run: async (context, input) => {
      const [act, subject, ...more] = input.positionals
      const { account, reason } = input.values
      if (act === undefined || !(act in acts) || subject === undefined || more.length > 0)
        throw new UsageError('OPTION_INVALID', `say which act (${names}) and on what`)
      if (typeof account !== 'string' || typeof reason !== 'string')
        throw new UsageError('OPTION_INVALID', 'say who asks (--account) and why (--reason)')
      const body = { act, subject, account, reason }
      const answer = await askStaff(context.paths.socket('staff'), '/approval/ask', body)
      const { id } = answer as { id: string }
      say(input, answer, () => `Asked. Somebody else approves it:\n  veilig approval approve ${id}`)
      return 0
    },
  },
  {
    name: 'approval approve',
    summary: 'approve what somebody else asked for, with a code of your second proof',
    usage: 'ID --account NAME --code CODE [--json]',
    options: { account: { type: 'string' }, code: { type: 'string' } },
    run: async (context, input) => {
      const [id, ...more] = input.positionals
      const { account, code } = input.values
      if (id === undefined || more.length > 0 || !account || !code)
        throw new UsageError('OPTION_INVALID', 'name one approval, your --account and a --code')
      const answer = await askStaff(context.paths.socket('staff'), '/approval/approve', {
        id,
        account,
        code,
      })
      const { act, subject } = answer as Approval
      say(input, answer, () => `Approved, once and for an hour: ${act} ${subject}`)
      return 0
    },
  },
]
