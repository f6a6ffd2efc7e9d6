/**
 * `veilig incident …`: what the status page says of incidents, and the register of breaches.
 *
 * @module
 */
import { queryBooks } from '#audit/query.ts'
import { languages, type Language } from '#lib/claims/claim.ts'
import { UsageError } from '#lib/errors.ts'
import { isStatementBook } from '#lib/statement-books.ts'
import { askStatus } from '#services/status/control/client.ts'
import type { BreachInput, ControlRequest } from '#services/status/control/messages.ts'
import { updateKinds, type Text } from '#services/status/incidents/incident.ts'
import type { Breach } from '#services/status/breach/register.ts'
import { systemDisk } from '#system/disk.ts'
import type { Command, CommandInput, CommandOptions } from '../command.ts'
import type { Context } from '../context.ts'
import { timeOption } from '../time-option.ts'
import { STATUS_CONTROL } from '../run/status-names.ts'
import { askPage } from './status.ts'

const texts: CommandOptions = {
  message: { type: 'string' },
  lang: { type: 'string' },
}

const breachOptions: CommandOptions = {
  detected: { type: 'string' },
  aware: { type: 'string' },
  tenants: { type: 'string' },
  categories: { type: 'string' },
  persons: { type: 'string' },
  records: { type: 'string' },
  nature: { type: 'string' },
  consequences: { type: 'string' },
  measures: { type: 'string' },
  user: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
}

export const incidentCommands: readonly Command[] = [
  {
    name: 'incident list',
    summary: 'open incidents, breaches and what is owed of them',
    usage: '[--json]',
    options: {},
    run: async (context, input) => {
      const { incidents } = await askPage(context)
      const { breaches } = (await ask(context, { ask: 'breaches' })) as { breaches: Breach[] }
      if (input.values['json'] === true) print(JSON.stringify({ incidents, breaches }))
      else {
        for (const { id, title, opened, resolved } of incidents)
          print(`incident ${id}  ${opened}  ${resolved ? 'resolved' : 'OPEN'}  ${anyOf(title)}`)
        for (const breach of breaches) print(shown(breach))
        if (incidents.length + breaches.length === 0) print('no incidents, no breaches')
      }
      return 0
    },
  },
  {
    name: 'incident open',
    summary: 'tell the public of an incident on the status page',
    usage: '"TITLE" --message TEXT [--lang nl|en|fr] [--components ID,ID]',
    options: { ...texts, components: { type: 'string' } },
    run: async (context, input) => {
      const title = inLanguage(input, input.positionals[0], 'a title in quotes')
      const text = inLanguage(input, input.values['message'], '--message')
      const components = list(input, 'components')
      return say(input, await ask(context, { ask: 'incident-open', title, text, components }))
    },
  },
  {
    name: 'incident update',
    summary: 'add to an open incident',
    usage: 'NUMBER --message TEXT [--state investigating|identified|monitoring] [--lang LANG]',
    options: { ...texts, state: { type: 'string' } },
    run: async (context, input) => {
      const kind = updateKinds.find((one) => one === (input.values['state'] ?? 'monitoring'))
      if (!kind) throw usage(`--state is one of ${updateKinds.join(', ')}`)
      return update(context, input, kind)
    },
  },
  {
    name: 'incident resolve',
    summary: 'close an open incident',
    usage: 'NUMBER --message TEXT [--lang LANG]',
    options: texts,
    run: (context, input) => update(context, input, 'resolved'),
  },
  {
    name: 'incident plan',
    summary: 'announce maintenance on the status page',
    usage: '"TITLE" --from TIME --until TIME [--lang LANG]',
    options: { lang: { type: 'string' }, from: { type: 'string' }, until: { type: 'string' } },
    run: async (context, input) => {
      const title = inLanguage(input, input.positionals[0], 'a title in quotes')
      const fromMs = timeOption(input, 'from') ?? context.clock.nowMs()
      const untilMs = timeOption(input, 'until')
      if (untilMs === undefined) throw usage('--until says when the maintenance ends')
      return say(input, await ask(context, { ask: 'maintenance', title, fromMs, untilMs }))
    },
  },
  {
    name: 'incident breach',
    summary: 'enter a breach of personal data in the register, which starts its clocks',
    usage:
      '--aware TIME --tenants A,B --categories A,B [--detected TIME] [--persons N] [--records N]' +
      ' [--nature TEXT] [--consequences TEXT] [--measures TEXT]' +
      ' [--user ROLE --from TIME --to TIME]',
    options: breachOptions,
    run: async (context, input) => {
      const nowMs = context.clock.nowMs()
      const awareMs = timeOption(input, 'aware') ?? nowMs
      const detail: BreachInput = {
        detectedMs: timeOption(input, 'detected') ?? awareMs,
        awareMs,
        tenants: list(input, 'tenants'),
        categories: list(input, 'categories'),
        persons: number(input, 'persons'),
        records: number(input, 'records') ?? (await countRecords(context, input)),
        nature: string(input, 'nature'),
        consequences: string(input, 'consequences'),
        measures: string(input, 'measures'),
      }
      return tell(input, await ask(context, { ask: 'breach-record', detail }))
    },
  },
  {
    name: 'incident correct',
    summary: 'add to what is known of a breach; its clocks go on',
    usage: 'BREACH [the options of incident breach]',
    options: breachOptions,
    run: async (context, input) => {
      const has = (name: string): boolean => input.values[name] !== undefined
      const change: Partial<BreachInput> = {
        ...(has('detected') ? { detectedMs: timeOption(input, 'detected') ?? 0 } : {}),
        ...(has('aware') ? { awareMs: timeOption(input, 'aware') ?? 0 } : {}),
        ...(has('tenants') ? { tenants: list(input, 'tenants') } : {}),
        ...(has('categories') ? { categories: list(input, 'categories') } : {}),
        ...(has('persons') ? { persons: number(input, 'persons') } : {}),
        ...(has('records') ? { records: number(input, 'records') } : {}),
        ...(has('nature') ? { nature: string(input, 'nature') } : {}),
        ...(has('consequences') ? { consequences: string(input, 'consequences') } : {}),
        ...(has('measures') ? { measures: string(input, 'measures') } : {}),
      }
      const id = first(input, 'the name of the breach')
      return tell(input, await ask(context, { ask: 'breach-correct', id, change }))
    },
  },
  {
    name: 'incident notice',
    summary: 'print the notice for one recipient of a breach, or note that it was sent',
    usage: 'BREACH --to RECIPIENT [--lang nl|en|fr] [--into FILE] [--sent HOW]',
    options: {
      to: { type: 'string' },
      lang: { type: 'string' },
      into: { type: 'string' },
      sent: { type: 'string' },
    },
    run: async (context, input) => {
      const id = first(input, 'the name of the breach')
      const given = string(input, 'to')
      const recipient = given === 'authority' || given.includes(':') ? given : `tenant:${given}`
      const sent = string(input, 'sent')
      if (sent !== '') {
        const noted = { ask: 'breach-notified', id, recipient, how: sent } as const
        return tell(input, await ask(context, noted))
      }
      const notice = { ask: 'notice', id, recipient, language: language(input) } as const
      const { text } = (await ask(context, notice)) as { text: string }
      const into = string(input, 'into')
      if (into === '') print(text)
      else await systemDisk.replace(into, Buffer.from(text))
      return 0
    },
  },
  {
    name: 'incident close',
    summary: 'close a breach of which every notice has gone out',
    usage: 'BREACH --reason TEXT',
    options: { reason: { type: 'string' } },
    run: async (context, input) => {
      const id = first(input, 'the name of the breach')
      const reason = string(input, 'reason')
      if (reason === '') throw usage('--reason says why nothing more is to be told')
      return tell(input, await ask(context, { ask: 'breach-close', id, reason }))
    },
  },
]

function ask(context: Context, request: ControlRequest): Promise<unknown> {
  return askStatus(context.paths.socket(STATUS_CONTROL), request)
}

async function update(
  context: Context,
  input: CommandInput,
  kind: (typeof updateKinds)[number],
): Promise<number> {
  const id = Number(first(input, 'the number of the incident'))
  if (!Number.isInteger(id) || id < 1) throw usage('an incident is named by its number')
  const text = inLanguage(input, input.values['message'], '--message')
  return say(input, await ask(context, { ask: 'incident-update', id, kind, text }))
}

/**
 * Rows that a database user was sent in a window, by the audit trail; printed by table, where one
 * can be read from the statement.
 */
async function countRecords(context: Context, input: CommandInput): Promise<number | undefined> {
  const user = string(input, 'user')
  if (user === '') return undefined
  if (!/^[\w-]{1,63}$/.test(user)) throw usage('--user is the name of a database role')
  const from = new Date(timeOption(input, 'from') ?? 0).toISOString()
  const to = new Date(timeOption(input, 'to') ?? context.clock.nowMs()).toISOString()
  const sql = `
    SELECT coalesce(regexp_extract(lower(sql), 'from\\s+"?([a-z_][a-z0-9_.]*)', 1), '') AS place,
      sum("rows") AS n FROM statements
    WHERE "user" = '${user}' AND tag = 'SELECT'
      AND time BETWEEN TIMESTAMP '${from}' AND TIMESTAMP '${to}'
    GROUP BY 1 ORDER BY 2 DESC`
  const folder = context.paths.audit
  const { rows } = await queryBooks({ folder, sql, rowsMax: 1000, isWanted: isStatementBook })
  for (const [place, n] of rows) {
    const where = text(place) === '' ? 'statements whose table is not plain' : text(place)
    process.stderr.write(`${Number(n)} rows read by ${user} from ${where}\n`)
  }
  return rows.reduce((sum, [, n]) => sum + Number(n ?? 0), 0)
}

function text(cell: unknown): string {
  return typeof cell === 'string' ? cell : ''
}

function say(input: CommandInput, answer: unknown): number {
  if (input.values['json'] === true) print(JSON.stringify(answer))
  else for (const [name, value] of Object.entries(answer as object)) print(`${name} ${value}`)
  return 0
}

function tell(input: CommandInput, answer: unknown): number {
  print(input.values['json'] === true ? JSON.stringify(answer) : shown(answer as Breach))
  return 0
}

/** A breach and its clocks. */
function shown({ id, detail, duties, closedMs }: Breach): string {
  const head = `${id}  ${closedMs === undefined ? 'OPEN' : 'closed'}  aware ${iso(detail.awareMs)}`
  const lines = duties.map(({ recipient, dueMs, doneMs }) => {
    const state = doneMs === undefined ? `due ${iso(dueMs)}` : `told ${iso(doneMs)}`
    return `  ${recipient.padEnd(24)} ${state}`
  })
  return [head, ...lines].join('\n')
}

function inLanguage(input: CommandInput, given: string | boolean | undefined, what: string): Text {
  if (typeof given !== 'string' || given === '') throw usage(`say ${what}`)
  return { [language(input)]: given }
}

function language(input: CommandInput): Language {
  const found = languages.find((one) => one === (input.values['lang'] ?? 'en'))
  if (!found) throw usage(`--lang is one of ${languages.join(', ')}`)
  return found
}

function first(input: CommandInput, what: string): string {
  const [given] = input.positionals
  if (given === undefined) throw usage(`say ${what}; 'veilig incident list' shows all`)
  return given
}

function string(input: CommandInput, name: string): string {
  const value = input.values[name]
  return typeof value === 'string' ? value : ''
}

function list(input: CommandInput, name: string): string[] {
  return string(input, name)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

function number(input: CommandInput, name: string): number | undefined {
  const text = string(input, name)
  if (text === '') return undefined
  if (!/^\d{1,12}$/.test(text)) throw usage(`--${name} is a whole number`)
  return Number(text)
}

function anyOf(text: Text): string {
  return text.en ?? text.nl ?? text.fr ?? ''
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function usage(message: string): UsageError {
  return new UsageError('OPTION_INVALID', message)
}
