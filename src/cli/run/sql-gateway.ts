/**
 * Composes the SQL gateway: its certificate, its port, the protected cluster behind it, and the one
 * question it may ask there.
 *
 * @module
 */
import type pg from 'pg'
import { tableColumns } from '#system/postgres/table-columns.ts'
import { FaultError } from '#lib/errors.ts'
import { parseSanctions, type Sanction } from '#lib/sanctions.ts'
import { systemDisk } from '#system/disk.ts'
import { followFile } from '#system/follow-file.ts'
import type { RunningService } from '#system/service.ts'
import { openPool, type PoolOptions } from '#system/postgres/pool.ts'
import type { ColumnsOf } from '#services/sql-gateway/columns.ts'
import type { ServerConfig } from '#services/sql-gateway/config.ts'
import type { GatewayTls, Upstream } from '#services/sql-gateway/ports.ts'
import { serve } from '#services/sql-gateway/serve.ts'
import type { WorkerDesk } from '#services/sql-gateway/workers/desk.ts'
import { readConfig } from '../config-file.ts'
import { veiligConfig } from '../config.ts'
import type { ServiceContext } from '../context.ts'
import type { Books } from './sql-gateway-worker.ts'
import { startWorkers } from './workers.ts'

const ROLE = 'veilig_gateway'
const CONNECTIONS_MAX = 4
const ANSWER_MS = 10_000

/** @throws {FaultError} PORT_IN_USE, LISTEN_FAILED, DISK_MISSING. */
export async function runSqlGateway(context: ServiceContext): Promise<RunningService> {
  const { clock, trail, ports, paths, config, log } = context
  const { upstream, asking } = config.sqlGateway.server
    ? elsewhere(config.sqlGateway.server)
    : ownCluster(paths.clusterSocket('protected'), {
        password: await secretText(context, 'database-password'),
        passwordFile: paths.secret('sql-gateway', 'database-password'),
      })
  const verifiers = asking && openPool({ ...asking, max: CONNECTIONS_MAX })
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => await verifiers?.end())
  const running = stack.use(
    await serve(config.sqlGateway, {
      trail,
      clock,
      port: ports.sql,
      tls: await shownTls(context),
      upstream,
      verifierOf: verifiers && ((user) => verifierOf(verifiers, user)),
      sanctions: sanctionsIn(paths.sanctions),
      columnsOf: asking && ((database) => columnsOf({ ...asking, database })),
    }),
  )
  const readAgain = async (): Promise<void> => {
    const next = readConfig(veiligConfig, context.configFile, process.env)
    await running.reload({ config: next.sqlGateway, tls: await shownTls(context) })
    log.info('the configuration and the certificate were read again')
  }
  const onHangUp = (): void => {
    readAgain().catch((error: Error) => log.error(`nothing was changed: ${error.message}`))
  }
  process.on('SIGHUP', onHangUp)
  stack.defer(() => void process.off('SIGHUP', onHangUp))
  // The certificate is replaced last: its key is there by then.
  stack.use(followFile(paths.secret('sql-gateway', 'tls.pem'), onHangUp))
  const workers = await startSqlWorkers(context, running.desk)
  const first = stack.move()
  return {
    ...running,
    // All at once, so that nobody is let in by one while another waits for its statements.
    [Symbol.asyncDispose]: async () => {
      await Promise.all([workers[Symbol.asyncDispose](), first.disposeAsync()])
    },
  }
}

/** The further processes of the gateway. @throws {FaultError} What one threw when it began. */
async function startSqlWorkers(
  context: ServiceContext,
  desk: WorkerDesk,
): Promise<AsyncDisposable> {
  const { config, paths } = context
  const books: Books = { data: paths.data, audit: config.audit }
  return await startWorkers(context, {
    name: 'sql-gateway',
    program: 'sql-gateway-worker.ts',
    args: [JSON.stringify(books)],
    processes: config.sqlGateway.workers,
    takeIn: (end, _, dismiss) => desk.takeIn(end, dismiss),
  })
}

async function secretText({ paths }: ServiceContext, file: string): Promise<string> {
  return Buffer.from(await systemDisk.read(paths.secret('sql-gateway', file))).toString('utf8')
}

async function shownTls(context: ServiceContext): Promise<GatewayTls> {
  return {
    certificate: await secretText(context, 'tls.pem'),
    key: await secretText(context, 'tls.key'),
  }
}

/** Where the server is, and as whom it is asked for what the gateway must know, if at all. */
type Behind = { readonly upstream: Upstream; readonly asking: PoolOptions | undefined }

const PATIENCE = { connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS }

function ownCluster(
  socketDir: string,
  secret: Pick<PoolOptions, 'password' | 'passwordFile'>,
): Behind {
  const upstream = { socketDir, port: 5432 }
  const own = { host: socketDir, port: upstream.port, user: ROLE, database: 'postgres' }
  return { upstream, asking: { ...own, ...secret, ...PATIENCE } }
}

function elsewhere({ host, port, ca, servername, ...asker }: ServerConfig): Behind {
  const tls = ca === '' ? undefined : { ca, servername }
  const upstream = { host, port, ...(tls && { tls }) }
  if (asker.password === '') return { upstream, asking: undefined }
  const ssl = tls && { ca, servername: servername ?? host }
  return { upstream, asking: { host, port, ssl, ...asker, ...PATIENCE } }
}

/** What stands in the file, each time the file is another; what cannot be read changes nothing. */
function sanctionsIn(file: string): () => Promise<readonly Sanction[] | undefined> {
  let seen: string | undefined
  return async () => {
    const stamp = await systemDisk.stamp(file)
    if (stamp === undefined || stamp === seen) return undefined
    const found = parseSanctions(Buffer.from(await systemDisk.read(file)).toString('utf8'))
    seen = stamp
    return found
  }
}

/** The names of a database's columns, on a connection for this question alone. */
async function columnsOf(connection: PoolOptions): ReturnType<ColumnsOf> {
  const pool = openPool({ ...connection, max: 1 })
  try {
    return await tableColumns(pool)
  } finally {
    await pool.end()
  }
}

async function verifierOf(pool: pg.Pool, user: string): Promise<string | undefined> {
  try {
    const sql = 'select veilig_gateway.verifier($1) as verifier'
    const { rows } = await pool.query<{ verifier: string | null }>(sql, [user])
    return rows[0]?.verifier ?? undefined
  } catch (cause) {
    const message = 'the server does not say what it keeps in place of passwords'
    throw new FaultError('DB_UPSTREAM_UNREACHABLE', message, { cause })
  }
}
