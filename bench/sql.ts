/**
 * pgbench through the SQL gateway, beside PgBouncer and a direct connection.
 *
 * CPU time per query of the process in between, since throughput on shared cores says little; rounds
 * are interleaved and the median taken. One row table of pgbench's own, scale 10, 8 clients.
 */
import { spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { PASSWORD, startPostgres, SUPERUSER, temporaryFolder } from '#kit/postgres.ts'
import type { SqlGatewayInput } from '#kit/sql-gateway-process.ts'
import { cpuSeconds, emit, median, missing, which } from './kit/bench.ts'
import { runPeer, startPgBouncer, untilListening, type Peer } from './kit/peers.ts'

const BENCH = 'sql'
const ROUNDS = Number(process.env['VEILIG_BENCH_ROUNDS'] ?? '3')
const CLIENTS = 8
const TRANSACTIONS_PER_CLIENT = 7_500
const PORTS = { pgbouncer: 16_433, written: 16_434, durable: 16_435 } as const

type Subject = {
  readonly name: string
  readonly host: string
  readonly port: number
  /** The process between client and server, if any. */
  readonly pid: number | undefined
  readonly sslmode: string
}

type Round = { readonly tps: number; readonly cpuUs: number | undefined }

if (!which('pgbench')) {
  missing(BENCH, 'pgbench', 'install postgresql-15; nothing can be measured without it')
} else {
  await using server = await startPostgres({ shared_buffers: '256MB', max_connections: '200' })
  const env = { PGPASSWORD: PASSWORD, PGUSER: SUPERUSER }
  await runPeer('pgbench', ['-i', '-q', '-s', '10', '-h', server.socketDir, 'postgres'], { env })
  const folder = await temporaryFolder('bench-sql')
  const stack = new AsyncDisposableStack()
  const subjects: Subject[] = [
    {
      name: 'direct',
      host: server.socketDir,
      port: server.port,
      pid: undefined,
      sslmode: 'disable',
    },
  ]
  if (which('pgbouncer')) {
    const peer = stack.use(
      await startPgBouncer({
        folder: join(folder, 'pgbouncer'),
        account: server.place.account,
        port: PORTS.pgbouncer,
        server: { host: server.socketDir, port: server.port },
        users: { [SUPERUSER]: PASSWORD },
      }),
    )
    subjects.push({ name: 'pgbouncer', host: '127.0.0.1', sslmode: 'disable', ...peer })
  } else missing(BENCH, 'pgbouncer', 'not installed')
  for (const mode of ['written', 'durable'] as const) {
    const gateway = stack.use(await startGateway(mode, folder, server.socketDir, server.port))
    subjects.push({ name: `veilig-${mode}`, host: '127.0.0.1', sslmode: 'disable', ...gateway })
  }
  for (const protocol of ['simple', 'extended', 'prepared']) await compare(subjects, protocol, env)
  await stack.disposeAsync()
  await rm(folder, { recursive: true, force: true })
}

async function compare(
  subjects: readonly Subject[],
  protocol: string,
  env: Record<string, string>,
): Promise<void> {
  const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    const turned = subjects.map((_, index) => subjects[(index + round) % subjects.length]!)
    for (const subject of turned) {
      const measured = await measure(subject, protocol, env)
      if (round > 0) rounds.get(subject.name)?.push(measured) // the first warms up
    }
  }
  const tps = (name: string): number => median((rounds.get(name) ?? []).map((each) => each.tps))
  for (const { name, pid } of subjects) {
    const ratio = Object.fromEntries(
      ['direct', 'pgbouncer']
        .filter((peer) => peer !== name && rounds.has(peer))
        .map((peer) => [peer, Number((tps(name) / tps(peer)).toFixed(3))]),
    )
    const metric = `${protocol} queries`
    emit({ bench: BENCH, subject: name, metric, value: tps(name), unit: '1/s', ratio })
    if (pid === undefined) continue
    const cpu = median((rounds.get(name) ?? []).map((each) => each.cpuUs ?? NaN))
    emit({ bench: BENCH, subject: name, metric: `${protocol} CPU`, value: cpu, unit: 'µs/query' })
  }
}

async function measure(
  subject: Subject,
  protocol: string,
  env: Record<string, string>,
): Promise<Round> {
  const args = ['-n', '-S', '-M', protocol, '-c', String(CLIENTS), '-j', '2']
  const count = ['-t', String(TRANSACTIONS_PER_CLIENT)]
  const where = ['-h', subject.host, '-p', String(subject.port), 'postgres']
  const before = subject.pid === undefined ? 0 : cpuSeconds(subject.pid)
  const output = await runPeer('pgbench', [...args, ...count, ...where], {
    env: { ...env, PGSSLMODE: subject.sslmode },
  })
  const used = subject.pid === undefined ? undefined : cpuSeconds(subject.pid) - before
  const queries = CLIENTS * TRANSACTIONS_PER_CLIENT
  return {
    tps: Number(/tps = ([\d.]+)/.exec(output)?.[1]),
    cpuUs: used === undefined ? undefined : (used / queries) * 1e6,
  }
}

/** The gateway in a process of its own, as it runs in the ring, without TLS as the peers. */
async function startGateway(
  mode: 'written' | 'durable',
  folder: string,
  socketDir: string,
  serverPort: number,
): Promise<Peer> {
  const port = PORTS[mode]
  const input: SqlGatewayInput = { mode, port, folder: join(folder, mode), socketDir, serverPort }
  await mkdir(input.folder, { recursive: true })
  const program = fileURLToPath(new URL('../test/kit/sql-gateway-process.ts', import.meta.url))
  const args = [...process.execArgv, program, JSON.stringify(input)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  await untilListening(port)
  return {
    pid: child.pid ?? 0,
    port,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
