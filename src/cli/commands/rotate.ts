/**
 * `veilig rotate`: a new password for the application's database role, without downtime.
 *
 * @module
 */
import { accessClient } from '#services/access/client.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { credentialAges } from '../credentials.ts'

const DAY_MS = 86_400_000
const DAYS_MAX = 60
const REMIND_DAYS = 50

export const rotateCommand: Command = {
  name: 'rotate',
  summary: "renew the application's database password, without downtime; --list: every age",
  usage: '[--list] [--json]',
  options: { list: { type: 'boolean' } },
  run: async (context, input) => {
    if (input.values['list'] === true) return list(context, input)
    const rotated = await accessClient(context.paths.socket('access')).rotate()
    const said =
      input.values['json'] === true
        ? JSON.stringify(rotated)
        : `The application now logs in as ${rotated.to}; ${rotated.from} opens nothing any more ` +
          `(both did for ${(rotated.drainMs / 1000).toFixed(1)} s).`
    process.stdout.write(`${said}\n`)
    return 0
  },
}

/** Every credential by age, the oldest first. @returns 1 when one is past its time. */
async function list(context: Context, { values }: CommandInput): Promise<number> {
  const all = (await credentialAges(context)).toSorted((a, b) => b.ageMs - a.ageMs)
  const lines = all.map((one) => ({ ...one, days: Math.max(0, Math.floor(one.ageMs / DAY_MS)) }))
  for (const { name, owner, days, renewed } of lines) {
    const late = days > DAYS_MAX ? '  PAST ITS TIME' : days >= REMIND_DAYS ? '  soon' : ''
    const text = `${String(days).padStart(4)} d  ${name.padEnd(44)} ${renewed}${late}`
    const json = values['json'] === true
    const line = json ? JSON.stringify({ name, owner, days, renewed }) : text
    process.stdout.write(`${line}\n`)
  }
  return lines.some(({ days }) => days > DAYS_MAX) ? 1 : 0
}
