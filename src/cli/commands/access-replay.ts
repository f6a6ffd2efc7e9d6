/**
 * `veilig access replay`: what somebody did in the database; `veilig access break-glass`: the way
 * in for the day nobody can approve.
 *
 * @module
 */
import { searchBooks, type Hit } from '#audit/search.ts'
import { UsageError } from '#lib/errors.ts'
import { accessClient } from '#services/access/client.ts'
import { askStaff } from '#services/staff/client.ts'
import type { AccessRequest } from '#services/staff/requests.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { startedOf } from '../grant-url.ts'
import { grantWords } from './access.ts'
import { say } from './staff.ts'

const STATEMENTS_MAX = 10_000
const PAUSE_MAX_MS = 3000
const DAY_MS = 86_400_000
const DAYS = 31

export const accessReplayCommand: Command = {
  name: 'access replay',
  summary: 'what was done with a grant, statement by statement, from the audit trail',
  usage: 'REQUEST|ROLE [--speed TIMES] [--json]',
  options: { speed: { type: 'string' } },
  run: async (context, input) => {
    const [which, ...more] = input.positionals
    const speed = Number(input.values['speed'] ?? 0)
    if (which === undefined || more.length > 0 || !(speed >= 0))
      throw new UsageError('OPTION_INVALID', 'name one request or role; --speed 10 plays it back')
    const role = which.startsWith('jit_') ? which : await roleOf(context, which)
    const nowMs = context.clock.nowMs()
    const {
      hits,
      more: cut,
      warnings,
    } = await searchBooks({
      folder: context.paths.audit,
      rowsMax: STATEMENTS_MAX,
      person: role,
      table: '',
      text: '',
      fromMs: nowMs - DAYS * DAY_MS,
      toMs: nowMs,
      signal: input.signal,
    })
    const statements = hits.filter(({ code }) => code === 'DB_STATEMENT').toReversed()
    const [first] = statements
    let beforeMs = first?.timeMs ?? 0
    for (const hit of statements) {
      if (speed > 0 && input.interactive)
        await context.clock.sleep(
          Math.min(PAUSE_MAX_MS, (hit.timeMs - beforeMs) / speed),
          input.signal,
        )
      beforeMs = hit.timeMs
      const text = input.values['json'] === true ? JSON.stringify(hit) : lineOf(hit, first)
      process.stdout.write(`${text}\n`)
    }
    if (cut) process.stderr.write(`only the newest ${STATEMENTS_MAX} are shown\n`)
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
    if (statements.length === 0) process.stderr.write(`nothing was done as ${role}\n`)
    return warnings.length > 0 ? 1 : 0
  },
}

/** `+00:12.345  select …  (3 rows)`, without what could move the cursor of who reads it. */
function lineOf({ timeMs, what, rows, went }: Hit, first: Hit | undefined): string {
  const sinceMs = timeMs - (first?.timeMs ?? timeMs)
  const seconds = ((sinceMs % 60_000) / 1000).toFixed(3).padStart(6, '0')
  const minutes = String(Math.floor(sinceMs / 60_000)).padStart(2, '0')
  const end = went === 'done' ? countOf(rows) : (endings[went] ?? `failed: ${went}`)
  return `+${minutes}:${seconds}  ${what.replaceAll(/[\s\p{Cc}]+/gu, ' ')}  (${end})`
}

function countOf(rows: number | undefined): string {
  return rows === 1 ? '1 row' : `${rows ?? 0} rows`
}

/** In words; SQLSTATEs of PostgreSQL's documentation, appendix A. */
const endings: Readonly<Record<string, string>> = {
  '': 'no answer is on record',
  cut: 'its session was cut',
  'error 25006': 'refused: the grant is to read only',
  'error 42501': 'refused: no right to it',
  'error 42703': 'failed: no such column',
  'error 42P01': 'failed: no such table',
  'error 57P01': 'its session was cut',
  refused: 'refused by the gateway’s rules',
  skipped: 'not executed: one before it failed',
}

async function roleOf({ paths }: Context, id: string): Promise<string> {
  const list = await askStaff(paths.socket('staff'), '/access/list')
  const found = (list as readonly AccessRequest[]).find((one) => one.id === id)
  if (found?.databaseRole) return found.databaseRole
  const message = `request ${id} is not known, or never began; veilig access list shows them`
  throw new UsageError('ACCESS_UNKNOWN', message)
}

export const accessBreakGlassCommand: Command = {
  name: 'access break-glass',
  summary: 'into the database without an approval, when nobody can give one; everybody is told',
  usage: '--account NAME --reason "…" [--role read|write] [--minutes N] [--json]',
  options: {
    account: { type: 'string' },
    reason: { type: 'string' },
    role: { type: 'string' },
    minutes: { type: 'string' },
  },
  run: async (context, input) => {
    const { account, reason, role = 'read', minutes = '15' } = input.values
    if (typeof account !== 'string' || typeof reason !== 'string' || reason.trim() === '')
      throw new UsageError('OPTION_INVALID', 'say who (--account) and why (--reason)')
    if (role !== 'read' && role !== 'write')
      throw new UsageError('OPTION_INVALID', '--role is read or write')
    const { paths } = context
    const access = accessClient(paths.socket('access'))
    const seconds = Math.round(Number(minutes) * 60)
    const grant = await access.breakGlass(role, seconds, account, reason.trim())
    const started = startedOf(context, grant)
    // The way in must not depend on the console; being told must not be skipped in silence.
    const told = await askStaff(paths.socket('staff'), '/break-glass', { account, role, reason })
      .then((answer) => (answer as { told: number }).told)
      .catch(() => undefined)
    say(input, { ...started, told: told ?? null }, () => {
      const heard =
        told === undefined
          ? 'The console is away: nobody was told. Tell them.'
          : `${told} were told.`
      return `${grantWords(context, started)} ${heard}\n  psql '${started.url}'`
    })
    return 0
  },
}
