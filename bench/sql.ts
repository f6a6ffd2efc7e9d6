/**
 * pgbench through the SQL gateway, beside PgBouncer and a direct connection.
 *
 * CPU time per query of the process in between, since throughput on shared cores says little; rounds
 * are interleaved and the median taken. One row table of pgbench's own, scale 10, 8 clients.
 */
import { spawn } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
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
/** Where each waits for the disk, or is work for the server, fewer tell as much. */
const FEW_TRANSACTIONS_PER_CLIENT = 1_000
const PORTS = { pgbouncer: 16_433, written: 16_434, durable: 16_435, rules: 16_436 } as const
/** A statement of some 400 bytes that nobody has seen before: a new comment each time. */
const NEVER_SEEN = `\\set aid random(1, 100000)
\\set never random(1, 1000000000)
SELECT a.aid, a.bid, a.abalance, b.bbalance, t.tbalance, coalesce(a.filler, 'none') AS filler FROM \
pgbench_accounts a JOIN pgbench_branches b ON b.bid = a.bid LEFT JOIN pgbench_tellers t ON t.bid = b.bid \
AND t.tid = b.bid * 10 WHERE a.aid = :aid AND a.abalance BETWEEN -1000000000 AND 1000000000 AND \
b.bbalance <> :never ORDER BY a.aid, t.tid LIMIT 1 /* never seen before: :never, and so never parsed */;
`
const COPY_ROWS = 2_000_000
const COPY_ROUNDS = 3

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
  for (const name of ['written', 'durable', 'rules'] as const) {
    const gateway = stack.use(await startGateway(name, folder, server.socketDir, server.port))
    subjects.push({ name: `veilig-${name}`, host: '127.0.0.1', sslmode: 'disable', ...gateway })
  }
  const withoutRules = subjects.filter(({ name }) => name !== 'veilig-rules')
  for (const protocol of ['simple', 'extended', 'prepared']) {
    await compare(withoutRules, protocol, env)
  }
  const script = join(folder, 'never-seen.sql')
  await writeFile(script, NEVER_SEEN)
  const notDurable = subjects.filter(({ name }) => name !== 'veilig-durable')
  await compare(notDurable, 'simple', env, script)
  for (const direction of ['out', 'in'] as const) {
    await compareCopy(withoutRules.slice(0, -1), direction, env)
  }
  await stack.disposeAsync()
  await rm(folder, { recursive: true, force: true })
}

async function compare(
  subjects: readonly Subject[],
  protocol: string,
  env: Record<string, string>,
  script?: string,
): Promise<void> {
  const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    const turned = subjects.map((_, index) => subjects[(index + round) % subjects.length]!)
    for (const subject of turned) {
      const measured = await measure(subject, protocol, env, script)
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
    const what = script === undefined ? protocol : 'never seen'
    const metric = `${what} queries`
    emit({ bench: BENCH, subject: name, metric, value: tps(name), unit: '1/s', ratio })
    if (pid === undefined) continue
    const cpu = median((rounds.get(name) ?? []).map((each) => each.cpuUs ?? NaN))
    emit({ bench: BENCH, subject: name, metric: `${what} CPU`, value: cpu, unit: 'µs/query' })
  }
}

async function measure(
  subject: Subject,
  protocol: string,
  env: Record<string, string>,
  script?: string,
): Promise<Round> {
  const work = script === undefined ? ['-S'] : ['-f', script]
  const args = ['-n', ...work, '-M', protocol, '-c', String(CLIENTS), '-j', '2']
  const isDurable = subject.name === 'veilig-durable'
  const isFew = isDurable || script !== undefined
  const each = isFew ? FEW_TRANSACTIONS_PER_CLIENT : TRANSACTIONS_PER_CLIENT
  const count = ['-t', String(each)]
  const where = ['-h', subject.host, '-p', String(subject.port), 'postgres']
  const before = subject.pid === undefined ? 0 : cpuSeconds(subject.pid)
  const output = await runPeer('pgbench', [...args, ...count, ...where], {
    env: { ...env, PGSSLMODE: subject.sslmode },
  })
  const used = subject.pid === undefined ? undefined : cpuSeconds(subject.pid) - before
  const queries = CLIENTS * each
  return {
    tps: Number(/tps = ([\d.]+)/.exec(output)?.[1]),
    cpuUs: used === undefined ? undefined : (used / queries) * 1e6,
  }
}

/** CPU of the process in between for 2,000,000 rows, and how long they take. */
async function compareCopy(
  subjects: readonly Subject[],
  direction: 'in' | 'out',
  env: Record<string, string>,
): Promise<void> {
  const rows = `SELECT n, repeat('x', 80) FROM generate_series(1, ${COPY_ROWS}) n`
  const sql =
    direction === 'out'
      ? `COPY (${rows}) TO STDOUT`
      : `\\copy copied FROM PROGRAM 'seq 1 ${COPY_ROWS} | sed "s/$/\t${'x'.repeat(80)}/"'`
  const seconds = new Map<string, number[]>()
  const cpu = new Map<string, number[]>()
  for (let round = 0; round < COPY_ROUNDS; round++) {
    for (const { name, host, port, pid, sslmode } of subjects) {
      const fresh = 'DROP TABLE IF EXISTS copied; CREATE UNLOGGED TABLE copied (n int, t text)'
      const where = ['-X', '-q', '-h', host, '-p', String(port), '-d', 'postgres']
      const options = { env: { ...env, PGSSLMODE: sslmode } }
      if (direction === 'in') await runPeer('psql', [...where, '-c', fresh], options)
      const before = pid === undefined ? 0 : cpuSeconds(pid)
      const start = performance.now()
      await runPeer('psql', [...where, '-o', '/dev/null', '-c', sql], options)
      seconds.set(name, [...(seconds.get(name) ?? []), (performance.now() - start) / 1000])
      if (pid !== undefined) cpu.set(name, [...(cpu.get(name) ?? []), cpuSeconds(pid) - before])
    }
  }
  const speed = (name: string): number => COPY_ROWS / median(seconds.get(name) ?? [])
  for (const { name, pid } of subjects) {
    const peers = ['direct', 'pgbouncer'].filter((peer) => peer !== name && seconds.has(peer))
    const ratio = Object.fromEntries(
      peers.map((peer) => [peer, Number((speed(name) / speed(peer)).toFixed(3))]),
    )
    const metric = `COPY ${direction}`
    emit({ bench: BENCH, subject: name, metric, value: speed(name), unit: 'rows/s', ratio })
    if (pid === undefined) continue
    const value = median(cpu.get(name) ?? []) * 1000
    emit({ bench: BENCH, subject: name, metric: `${metric} CPU`, value, unit: 'ms' })
  }
}

/** The gateway in a process of its own, as it runs in the ring, without TLS as the peers. */
async function startGateway(
  name: 'written' | 'durable' | 'rules',
  folder: string,
  socketDir: string,
  serverPort: number,
): Promise<Peer> {
  const port = PORTS[name]
  const mode = name === 'rules' ? 'written' : name
  const config = name === 'rules' ? { roles: { [SUPERUSER]: {} } } : {}
  const books = join(folder, name)
  const input: SqlGatewayInput = { mode, port, folder: books, socketDir, serverPort, config }
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
