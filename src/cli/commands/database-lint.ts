/**
 * `veilig database lint`: what is weak in the protected server, and how to mend it.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import {
  lintServer,
  type LintAsk,
  type LintFinding,
  type LintRow,
} from '#services/sql-gateway/lint.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'

const ANSWER_MS = 30_000

export const databaseLintCommand: Command = {
  name: 'database lint',
  summary: 'what is weak in the protected server, each with the mend',
  usage: '[--url postgres://…] [--json]',
  options: { url: { type: 'string' } },
  run: async (context, input) => {
    const connection = await connectionOf(context, input)
    await using asking = new Asking(connection)
    const findings = await lintServer(connection.database ?? 'postgres', asking.ask)
    const json = input.values['json'] === true
    process.stdout.write(json ? `${JSON.stringify(findings, undefined, 2)}\n` : told(findings))
    return findings.some(({ severity }) => severity === 'high') ? 1 : 0
  },
}

/** The embedded cluster as its superuser, who alone may read everything; or whatever is named. */
async function connectionOf(context: Context, input: CommandInput): Promise<pg.ClientConfig> {
  const { url } = input.values
  const common = { connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS }
  if (typeof url === 'string') return { connectionString: url, ...common }
  const { paths } = context
  try {
    const password = await readFile(paths.secret('supervisor', 'database-password'), 'utf8')
    const host = paths.clusterSocket('protected')
    const whoever = { user: 'postgres', password, application_name: 'veilig database lint' }
    return { host, port: 5432, database: 'postgres', ...whoever, ...common }
  } catch (cause) {
    const message = 'there is no ring in this data folder; name the server with --url'
    throw new FaultError('DATABASE_UNREADABLE', message, { cause })
  }
}

/** One connection for each database that is asked. */
class Asking implements AsyncDisposable {
  readonly #connection: pg.ClientConfig
  readonly #clients = new Map<string, pg.Client>()

  constructor(connection: pg.ClientConfig) {
    this.#connection = connection
  }

  readonly ask: LintAsk = async (database, sql) => {
    try {
      const client = await this.#client(database)
      return (await client.query<LintRow>(sql)).rows
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new FaultError('DATABASE_UNREADABLE', `${database}: ${reason}`, { cause })
    }
  }

  async #client(database: string): Promise<pg.Client> {
    const known = this.#clients.get(database)
    if (known) return known
    const client = new pg.Client({ ...this.#connection, ...named(this.#connection, database) })
    client.on('error', () => undefined) // said by the query
    this.#clients.set(database, client)
    await client.connect()
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) await client.end().catch(() => undefined)
  }
}

function named({ connectionString }: pg.ClientConfig, database: string): pg.ClientConfig {
  if (connectionString === undefined) return { database }
  const url = new URL(connectionString)
  url.pathname = `/${encodeURIComponent(database)}`
  return { connectionString: url.href }
}

function told(findings: readonly LintFinding[]): string {
  if (findings.length === 0) return 'Nothing weak was found.\n'
  const lines = findings.map(({ severity, id, database, sentence, mend }) => {
    const where = database === '' ? '' : ` [${database}]`
    return `${severity.padEnd(6)}  ${id}${where}\n  ${sentence}\n  ${mend}\n`
  })
  return `${lines.join('\n')}\n${findings.length} findings.\n`
}
