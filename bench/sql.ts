/**
 * pgbench through the SQL gateway, beside PgBouncer, a direct connection, and pgaudit writing the
 * same record inside the server.
 *
 * CPU time per query of what was added (the process in between, or the server's own work), since
 * throughput on shared cores says little; rounds are interleaved and the median taken. pgbench's
 * own tables, scale 10, 8 clients. As it is, it ends within four minutes on two quiet cores;
 * `VEILIG_BENCH_ROUNDS` asks for more rounds than two.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { debianPostgres, PASSWORD, SUPERUSER, temporaryFolder } from '#kit/postgres.ts'
import { emit, median, missing, round as rounded, which } from './kit/bench.ts'
import { runPeer } from './kit/peers.ts'
import { measureMemory } from './kit/sql-memory.ts'
import {
  direct,
  startBouncer,
  startDetection,
  startGateway,
  startLoaded,
  startPipe,
  type Subject,
} from './kit/sql-subjects.ts'

const BENCH = 'sql'
const ROUNDS = Number(process.env['VEILIG_BENCH_ROUNDS'] ?? '2')
const CLIENTS = 8
/** Of each round: time, not transactions, so that a busy machine ends as soon as a quiet one. */
const SECONDS = 2
/** A statement of some 400 bytes that nobody has seen before: a new comment each time. */
const NEVER_SEEN = `\\set aid random(1, 100000)
\\set never random(1, 1000000000)
SELECT a.aid, a.bid, a.abalance, b.bbalance, t.tbalance, coalesce(a.filler, 'none') AS filler FROM \
pgbench_accounts a JOIN pgbench_branches b ON b.bid = a.bid LEFT JOIN pgbench_tellers t ON t.bid = b.bid \
AND t.tid = b.bid * 10 WHERE a.aid = :aid AND a.abalance BETWEEN -1000000000 AND 1000000000 AND \
b.bbalance <> :never ORDER BY a.aid, t.tid LIMIT 1 /* never seen before: :never, and so never parsed */;
`
const COPY_ROWS = 2_000_000
const PGAUDIT = {
  shared_preload_libraries: 'pgaudit',
  'pgaudit.log': 'all',
  'pgaudit.log_parameter': 'on',
  'pgaudit.log_rows': 'on',
}
const env = { PGPASSWORD: PASSWORD, PGUSER: SUPERUSER, PGSSLMODE: 'disable' }

type Round = {
  readonly queries: number
  readonly tps: number
  readonly cpuUs: number | undefined
}
type Work = { readonly what: string; readonly mode: string; readonly script?: string }

const simple: Work = { what: 'simple', mode: 'simple' }
const prepared: Work = { what: 'prepared', mode: 'prepared' }

if (!which('pgbench')) {
  missing(BENCH, 'pgbench', 'install postgresql-15; nothing can be measured without it')
} else {
  const folder = await temporaryFolder('bench-sql')
  try {
    await compareGateways(folder)
    await comparePgaudit()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** All before one server: nothing, PgBouncer, ours with detection following. */
async function compareGateways(folder: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startLoaded())
  const peers = [direct('direct', server, false)]
  if (which('pgbouncer')) peers.push(await startBouncer(stack, folder, server))
  else missing(BENCH, 'pgbouncer', 'not installed')
  peers.push(await startPipe(stack, server))
  const written = await startGateway(stack, 'written', folder, server)
  const durable = await startGateway(stack, 'durable', folder, server)
  const rules = await startGateway(stack, 'rules', folder, server)
  const detection = await startDetection(stack, join(folder, 'written'))

  await compare([...peers, written], simple, detection)
  await compare([...peers, written, durable], prepared, detection)
  const script = join(folder, 'never-seen.sql')
  await writeFile(script, NEVER_SEEN)
  const neverSeen = { what: 'never seen', mode: 'simple', script }
  await compare([...peers, written, rules], neverSeen, detection)
  await compareLatency([...peers, written], folder)
  for (const way of ['out', 'in'] as const) await compareCopy([...peers, written], way)
  for (const subject of [...peers, written]) await measureMemory(BENCH, subject)
}

/** The server's own CPU, without and with the extension that writes every statement to its log. */
async function comparePgaudit(): Promise<void> {
  const debian = debianPostgres()
  if (!debian || !existsSync(join(debian.bin, '../lib/pgaudit.so'))) {
    return missing(BENCH, 'pgaudit', 'install postgresql-15-pgaudit')
  }
  await using plain = await startLoaded({}, debian)
  await using audited = await startLoaded(PGAUDIT, debian)
  await audited.query('CREATE EXTENSION pgaudit')
  const subjects = [direct('direct-15', plain, true), direct('pgaudit-15', audited, true)]
  for (const work of [simple, prepared]) await compare(subjects, work)
}

async function compare(
  subjects: readonly Subject[],
  work: Work,
  detection?: () => number,
): Promise<void> {
  const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
  const before = detection?.() ?? 0
  let recorded = 0
  for (let round = 0; round <= ROUNDS; round++) {
    const turned = subjects.map((_, index) => subjects[(index + round) % subjects.length]!)
    for (const subject of turned) {
      const measured = await measure(subject, work)
      if (subject.name === 'veilig-written') recorded += measured.queries
      if (round > 0) rounds.get(subject.name)?.push(measured) // the first warms up
    }
  }
  const tps = (name: string): number => median((rounds.get(name) ?? []).map((each) => each.tps))
  const cpu = (name: string): number =>
    median((rounds.get(name) ?? []).map((each) => each.cpuUs ?? Number.NaN))
  const { what } = work
  for (const { name, cpuSeconds } of subjects) {
    const ratio = ratios(subjects, name, tps)
    emit({
      bench: BENCH,
      subject: name,
      metric: `${what} queries`,
      value: tps(name),
      unit: '1/s',
      ratio,
    })
    if (!cpuSeconds) continue
    const ratioOfCpu = ratios(subjects, name, cpu)
    const metric = `${what} CPU`
    emit({
      bench: BENCH,
      subject: name,
      metric,
      value: cpu(name),
      unit: 'µs/query',
      ratio: ratioOfCpu,
    })
  }
  if (!detection) return
  const value = ((detection() - before) / recorded) * 1e6 // what it has read until now
  emit({
    bench: BENCH,
    subject: 'veilig-detection',
    metric: `${what} CPU`,
    value,
    unit: 'µs/query',
  })
}

/** Ours divided by each peer's, for what both have. */
function ratios(
  subjects: readonly Subject[],
  name: string,
  value: (name: string) => number,
): Record<string, number> {
  const peers = ['direct', 'pgbouncer', 'node-pipe', 'direct-15'].filter((peer) => {
    return peer !== name && subjects.some((each) => each.name === peer)
  })
  const found = peers.map((peer) => [peer, rounded(value(name) / value(peer))] as const)
  return Object.fromEntries(found.filter(([, ratio]) => Number.isFinite(ratio)))
}

async function measure(subject: Subject, work: Work): Promise<Round> {
  const what = work.script === undefined ? ['-S'] : ['-f', work.script]
  const load = ['-M', work.mode, '-c', String(CLIENTS), '-j', '2']
  const args = ['-n', ...what, ...load, '-T', String(SECONDS)]
  const before = subject.cpuSeconds?.()
  const output = await runPeer('pgbench', [...args, ...placeOf(subject), 'postgres'], { env })
  const used = before === undefined ? undefined : (subject.cpuSeconds?.() ?? 0) - before
  const queries = Number(/transactions actually processed: (\d+)/.exec(output)?.[1])
  return {
    queries,
    tps: Number(/tps = ([\d.]+)/.exec(output)?.[1]),
    cpuUs: used === undefined ? undefined : (used / queries) * 1e6,
  }
}

function placeOf({ host, port }: Subject): readonly string[] {
  return ['-h', host, '-p', String(port)]
}

/** What one client alone waits for a prepared statement: the middle of its latencies. */
async function compareLatency(subjects: readonly Subject[], folder: string): Promise<void> {
  const waits = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) {
      const prefix = join(folder, `latency-${subject.name}-${round}`)
      const load = ['-n', '-S', '-M', 'prepared', '-c', '1', '-T', String(SECONDS)]
      const args = [...load, '-l', '--log-prefix', prefix]
      await runPeer('pgbench', [...args, ...placeOf(subject), 'postgres'], { env })
      const [log = ''] = globSync(`${prefix}.*`)
      const lines = (await readFile(log, 'utf8')).trim().split('\n')
      waits.get(subject.name)?.push(...lines.map((line) => Number(line.split(' ')[2])))
    }
  }
  const middle = (name: string): number => median(waits.get(name) ?? [])
  for (const { name } of subjects) {
    const metric = 'prepared, one client, p50'
    emit({ bench: BENCH, subject: name, metric, value: middle(name), unit: 'µs' })
    if (name === 'direct') continue
    const value = middle(name) - middle('direct')
    emit({
      bench: BENCH,
      subject: name,
      metric: 'prepared, one client, added p50',
      value,
      unit: 'µs',
    })
  }
}

/** CPU for 2,000,000 rows, and how long they take. */
async function compareCopy(subjects: readonly Subject[], direction: 'in' | 'out'): Promise<void> {
  const rows = `SELECT n, repeat('x', 80) FROM generate_series(1, ${COPY_ROWS}) n`
  const sql =
    direction === 'out'
      ? `COPY (${rows}) TO STDOUT`
      : `\\copy copied FROM PROGRAM 'seq 1 ${COPY_ROWS} | sed "s/$/\t${'x'.repeat(80)}/"'`
  const seconds = new Map<string, number[]>()
  const cpu = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const subject of subjects) {
      const { name, cpuSeconds } = subject
      const fresh = 'DROP TABLE IF EXISTS copied; CREATE UNLOGGED TABLE copied (n int, t text)'
      const where = ['-X', '-q', ...placeOf(subject), '-d', 'postgres']
      if (direction === 'in') await runPeer('psql', [...where, '-c', fresh], { env })
      const before = cpuSeconds?.() ?? 0
      const start = performance.now()
      await runPeer('psql', [...where, '-o', '/dev/null', '-c', sql], { env })
      seconds.set(name, [...(seconds.get(name) ?? []), (performance.now() - start) / 1000])
      if (cpuSeconds) cpu.set(name, [...(cpu.get(name) ?? []), cpuSeconds() - before])
    }
  }
  const speed = (name: string): number => COPY_ROWS / median(seconds.get(name) ?? [])
  const used = (name: string): number => median(cpu.get(name) ?? []) * 1000
  for (const { name, cpuSeconds } of subjects) {
    const metric = `COPY ${direction}`
    const ratio = ratios(subjects, name, speed)
    emit({ bench: BENCH, subject: name, metric, value: speed(name), unit: 'rows/s', ratio })
    if (!cpuSeconds) continue
    const ratioOfCpu = ratios(subjects, name, used)
    const line = {
      bench: BENCH,
      subject: name,
      metric: `${metric} CPU`,
      unit: 'ms',
      ratio: ratioOfCpu,
    }
    emit({ ...line, value: used(name) })
  }
}
