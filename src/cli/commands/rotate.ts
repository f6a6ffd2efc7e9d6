/**
 * `veilig rotate`: new passwords and keys for the ring's machines while everything runs, and every
 * age.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { accessClient } from '#services/access/client.ts'
import type { Command, CommandInput } from '../command.ts'
import { openCommandBook } from '../command-book.ts'
import type { Context } from '../context.ts'
import { credentialAges } from '../credentials.ts'
import { renewalsOf } from '../renewal/renewal.ts'
import { REMIND_DAYS, renewWhere } from '../renewal/renew.ts'

const DAY_MS = 86_400_000
const DAYS_MAX = 60
const BOOK = 'rotate'

export const rotateCommand: Command = {
  name: 'rotate',
  summary: 'renew passwords and keys of machines, without downtime; --list: every age',
  usage: '[CREDENTIAL … | --all] [--list | --dry-run] [--json]',
  options: { list: { type: 'boolean' }, all: { type: 'boolean' }, 'dry-run': { type: 'boolean' } },
  run: async (context, input) => {
    if (input.values['list'] === true) return list(context, input)
    const { positionals, values } = input
    if (values['dry-run'] === true) return plan(context, input)
    if (values['all'] === true || positionals.length > 0) return renew(context, input)
    const rotated = await accessClient(context.paths.socket('access')).rotate()
    const said =
      values['json'] === true
        ? JSON.stringify(rotated)
        : `The application now logs in as ${rotated.to}; ${rotated.from} opens nothing any more ` +
          `(both did for ${(rotated.drainMs / 1000).toFixed(1)} s).`
    process.stdout.write(`${said}\n`)
    return 0
  },
}

/** What would be renewed, and what changes with it; nothing is. */
async function plan(context: Context, { positionals, values }: CommandInput): Promise<number> {
  const ages = new Map((await credentialAges(context)).map((one) => [one.name, one.ageMs]))
  const renewals = await renewalsOf(context)
  const all = values['all'] === true
  const wanted = positionals.length === 0 && !all ? renewals.slice(0, 1) : renewals
  const planned = wanted.filter(({ credential }) => {
    return ages.has(credential) && (positionals.length === 0 || positionals.includes(credential))
  })
  refuseUnknown(positionals, planned)
  for (const { credential, role, overlap } of planned) {
    const days = Math.max(0, Math.floor((ages.get(credential) ?? 0) / DAY_MS))
    const line = { credential, role, days, overlap }
    const text = `${credential} (${days} d) would be renewed: ${overlap}`
    process.stdout.write(`${values['json'] === true ? JSON.stringify(line) : text}\n`)
  }
  if (values['json'] !== true) process.stdout.write('Nothing was changed.\n')
  return 0
}

/** @throws {UsageError} ROTATION_UNKNOWN. */
function refuseUnknown(
  named: readonly string[],
  found: readonly { readonly credential: string }[],
): void {
  const missing = named.find((name) => !found.some(({ credential }) => credential === name))
  if (missing === undefined) return
  const message = `${missing} is not renewed while it is used; veilig rotate --list says how`
  throw new UsageError('ROTATION_UNKNOWN', message)
}

/** Those that are named, or all that can be renewed while they are used. */
async function renew(context: Context, { positionals, values }: CommandInput): Promise<number> {
  const all = values['all'] === true
  await using trail = await openCommandBook(context, BOOK)
  const done = await renewWhere(context, trail, (name) => all || positionals.includes(name))
  refuseUnknown(positionals, done)
  for (const one of done) {
    const took = `${(one.tookMs / 1000).toFixed(1)} s`
    const how = one.failed === undefined ? `renewed, ${took}` : `NOT RENEWED (${one.failed})`
    const line = values['json'] === true ? JSON.stringify(one) : `${one.credential}: ${how}`
    process.stdout.write(`${line}\n`)
  }
  return done.some(({ failed }) => failed !== undefined) ? 1 : 0
}

/** Every credential by age, the oldest first. @returns 1 when one is past its time. */
async function list(context: Context, { values }: CommandInput): Promise<number> {
  const all = (await credentialAges(context)).toSorted((a, b) => b.ageMs - a.ageMs)
  const lines = all.map((one) => ({ ...one, days: Math.max(0, Math.floor(one.ageMs / DAY_MS)) }))
  const isLate = ({ days, renewed }: (typeof lines)[number]): boolean =>
    days > DAYS_MAX && renewed !== 'kept'
  for (const one of lines) {
    const { name, owner, days, renewed, why } = one
    const soon = days >= REMIND_DAYS && renewed !== 'kept' ? '  soon' : ''
    const late = isLate(one) ? '  PAST ITS TIME' : soon
    const kept = why === undefined ? '' : `: ${why}`
    const text = `${String(days).padStart(4)} d  ${name.padEnd(44)} ${renewed}${kept}${late}`
    const json = values['json'] === true
    const line = json ? JSON.stringify({ name, owner, days, renewed, why }) : text
    process.stdout.write(`${line}\n`)
  }
  return lines.some(isLate) ? 1 : 0
}
