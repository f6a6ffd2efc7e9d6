/**
 * The two servers of a restore beside what lives: the live one, and the restored one.
 *
 * @module
 */
import pg from 'pg'
import { FaultError, UsageError } from '#lib/errors.ts'

/** The database that a connection string names. @throws {UsageError} OPTION_INVALID. */
export function databaseOf(live: string): string {
  const address = URL.parse(live)
  const database = decodeURIComponent(address?.pathname.slice(1) ?? '')
  if (address && /^postgres(ql)?:$/.test(address.protocol) && database !== '') return database
  const message = '--live is a URL such as postgresql://admin@db.example.org/club'
  throw new UsageError('OPTION_INVALID', message)
}

/** Whether a restored server is where it was told to go. */
export async function hasRecovered(connection: pg.ClientConfig): Promise<boolean> {
  await using server = await connectedTo(connection)
  const { rows } = await server.client.query<{ on: boolean }>('select pg_is_in_recovery() as on')
  return rows[0]?.on === false
}

/** @throws {FaultError} DATABASE_UNREACHABLE. */
export async function connectedTo(
  config: pg.ClientConfig,
): Promise<AsyncDisposable & { readonly client: pg.Client }> {
  const client = new pg.Client({ ...config, application_name: 'veilig restore' })
  client.on('error', () => undefined) // told by the query under way
  try {
    await client.connect()
  } catch (cause) {
    const message = `${(cause as Error).message}; is the address right, and the server running?`
    throw new FaultError('DATABASE_UNREACHABLE', message, { cause })
  }
  return { client, [Symbol.asyncDispose]: () => client.end().catch(() => undefined) }
}
