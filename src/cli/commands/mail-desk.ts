/**
 * `veilig mail sent|suppressions|suppress|figures|report|keys|renew-keys|preview`: the mail's desk
 * for the operator; what the console asks over the socket, here asked of the database.
 *
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'
import { basename, dirname } from 'node:path'
import { UsageError } from '#lib/errors.ts'
import { look } from '#lib/page/look.ts'
import { MailDesk, type SentLine } from '#services/mail-gateway/desk/questions.ts'
import { chartsPage } from '#services/mail-gateway/desk/page.ts'
import { lookupThrough } from '#services/mail-gateway/dns-check.ts'
import { ensureTokenKey } from '#services/mail-gateway/keys.ts'
import { ReportDesk } from '#services/mail-gateway/reports/desk.ts'
import { unpackReport } from '#services/mail-gateway/reports/unpack.ts'
import { languages } from '#services/mail-gateway/words.ts'
import { asItLeaves, templateOf } from '#services/mail-gateway/templates/book.ts'
import { render } from '#services/mail-gateway/templates/template.ts'
import { systemDisk } from '#system/disk.ts'
import { openPool } from '#system/postgres/pool.ts'
import { openBook } from '../book.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { controlConnection } from '../control.ts'
import { linkHosts } from '../run/mail-gateway.ts'
import { beginPair, openKeyring } from '../run/mail-keys.ts'

const BOOK = 'mail-desk'

type Opened = AsyncDisposable & { readonly desk: MailDesk; readonly reports: ReportDesk }

async function open(context: Context): Promise<Opened> {
  await using stack = new AsyncDisposableStack()
  const trail = stack.use(await openBook(context, BOOK))
  const pool = openPool({ ...(await controlConnection(context, 'mail-gateway')), max: 2 })
  stack.defer(() => pool.end())
  const secret = context.paths.secret('mail-gateway', 'token.key')
  const tokenKey = await ensureTokenKey(systemDisk, secret)
  const ports = { pool, trail, tokenKey, clock: context.clock, lookup: lookupThrough([]) }
  const all = stack.move()
  return {
    desk: new MailDesk(ports),
    reports: new ReportDesk(ports, context.config.mailGateway.domains),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

export const mailSentCommand: Command = {
  name: 'mail sent',
  summary: 'the newest mails and what became of each; no content, and no whole address',
  usage: '[--state STATE] [--tenant TENANT] [--json]',
  options: { state: { type: 'string' }, tenant: { type: 'string' } },
  run: async (context, { values }) => {
    await using opened = await open(context)
    const sent = await opened.desk.sent(textOf(values['state']), textOf(values['tenant']))
    if (values['json'] === true) print(JSON.stringify(sent))
    else for (const line of sent) print(sentLine(line))
    return 0
  },
}

export const mailSuppressionsCommand: Command = {
  name: 'mail suppressions',
  summary: 'to whom nothing is sent, or no lists, and why; people are keyed hashes',
  usage: '[--json]',
  options: {},
  run: async (context, { values }) => {
    await using opened = await open(context)
    const found = await opened.desk.suppressions()
    if (values['json'] === true) print(JSON.stringify(found))
    else
      for (const { victim, reason, status, sinceMs, note } of found)
        print(`${day(sinceMs)}  ${reason.padEnd(9)} ${status.padEnd(9)} ${victim}  ${note}`)
    return 0
  },
}

export const mailSuppressCommand: Command = {
  name: 'mail suppress',
  summary: 'send nothing but security mail to an address any more',
  usage: 'ADDRESS --note WHY',
  options: { note: { type: 'string' } },
  run: async (context, input) => {
    const address = only(input, 'name one address, such as jan@club.example')
    await using opened = await open(context)
    const isNew = await opened.desk.add(address, textOf(input.values['note']), operator())
    const said = isNew ? 'gets security mail only from now on' : 'was ended before'
    print(`${address} ${said}; veilig mail lift takes it back`)
    return 0
  },
}

export const mailFiguresCommand: Command = {
  name: 'mail figures',
  summary: 'volume, bounces, complaints, DMARC by source; --out draws them as a page',
  usage: '[--out FILE.html] [--json]',
  options: { out: { type: 'string' } },
  run: async (context, { values }) => {
    await using opened = await open(context)
    const figures = await opened.desk.figures()
    const out = textOf(values['out'])
    if (out !== '') {
      await writeFile(out, chartsPage(figures, look))
      print(`drawn: ${out}`)
    } else if (values['json'] === true) print(JSON.stringify(figures))
    else {
      for (const one of figures.days.filter(({ accepted }) => accepted > 0))
        print(
          `${one.day}  ${one.accepted} accepted, ${one.delivered} delivered, ` +
            `${one.bounced} bounced, ${one.complaints} complaints`,
        )
      for (const { source, messages, passed } of figures.sources)
        print(`${source}  ${messages} mails in our name, ${passed} passed DMARC`)
    }
    return 0
  },
}

export const mailReportCommand: Command = {
  name: 'mail report',
  summary: 'take DMARC or TLS reports that came to another mailbox',
  usage: 'FILE …',
  options: {},
  run: async (context, { positionals }) => {
    if (positionals.length === 0) throw new UsageError('OPTION_INVALID', 'name the files')
    await using opened = await open(context)
    for (const file of positionals) {
      const text = await unpackReport(await readFile(file))
      if (text === undefined) throw new UsageError('OPTION_INVALID', `${file} is no report`)
      const { kind, reporter, rows, isNew } = await opened.reports.keep(text)
      const said = isNew ? `${rows} rows` : 'was taken before'
      print(`${file}: ${kind} report of ${reporter}, ${said}`)
    }
    return 0
  },
}

export const mailKeysCommand: Command = {
  name: 'mail keys',
  summary: 'the DKIM keys: which sign, which wait to be published; --renew makes the next pair',
  usage: '[--renew] [--json]',
  options: { renew: { type: 'boolean' } },
  run: async (context, { values }) => {
    const ring = await openKeyring(context)
    if (values['renew'] === true) {
      await using trail = await openBook(context, BOOK)
      await beginPair(ring, trail)
    }
    const keys = ring.published().map(({ domain, selector, standing }) => {
      return { domain, selector, standing }
    })
    if (values['json'] === true) print(JSON.stringify(keys))
    else
      for (const { domain, selector, standing } of keys)
        print(`${standing.padEnd(8)} ${selector}._domainkey.${domain}`)
    if (keys.some(({ standing }) => standing === 'next') && values['json'] !== true)
      print('veilig dns prints what to publish; the gateway looks every hour, then signs with it')
    return 0
  },
}

export const mailPreviewCommand: Command = {
  name: 'mail preview',
  summary: 'a template as its reader sees it: text on the screen, HTML in a file',
  usage: 'FILE.LANGUAGE.mail [--values JSON] [--out FILE.html]',
  options: { values: { type: 'string' }, out: { type: 'string' } },
  run: async (context, input) => {
    const file = only(input, 'name one template, such as mails/welcome.nl.mail')
    const [, name, tag] = /^([a-z0-9-]+)\.([a-z]{2})\.mail$/.exec(basename(file)) ?? []
    const language = languages.find((one) => one === tag)
    if (name === undefined || language === undefined)
      throw new UsageError('OPTION_INVALID', 'a template is named NAME.LANGUAGE.mail')
    const template = await templateOf(dirname(file), name, language)
    const values = jsonOf(textOf(input.values['values']) || '{}')
    const hosts = linkHosts(context)
    const shown = asItLeaves(render(template, language, values, hosts), language, hosts)
    const out = textOf(input.values['out'])
    if (out !== '') await writeFile(out, shown.html)
    print(`Subject: ${shown.subject}\n\n${shown.text}`)
    return 0
  },
}

function sentLine({ atMs, state, status, to, category, list, tenant }: SentLine): string {
  const name = list === category ? category : `${category}/${list}`
  return `${day(atMs)}  ${state.padEnd(9)} ${status.padEnd(11)} ${to.padEnd(28)} ${name} ${tenant}`
}

function jsonOf(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    throw new UsageError('OPTION_INVALID', '--values takes JSON, such as {"name": "Jan"}')
  }
}

function only({ positionals }: CommandInput, otherwise: string): string {
  const [one, ...more] = positionals
  if (one !== undefined && more.length === 0) return one
  throw new UsageError('OPTION_INVALID', otherwise)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
}

/** Who gives the command, as the trail knows people of this machine. */
function operator(): string {
  return `${userInfo().username}@${hostname()}`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export const mailDeskCommands: readonly Command[] = [
  mailSentCommand,
  mailSuppressionsCommand,
  mailSuppressCommand,
  mailFiguresCommand,
  mailReportCommand,
  mailKeysCommand,
  mailPreviewCommand,
]
