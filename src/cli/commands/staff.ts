/**
 * `veilig staff …`: who works here. From the machine itself, for the operator.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { askStaff } from '#services/staff/client.ts'
import { invitedRoles } from '#services/staff/policy.ts'
import type { StaffLine } from '#services/staff/store.ts'
import type { Command, CommandInput } from '../command.ts'

export const staffInviteCommand: Command = {
  name: 'staff invite',
  summary: 'invite somebody to the console; prints a link that is good once, for a day',
  usage: `NAME --role ${invitedRoles.join('|')} [--json]`,
  options: { role: { type: 'string' } },
  run: async (context, input) => {
    const role = String(input.values['role'] ?? '')
    if (!invitedRoles.some((one) => one === role))
      throw new UsageError('OPTION_INVALID', `--role is one of ${invitedRoles.join(', ')}`)
    const body = { name: onlyName(input), role }
    const answer = await askStaff(context.paths.socket('staff'), '/invite', body)
    say(input, answer, () => (answer as { link: string }).link)
    return 0
  },
}

export const staffListCommand: Command = {
  name: 'staff list',
  summary: 'who has an account, with which role and proofs',
  usage: '[--json]',
  options: {},
  run: async (context, input) => {
    const list = (await askStaff(context.paths.socket('staff'), '/list')) as readonly StaffLine[]
    say(
      input,
      list,
      () =>
        list
          .map(({ name, role, state, totp, passkeys, codesLeft }) => {
            const codes = totp ? 'yes' : 'no'
            const proofs = `passkeys ${passkeys}, codes ${codes}, recovery ${codesLeft}`
            return `${name.padEnd(32)} ${role.padEnd(9)} ${state.padEnd(9)} ${proofs}`
          })
          .join('\n') || 'Nobody yet. veilig staff invite NAME --role owner',
    )
    return 0
  },
}

export const staffDisableCommand: Command = {
  name: 'staff disable',
  summary: 'close an account at once, with its sessions',
  usage: 'NAME [--json]',
  options: {},
  run: async (context, input) => {
    const body = { name: onlyName(input) }
    const answer = await askStaff(context.paths.socket('staff'), '/disable', body)
    const { disabled } = answer as { disabled: boolean }
    say(input, answer, () => (disabled ? `${body.name} is out.` : `There is no ${body.name}.`))
    return disabled ? 0 : 1
  },
}

function onlyName({ positionals }: CommandInput): string {
  const [name, ...more] = positionals
  if (name !== undefined && more.length === 0) return name
  throw new UsageError('OPTION_INVALID', 'name one account')
}

/** JSON for programs, words for people. */
export function say(input: CommandInput, value: unknown, words: () => string): void {
  const text = input.values['json'] === true ? JSON.stringify(value) : words()
  process.stdout.write(`${text}\n`)
}
