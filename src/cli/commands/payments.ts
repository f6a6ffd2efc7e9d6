/**
 * `veilig payments clubs|link|keys|compare`: the operator's questions to the payments process, over
 * its own socket. Keys come from standard input, so that no list of processes shows them.
 *
 * @module
 */
import { userInfo } from 'node:os'
import { text } from 'node:stream/consumers'
import { FaultError, UsageError } from '#lib/errors.ts'
import type { AdminQuestion } from '#services/payments/admin.ts'
import { tenantKeys } from '#services/payments/keys.ts'
import { askSocket } from '#system/ask-socket.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'

const TIMEOUT_MS = 60_000
const ANSWER_MAX = 4 * 1024 * 1024
const DAY_MS = 86_400_000

async function ask(context: Context, question: AdminQuestion): Promise<unknown> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const socket = context.paths.socket('payments-office')
  const answer = await askSocket(socket, question, signal, ANSWER_MAX).catch((cause: Error) => {
    const message = `payments does not answer (${cause.message}); is the ring running?`
    throw new FaultError('PAYMENTS_NOT_RUNNING', message, { cause })
  })
  const told = JSON.parse(answer.text) as { error?: string; message?: string }
  if (answer.status === 200) return told
  throw new FaultError(told.error ?? 'PAYMENTS_NOT_RUNNING', told.message ?? 'it refused')
}

function clubOf({ positionals: [club] }: CommandInput): string {
  if (club !== undefined) return club
  throw new UsageError('OPTION_INVALID', 'name the club')
}

type Club = {
  readonly tenant: string
  readonly gateway: string
  readonly environment: string
  readonly keysEnteredMs: number
  readonly trouble: string | null
}

const clubsCommand: Command = {
  name: 'payments clubs',
  summary: 'every club’s payment service, the age of its keys, and what is wrong now',
  usage: '[--json]',
  options: {},
  run: async (context, { values }) => {
    const { clubs } = (await ask(context, { ask: 'clubs' })) as { clubs: readonly Club[] }
    if (values['json'] === true) print(JSON.stringify(clubs))
    else for (const club of clubs) print(clubLine(club, context.clock.nowMs()))
    return 0
  },
}

function clubLine(
  { tenant, gateway, environment, keysEnteredMs, trouble }: Club,
  nowMs: number,
): string {
  const days = Math.floor((nowMs - keysEnteredMs) / DAY_MS)
  const age = days === 1 ? '1 day' : `${days} days`
  const now = trouble ?? 'answers'
  return `${tenant.padEnd(20)} ${gateway} (${environment}), keys ${age} old, ${now}`
}

const linkCommand: Command = {
  name: 'payments link',
  summary: 'a link into a club’s office, where it sees its payments and enters keys; it works once',
  usage: 'CLUB',
  options: {},
  run: async (context, input) => {
    const { link } = (await ask(context, { ask: 'link', tenant: clubOf(input) })) as {
      link: string
    }
    print(link)
    return 0
  },
}

const keysCommand: Command = {
  name: 'payments keys',
  summary: 'enters a club’s keys, as JSON on standard input; they count once the gateway took them',
  usage: 'CLUB --environment test|production < KEYS.json',
  options: { environment: { type: 'string' } },
  run: async (context, input) => {
    const tenant = clubOf(input)
    const environment = (['demonstration', 'test', 'production'] as const).find(
      (one) => one === input.values['environment'],
    )
    if (!environment) throw new UsageError('OPTION_INVALID', '--environment test or production')
    const keys = tenantKeys.safeParse(jsonOf(await text(process.stdin)))
    if (!keys.success) {
      const fields = keys.error.issues.map(({ path }) => path.join('.')).join(', ')
      throw new UsageError('PAYMENT_KEYS_WRONG', `the keys do not have the right form: ${fields}`)
    }
    const by = userInfo().username
    await ask(context, { ask: 'keys', tenant, environment, keys: keys.data, by })
    print(`${tenant}: the gateway took the keys, and they count from now on`)
    return 0
  },
}

const compareCommand: Command = {
  name: 'payments compare',
  summary: 'lays a day of a club’s ledger beside the gateway’s own list of it',
  usage: 'CLUB [--day 2026-11-23] [--json]',
  options: { day: { type: 'string' } },
  run: async (context, input) => {
    const today = new Date(context.clock.nowMs()).toISOString().slice(0, 10)
    const given = input.values['day']
    const day = typeof given === 'string' ? given : today
    const statement = (await ask(context, { ask: 'compare', tenant: clubOf(input), day })) as {
      matched: number
      differences: readonly object[]
    }
    if (input.values['json'] === true) print(JSON.stringify(statement))
    else {
      const { matched, differences } = statement
      print(`${day}: ${matched} movements agree, ${differences.length} differ`)
      for (const one of differences) print(JSON.stringify(one))
    }
    return statement.differences.length === 0 ? 0 : 1
  },
}

export const paymentsCommands: readonly Command[] = [
  clubsCommand,
  linkCommand,
  keysCommand,
  compareCommand,
]

function jsonOf(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch {
    throw new UsageError('PAYMENT_KEYS_WRONG', 'the keys are not JSON')
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
