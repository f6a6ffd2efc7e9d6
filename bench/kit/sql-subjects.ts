/**
 * What stands between pgbench and PostgreSQL in `bench/sql.ts`: nothing, PgBouncer, ours, and a
 * server that records by itself (pgaudit).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '#kit/ports.ts'
import { PASSWORD, startPostgres, SUPERUSER, type TestPostgres } from '#kit/postgres.ts'
import type { SqlGatewayInput } from '#kit/sql-gateway-process.ts'
import type { PostgresBinaries } from '#system/postgres/binaries.ts'
import { cpuSeconds, cpuSecondsOfServer } from './bench.ts'
import { runPeer, startPgBouncer } from './peers.ts'

/** One way to a server. */
export type Subject = {
  readonly name: string
  readonly host: string
  readonly port: number
  /** The process between client and server, if any: for its memory. */
  readonly pid: number | undefined
  /** CPU seconds so far of what is measured: the process in between, or the server itself. */
  readonly cpuSeconds: (() => number) | undefined
}

const env = { PGPASSWORD: PASSWORD, PGUSER: SUPERUSER }
const settings = { shared_buffers: '256MB', max_connections: '700' }

/** A server with pgbench's tables, scale 10. */
export async function startLoaded(
  more: Readonly<Record<string, string>> = {},
  binaries?: PostgresBinaries,
): Promise<TestPostgres> {
  const server = await startPostgres({ ...settings, ...more }, binaries)
  await runPeer('pgbench', ['-i', '-q', '-s', '10', '-h', server.socketDir, 'postgres'], { env })
  return server
}

export function direct(name: string, server: TestPostgres, counts: boolean): Subject {
  const pid = server.cluster.pid
  return {
    name,
    host: server.socketDir,
    port: server.port,
    pid: undefined,
    cpuSeconds: counts ? () => cpuSecondsOfServer(pid) : undefined,
  }
}

export async function startBouncer(
  stack: AsyncDisposableStack,
  folder: string,
  server: TestPostgres,
): Promise<Subject> {
  const { pid, port } = stack.use(
    await startPgBouncer({
      folder: join(folder, 'pgbouncer'),
      account: server.place.account,
      port: await freePort(),
      server: { host: server.socketDir, port: server.port },
      users: { [SUPERUSER]: PASSWORD },
    }),
  )
  return between('pgbouncer', port, pid)
}

/** A pipe that looks at nothing: what Node.js itself costs. */
export async function startPipe(
  stack: AsyncDisposableStack,
  { socketDir, port }: TestPostgres,
): Promise<Subject> {
  const program = fileURLToPath(new URL('pipe-process.ts', import.meta.url))
  const { pid, line } = await startProgram(stack, program, `${socketDir}/.s.PGSQL.${port}`)
  return between('node-pipe', Number(line), pid)
}

/** Ours in a process of its own, as it runs in the ring; without TLS, as the peers. */
export async function startGateway(
  stack: AsyncDisposableStack,
  name: 'written' | 'durable' | 'rules',
  folder: string,
  server: TestPostgres,
): Promise<Subject> {
  const limits = { sessionsMax: 10_000, connectionsPerAddressMax: 10_000, loginsMax: 10_000 }
  const roles = name === 'rules' ? { roles: { [SUPERUSER]: {} } } : {}
  const books = join(folder, name)
  const input: SqlGatewayInput = {
    mode: name === 'durable' ? 'durable' : 'written',
    port: 0,
    folder: books,
    socketDir: server.socketDir,
    serverPort: server.port,
    config: { limits, ...roles },
  }
  await mkdir(books, { recursive: true })
  const program = fileURLToPath(new URL('../../test/kit/sql-gateway-process.ts', import.meta.url))
  const { pid, line } = await startProgram(stack, program, JSON.stringify(input))
  return between(`veilig-${name}`, Number(line), pid)
}

/** Follows the book that is written there. @returns Its process. */
export async function startDetection(
  stack: AsyncDisposableStack,
  folder: string,
): Promise<() => number> {
  const program = fileURLToPath(new URL('detection-process.ts', import.meta.url))
  const { pid } = await startProgram(stack, program, folder)
  return () => cpuSeconds(pid)
}

function between(name: string, port: number, pid: number): Subject {
  return { name, host: '127.0.0.1', port, pid, cpuSeconds: () => cpuSeconds(pid) }
}

async function startProgram(
  stack: AsyncDisposableStack,
  program: string,
  argument: string,
): Promise<{ pid: number; line: string }> {
  const args = [...process.execArgv, program, argument]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  stack.defer(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { pid: child.pid ?? 0, line: line.toString() }
}
