/**
 * PostgreSQL's own log, as jsonlog or csvlog writes it: who did what in which session, also what
 * runs inside functions, when pgaudit is loaded.
 *
 * Source: PostgreSQL manual, "Error Reporting and Logging" ("Using CSV-Format Log Output", "Using
 * JSON-Format Log Output"); pgaudit, "Format" of its README.
 *
 * @module
 */
import type { ServerSession } from './server-session.ts'

/** A line about a session of a client. */
export type LogLine = ServerSession & { readonly message: string }

/** Columns of csvlog; later versions add further ones at the end. */
const CSV = { role: 1, database: 2, pid: 3, from: 4, session: 5, message: 13, application: 22 }
const CSV_BACKEND = 23
/** Background workers and the server itself are nobody's session. */
const CLIENTS: readonly unknown[] = ['client backend', 'walsender', undefined, '']

/** A line of jsonlog. @returns Undefined for what is none, and for a line of no client. */
export function readJsonLog(line: string): LogLine | undefined {
  let value: Readonly<Record<string, unknown>>
  try {
    value = JSON.parse(line) as typeof value
  } catch {
    return undefined // cut by a crash of the server: its next line is whole again
  }
  if (typeof value !== 'object' || value === null || !CLIENTS.includes(value['backend_type']))
    return undefined
  const text = (name: string): string => {
    const found = value[name]
    return typeof found === 'string' ? found : ''
  }
  return lineOf(text('session_id'), {
    role: text('user'),
    database: text('dbname'),
    address: text('remote_host'),
    application: text('application_name'),
    message: text('message'),
  })
}

/** A record of csvlog, which may hold line breaks. @returns As `readJsonLog`. */
export function readCsvLog(record: string): LogLine | undefined {
  const fields = csvFields(record)
  const text = (at: number): string => fields[at] ?? ''
  if (fields.length <= CSV.message || !CLIENTS.includes(fields[CSV_BACKEND])) return undefined
  return lineOf(text(CSV.session), {
    role: text(CSV.role),
    database: text(CSV.database),
    address: text(CSV.from).replace(/^\[local\]$|:\d+$/, ''),
    application: text(CSV.application),
    message: text(CSV.message),
  })
}

/** @param session As `%c` writes it: start in seconds and process, both hexadecimal. */
function lineOf(session: string, rest: Omit<LogLine, 'pid' | 'startMs'>): LogLine | undefined {
  const [, start, pid] = /^([0-9a-f]{1,12})\.([0-9a-f]{1,8})$/.exec(session) ?? []
  if (start === undefined || pid === undefined || rest.role === '') return undefined
  const address = rest.address === '[local]' ? '' : rest.address
  return { ...rest, address, pid: parseInt(pid, 16), startMs: parseInt(start, 16) * 1000 }
}

/** Cuts text into whole records and the rest, which is not whole yet. */
export function csvRecords(text: string): { readonly records: string[]; readonly rest: string } {
  const records: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) quoted = !quoted
    if (code !== NEWLINE || quoted) continue
    records.push(text.slice(start, at))
    start = at + 1
  }
  return { records, rest: text.slice(start) }
}

const QUOTE = 0x22
const NEWLINE = 0x0a

function csvFields(record: string): readonly string[] {
  const fields = `,${record}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^,]*))/g)
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}

/** What a session was made to do; a line about a failed login shows nobody inside. */
const DONE = /^(?:duration: \S+ ms {2})?(?:statement|execute [^:]*|fastpath function call): /
const REPLICATION = 'received replication command: '
const AUDIT = 'AUDIT: '

/** Whether a line proves that its session did something. */
export function provesWork({ message }: LogLine): boolean {
  return DONE.test(message) || message.startsWith(AUDIT) || message.startsWith(REPLICATION)
}

/** Field of an entry of pgaudit: which statement within the one that the client sent. */
const SUBSTATEMENT = 2
const STATEMENT = 7

/** The statement that ran inside another one (a DO block, a function), as pgaudit tells it. */
export function insideStatement({ message }: LogLine): string | undefined {
  if (!message.startsWith(AUDIT)) return undefined
  const fields = csvFields(message.slice(AUDIT.length))
  const statement = fields[STATEMENT] ?? ''
  if (!(Number(fields[SUBSTATEMENT]) > 1) || statement.startsWith('<')) return undefined
  return statement === '' ? undefined : statement
}
