/**
 * `veilig outside …`: the register of outside services the company works with.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { askStaff } from '#services/staff/client.ts'
import { isDue, type OutsideLine } from '#services/staff/outside.ts'
import type { Command } from '../command.ts'
import { say } from './staff.ts'

export const outsideCommands: readonly Command[] = [
  {
    name: 'outside list',
    summary: 'outside services: who answers for each, its second factor, when it was looked at',
    usage: '[--json]',
    options: {},
    run: async (context, input) => {
      const list = await askStaff(context.paths.socket('staff'), '/outside/list')
      const nowMs = context.clock.nowMs()
      const lines = (list as readonly OutsideLine[]).map((one) => {
        const due = isDue(one, nowMs) ? '  REVIEW IS DUE' : ''
        const factor = `second factor ${one.secondFactor}`
        return `${one.name}: ${factor}, changed ${one.credentialChangedOn}, ${one.owner}${due}`
      })
      say(input, list, () => lines.join('\n') || 'None is written down yet.')
      return 0
    },
  },
  {
    name: 'outside keep',
    summary: 'write an outside service down, or anew; that is its review',
    usage:
      '--name N --purpose P --owner WHO --second-factor yes|no|none-offered ' +
      '--personal-data D --changed 2026-11-23 [--json]',
    options: {
      name: { type: 'string' },
      purpose: { type: 'string' },
      owner: { type: 'string' },
      'second-factor': { type: 'string' },
      'personal-data': { type: 'string' },
      changed: { type: 'string' },
    },
    run: async (context, input) => {
      const { values } = input
      await askStaff(context.paths.socket('staff'), '/outside/keep', {
        name: values['name'],
        purpose: values['purpose'],
        owner: values['owner'],
        secondFactor: values['second-factor'],
        personalData: values['personal-data'],
        credentialChangedOn: values['changed'],
      })
      say(input, { kept: values['name'] }, () => `${String(values['name'])} is written down.`)
      return 0
    },
  },
  named('review', 'say that what stands there of an outside service is still so', 'looked at anew'),
  named('remove', 'take an outside service out of the register', 'taken out'),
]

/** A command on one line of the register, as a button of the console's page does it. */
function named(act: 'review' | 'remove', summary: string, done: string): Command {
  return {
    name: `outside ${act}`,
    summary,
    usage: 'NAME [--json]',
    options: {},
    run: async (context, input) => {
      const [name, ...more] = input.positionals
      if (name === undefined || more.length > 0)
        throw new UsageError('OPTION_INVALID', `write it as: veilig outside ${act} NAME`)
      await askStaff(context.paths.socket('staff'), `/outside/${act}`, { name })
      say(input, { [act]: name }, () => `${name} is ${done}.`)
      return 0
    },
  }
}
