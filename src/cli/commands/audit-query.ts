/**
 * `veilig audit query`: questions to the audit trail, in SQL.
 *
 * @module
 */
import { userInfo } from 'node:os'
import { queryBooks, type Cell, type QueryResult, type Window } from '#audit/query.ts'
import type { Revealing } from '#audit/reveal.ts'
import { UsageError } from '#lib/errors.ts'
import { readBindValues } from '#protocol/postgres/bind-values.ts'
import { readClassKeys } from '../class-keys.ts'
import { openCommandBook } from '../command-book.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { timeOption } from '../time-option.ts'

const ROWS_DEFAULT = 1000
const ROWS_MAX = 1_000_000
const CELL_WIDTH_MAX = 60
/** The end of a statement may be recorded this long after its beginning. */
const TAIL_MS = 3_600_000
const REASON_MAX = 1_000
const QUERY_MAX = 16_384

export const auditQueryCommand: Command = {
  name: 'audit query',
  summary: 'ask the audit trail in SQL: events, statements, personal, activity, parameters',
  usage:
    '"SELECT …" [--from TIME] [--to TIME] [--process NAME] [--limit ROWS] ' +
    '[--reveal KEYFILE,… --reason TEXT] [--json]',
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    process: { type: 'string' },
    limit: { type: 'string' },
    reveal: { type: 'string' },
    reason: { type: 'string' },
  },
  run: async (context, input) => {
    const [sql] = input.positionals
    if (sql === undefined || input.positionals.length > 1) {
      const example = `veilig audit query "SELECT time, user, sql FROM statements"`
      throw new UsageError('OPTION_INVALID', `the query goes in one pair of quotes: ${example}`)
    }
    const rowsMax = readLimit(input.values['limit'])
    const process = input.values['process']
    const one = typeof process === 'string' ? { process: checkedName(process) } : {}
    const window = windowOf(context, input)
    const revealed = await revealing(context, input, sql)
    const asked = { folder: context.paths.audit, sql, rowsMax, ...one, ...window, ...revealed }
    const result = await queryBooks(asked)
    if (input.values['json'] === true) printJson(result)
    else print(result, input.interactive)
    complain(result, rowsMax)
    return result.warnings.length > 0 ? 1 : 0
  },
}

/**
 * Who reads values of persons says why, and that stands in the trail before he reads.
 *
 * @throws {UsageError} OPTION_INVALID, KEY_FILE_MISSING, KEY_NOT_READABLE.
 */
async function revealing(
  context: Context,
  { values }: CommandInput,
  query: string,
): Promise<{ readonly reveal?: Revealing }> {
  const { reveal: files, reason } = values
  if (typeof files !== 'string') return {}
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > REASON_MAX)
    throw new UsageError('OPTION_INVALID', '--reveal goes with --reason: why the values are read')
  const identities = await readClassKeys(files)
  await using book = await openCommandBook(context, 'reveal')
  const keys = identities
    .map(({ recipientId }) => Buffer.from(recipientId).toString('hex'))
    .join(' ')
  const detail = { person: userInfo().username, keys, reason, query: query.slice(0, QUERY_MAX) }
  await book.append([{ code: 'AUDIT_PARAMETERS_REVEALED', detail }])
  await book.flush()
  return { reveal: { identities, valuesIn: readBindValues } }
}

/** A time that is named is all that is read: a minute of a large trail in no time. */
function windowOf(context: Context, input: CommandInput): { readonly window?: Window } {
  const [from, to] = [timeOption(input, 'from'), timeOption(input, 'to')]
  if (from === undefined && to === undefined) return {}
  const [fromMs, toMs] = [from ?? 0, to ?? context.clock.nowMs()]
  if (fromMs > toMs) throw new UsageError('OPTION_INVALID', '--from is a time before --to')
  return { window: { fromMs, toMs, tailMs: TAIL_MS } }
}

function readLimit(text: string | boolean | undefined): number {
  if (text === undefined) return ROWS_DEFAULT
  const rows = Number(text)
  if (Number.isInteger(rows) && rows > 0 && rows <= ROWS_MAX) return rows
  throw new UsageError('OPTION_INVALID', `--limit takes a number of rows from 1 to ${ROWS_MAX}`)
}

function checkedName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,62}$/.test(name)) return name
  throw new UsageError('OPTION_INVALID', `--process takes the name of a process, like sql-gateway`)
}

/** One object a line. */
function printJson({ columns, rows }: QueryResult): void {
  for (const row of rows) {
    const object = Object.fromEntries(columns.map((column, at) => [column, row[at] ?? null]))
    process.stdout.write(`${JSON.stringify(object)}\n`)
  }
}

/** Columns as wide as their widest cell, up to a limit on a terminal. */
function print({ columns, rows }: QueryResult, interactive: boolean): void {
  const widthMax = interactive ? CELL_WIDTH_MAX : Infinity
  const cells = rows.map((row) => row.map((value) => clip(shown(value), widthMax)))
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0)),
  )
  const numeric = columns.map((_, at) => rows.every((row) => typeof row[at] === 'number'))
  const line = (row: readonly string[]): string =>
    row
      .map((text, at) => (numeric[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd()
  const [bold, plain] = interactive ? ['\x1b[1m', '\x1b[0m'] : ['', '']
  process.stdout.write(`${bold}${line(columns)}${plain}\n`)
  for (const row of cells) process.stdout.write(`${line(row)}\n`)
}

function complain({ more, records, warnings }: QueryResult, rowsMax: number): void {
  if (more) {
    const hint = `only the first ${rowsMax} rows are shown; ask for more with --limit`
    process.stderr.write(`${hint}\n`)
  }
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  if (records === 0) process.stderr.write('the audit trail is empty here; is --data right?\n')
}

function shown(value: Cell): string {
  if (value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  // What a client wrote must not move the cursor of who reads it.
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}

function clip(text: string, widthMax: number): string {
  return text.length > widthMax ? `${text.slice(0, widthMax - 1)}…` : text
}
