/**
 * `veilig incident assess|notify|bundle`: from an alert to a notice for each customer, each with
 * its own numbers, and the proof of it.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { statementBooks } from '#lib/statement-books.ts'
import { makeBundle } from '#storage/evidence/bundle.ts'
import { EvidenceReader } from '#storage/evidence/reader.ts'
import { systemDisk } from '#system/disk.ts'
import type { Notice } from '#services/status/breach/notice.ts'
import type { Breach } from '#services/status/breach/register.ts'
import { askStatus } from '#services/status/control/client.ts'
import type { BreachInput } from '#services/status/control/messages.ts'
import { NOTICE_SENDER } from '#services/mail-gateway/config.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { assess, protectedServer, recordedStatements, type Suspect } from '../exposure.ts'
import { sendNotices } from '../notices.ts'
import { writeProofBundle } from '../proof-bundle.ts'
import { ringMail } from '../ring-mail.ts'
import { watchOf } from '../run/console-watch.ts'
import { STATUS_CONTROL } from '../run/status-names.ts'

/** An alert may come a while after the account was first misused. */
const BEFORE_ALERT_MS = 3_600_000

export const incidentBreachCommands: readonly Command[] = [
  {
    name: 'incident assess',
    summary: 'reckon whose data an account read, customer by customer; --record enters the breach',
    usage:
      '--alert ID | --account ROLE --from TIME [--to TIME] [--address A]' +
      ' [--aware TIME] [--url postgres://RESTORED] [--record] [--json]',
    options: {
      alert: { type: 'string' },
      account: { type: 'string' },
      address: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      aware: { type: 'string' },
      url: { type: 'string' },
      record: { type: 'boolean' },
    },
    run: async (context, input) => {
      const { suspect, detectedMs } = await suspectOf(context, input)
      const url = text(input, 'url')
      const { exposure, unclear } = await assess(suspect, {
        folder: context.paths.audit,
        config: context.config.status.breach,
        connect: (database) =>
          protectedServer(context.paths, database, url === '' ? undefined : url),
      })
      const json = input.values['json'] === true
      if (json) print(JSON.stringify({ exposure, unclear }))
      else {
        print(`${exposure.statements} statements of ${suspect.account}`)
        for (const { name, persons, records, categories } of exposure.tenants)
          print(`${name}: ${persons} persons, ${records} records (${categories.join(', ')})`)
        for (const { timeMs, why, rows, sql } of unclear) {
          const time = new Date(timeMs).toISOString()
          const text = sql.replaceAll(/[\s\p{Cc}]+/gu, ' ')
          print(`not certain, ${time}: ${why}; ${rows ?? '?'} rows: ${text}`)
        }
      }
      if (input.values['record'] !== true) return unclear.length === 0 ? 0 : 1
      const awareMs = moment(input, 'aware') ?? context.clock.nowMs()
      const detail: BreachInput = {
        detectedMs: Math.min(detectedMs, awareMs),
        awareMs,
        tenants: exposure.tenants.map(({ tenant }) => tenant),
        categories: [],
        nature: '',
        consequences: '',
        measures: '',
        exposure,
      }
      const breach = (await control(context, { ask: 'breach-record', detail })) as Breach
      if (!json) print(`${breach.id} is in the register; veilig incident notify ${breach.id}`)
      return 0
    },
  },
  {
    name: 'incident notify',
    summary: 'send every notice that is owed, each customer its own; --more also what was added',
    usage: 'BREACH [--more] [--json]',
    options: { more: { type: 'boolean' } },
    run: async (context, input) => {
      const id = breachIn(input)
      const send = await ringMail(context, NOTICE_SENDER)
      if (!send) throw new UsageError('NO_MAIL_GATEWAY', 'this ring has no mail gateway to send by')
      const { paths } = context
      const controlSocket = paths.socket(STATUS_CONTROL)
      const more = input.values['more'] === true
      const sent = await sendNotices(id, { controlSocket, send, more })
      if (input.values['json'] === true) print(JSON.stringify(sent))
      else
        for (const one of sent)
          print(
            `${one.recipient}: ${one.outcome}, ${one.filled} of ${one.fields} fields; ${one.more}`,
          )
      if (sent.length === 0) print('no notice is owed')
      return sent.every(({ outcome }) => outcome === 'sent') ? 0 : 1
    },
  },
  {
    name: 'incident bundle',
    summary: 'write the proof of a breach for an authority: a folder that is checked offline',
    usage: 'BREACH --into FOLDER',
    options: { into: { type: 'string' } },
    run: async (context, input) => {
      const id = breachIn(input)
      const into = text(input, 'into')
      if (into === '') throw usage('--into names the folder to write')
      const { breaches } = (await control(context, { ask: 'breaches' })) as { breaches: Breach[] }
      const breach = breaches.find((one) => one.id === id)
      if (!breach) throw usage(`there is no breach '${id}' in the register`)
      const notices = await Promise.all(
        breach.duties.map(async ({ recipient }) => {
          const notice = (await control(context, { ask: 'notice', id, recipient })) as Notice
          return [`notices/${recipient.replaceAll(/[^\w.-]/g, '_')}.txt`, notice.text] as const
        }),
      )
      const { exposure } = breach.detail
      const { statements } = exposure
        ? await recordedStatements(context.paths.audit, exposure)
        : { statements: [] }
      const lines = statements.map((one) => `${JSON.stringify(one)}\n`).join('')
      const names = await writeProofBundle(into, {
        files: [
          ['breach.json', `${JSON.stringify(breach, undefined, 2)}\n`],
          ['statements.jsonl', lines],
          ['evidence.bundle', await evidenceOf(context)],
          ['README.txt', howToCheck],
          ...notices,
        ],
        audit: context.paths.audit,
        processes: [
          ...statementBooks(context.config.sqlGateway.workers),
          'status',
          'detection',
          'access',
        ],
      })
      for (const name of names) print(name)
      return 0
    },
  },
]

const howToCheck = `How to check this without us:
  sha256sum -c SHA256SUMS                  every file is as it was written
  veilig audit verify --data .             no record was altered, removed or moved
  veilig trust verify evidence.bundle      the signed measurements of the controls
breach.json is the register's own entry with its clocks; notices/ has what each customer was told;
statements.jsonl has every statement of the account, as the audit trail has it.
`

async function evidenceOf({ paths }: Context): Promise<string> {
  const place = { disk: systemDisk, folder: paths.evidence }
  return JSON.stringify(await makeBundle(place, await new EvidenceReader(place).refresh()))
}

async function suspectOf(
  context: Context,
  input: CommandInput,
): Promise<{ readonly suspect: Suspect; readonly detectedMs: number }> {
  const nowMs = context.clock.nowMs()
  const id = text(input, 'alert')
  if (id !== '') {
    const alert = await watchOf(context).alert(id)
    if (!alert) throw usage(`there is no alert ${id}`)
    const fromMs = moment(input, 'from') ?? alert.firstMs - BEFORE_ALERT_MS
    const toMs = moment(input, 'to') ?? nowMs
    const { role: account, address } = alert
    return { suspect: { account, address, fromMs, toMs }, detectedMs: alert.firstMs }
  }
  const [account, fromMs] = [text(input, 'account'), moment(input, 'from')]
  if (account === '' || fromMs === undefined) throw usage('name --alert, or --account and --from')
  const toMs = moment(input, 'to') ?? nowMs
  return { suspect: { account, address: text(input, 'address'), fromMs, toMs }, detectedMs: toMs }
}

function control(context: Context, question: Parameters<typeof askStatus>[1]): Promise<unknown> {
  return askStatus(context.paths.socket(STATUS_CONTROL), question)
}

function breachIn(input: CommandInput): string {
  const [id] = input.positionals
  if (id === undefined) throw usage(`name the breach; 'veilig incident list' shows all`)
  return id
}

function text(input: CommandInput, name: string): string {
  const value = input.values[name]
  return typeof value === 'string' ? value : ''
}

function moment(input: CommandInput, name: string): number | undefined {
  if (text(input, name) === '') return undefined
  const ms = Date.parse(text(input, name))
  if (Number.isNaN(ms)) throw usage(`--${name} is a time, like 2026-11-23T09:30:00Z`)
  return ms
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function usage(message: string): UsageError {
  return new UsageError('OPTION_INVALID', message)
}
