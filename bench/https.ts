/**
 * HTTPS requests through the web-gateway, beside nginx, HAProxy and Caddy.
 *
 * TLS 1.3 keep-alive, the same certificate and the same number of policy headers for everybody, one
 * nginx worker as the application. wrk with 64 connections; rounds interleaved in rotated order; the
 * ratio is the median of the ratios of the rounds. Client, gateway and application share the cores.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createLocalAuthority, issueCertificate } from '../src/system/local-ca/authority.ts'
import { connect, type TLSSocket } from 'node:tls'
import { cpuSeconds, emit, median, missing, residentKib, which } from './kit/bench.ts'
import { fillPeer, untilListening } from './kit/peers.ts'
import { openSlowClients, startFlow, upload } from '../test/kit/flow.ts'

const BENCH = 'https'
const ROUNDS = Number(process.env['VEILIG_BENCH_ROUNDS'] ?? '3')
const SECONDS = Number(process.env['VEILIG_BENCH_SECONDS'] ?? '4')
/** On a loaded machine a program that compiles itself needs longer to be what it will be. */
const WARM_UP_SECONDS = Number(process.env['VEILIG_BENCH_WARM_UP_SECONDS'] ?? '1')
/** Folder for profiles of our processes. */
const PROFILES = process.env['VEILIG_BENCH_PROFILES']
/** Names, comma between; all without it. */
const SUBJECTS = process.env['VEILIG_BENCH_SUBJECTS']?.split(',')
/** Of what is measured: requests, handshakes, idle, flow. The whole takes some six minutes. */
const PARTS = (process.env['VEILIG_BENCH_PARTS'] ?? 'requests,handshakes,idle,flow').split(',')
const CONNECTIONS = 64
const HANDSHAKE_CLIENTS = 4
const IDLE_CONNECTIONS = 1_000
const UPLOAD_MIB = Number(process.env['VEILIG_FLOW_UPLOAD_MIB'] ?? '5120')
const SLOW_CLIENTS = Number(process.env['VEILIG_FLOW_CLIENTS'] ?? '5000')
const ORIGIN_PORT = 9000
const STOP_TIMEOUT_MS = 3_000

type Subject = { readonly name: string; readonly port: number; readonly processes: ChildProcess[] }
/** What a client saw of one subject in one round; of handshakes alone no latency is told. */
type Seen = {
  readonly count: number
  readonly perSecond: number
  readonly p50Ms?: number
  readonly p99Ms?: number
}
type Round = Seen & { readonly cpuUs: number }
type Client = (subject: Subject, seconds: number) => Promise<Seen>

const metrics = [
  ['perSecond', 'done', '1/s'],
  ['p50Ms', 'latency, median', 'ms'],
  ['p99Ms', 'latency, 99th percentile', 'ms'],
  ['cpuUs', 'CPU', 'µs'],
] as const

const run = promisify(execFile)
const folder = await mkdtemp(join(tmpdir(), 'veilig-bench-https-'))
const children: ChildProcess[] = []

try {
  await chmod(folder, 0o755)
  if (!which('wrk') || !which('nginx')) {
    missing(BENCH, 'wrk, nginx', 'install them: one is the client, the other the application')
  } else {
    await prepare()
    const subjects = await startAll()
    if (PARTS.includes('requests')) {
      await measure(subjects, '1 KB', requests('/1k'))
      await measure(subjects, '100 KB', requests('/100k'))
    }
    if (PARTS.includes('handshakes')) {
      await measure(subjects, '1 KB, a handshake each', requests('/1k', 'Connection: close'))
      if (which('openssl')) await measure(subjects, 'handshakes alone', handshakes)
      else missing(BENCH, 'openssl', 'the package is not installed: it makes the handshakes')
    }
    if (PARTS.includes('idle')) for (const subject of subjects) await measureIdle(subject)
    for (const subject of subjects) for (const child of subject.processes) await stop(child)
    if (PARTS.includes('flow')) await measureFlow()
  }
} finally {
  for (const child of children) await stop(child)
  await rm(folder, { recursive: true, force: true })
}

async function prepare(): Promise<void> {
  const authority = await createLocalAuthority(Date.now())
  const names = ['localhost', '127.0.0.1']
  const { certificatePem, keyPem } = await issueCertificate(authority, names, Date.now())
  await writeFile(join(folder, 'ec-full.pem'), certificatePem)
  await writeFile(join(folder, 'ec.key'), keyPem)
  await writeFile(join(folder, 'ec-haproxy.pem'), certificatePem + keyPem)
  await writeFile(join(folder, 'ticket.keys'), randomBytes(48))
  await mkdir(join(folder, 'www'), { mode: 0o755 })
  await writeFile(join(folder, 'www', '1k'), page(1024))
  await writeFile(join(folder, 'www', '100k'), page(100 * 1024))
  await start('nginx', ['-p', folder, '-c', await configuration('origin.conf')])
  await untilListening(ORIGIN_PORT)
}

/** Text as a club's pages have it: words, markup, dates and amounts, and so digits here and there. */
function page(size: number): Buffer {
  const line = (at: number): string =>
    `<tr class="row-${at % 3}"><td>Court ${at % 9}</td><td>2026-11-${10 + (at % 20)} 18:00</td>` +
    `<td>24.50 euro</td><td><a href="/demo/book?court=${at}">book it</a></td></tr>\n`
  return Buffer.from(Array.from({ length: size / 100 }, (_, at) => line(at)).join('')).subarray(
    0,
    size,
  )
}

async function startAll(): Promise<Subject[]> {
  const subjects: Subject[] = []
  const peer = async (
    name: string,
    port: number,
    args: () => Promise<readonly string[]>,
  ): Promise<void> => {
    if (SUBJECTS && !SUBJECTS.includes(name)) return
    if (!which(name)) return missing(BENCH, name, 'the package is not installed')
    const child = await start(name, await args())
    await untilListening(port)
    subjects.push({ name, port, processes: [child] })
  }
  await peer('nginx', 8001, async () => {
    const file = await configuration('nginx.conf')
    return ['-p', folder, '-c', file, '-g', 'daemon off;']
  })
  await peer('caddy', 8002, async () => {
    return ['run', '--adapter', 'caddyfile', '--config', await configuration('Caddyfile')]
  })
  await peer('haproxy', 8003, async () => ['-db', '-f', await configuration('haproxy.cfg')])
  for (const [workers, port] of [
    [1, 8004],
    [2, 8005],
  ] as const) {
    if (SUBJECTS && !SUBJECTS.includes(`veilig-${workers}`)) continue
    const program = fileURLToPath(new URL('kit/web-gateway.ts', import.meta.url))
    const processes: ChildProcess[] = []
    const profile = PROFILES === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${PROFILES}`]
    const flags = [...process.execArgv, ...profile]
    for (let worker = 0; worker < workers; worker++) {
      processes.push(await start(process.execPath, [...flags, program, folder, `${port}`]))
    }
    await untilListening(port)
    const name = `veilig, ${workers} ${workers === 1 ? 'process' : 'processes'}`
    subjects.push({ name, port, processes })
  }
  return subjects
}

async function measure(subjects: readonly Subject[], what: string, client: Client): Promise<void> {
  const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
  for (let turn = 0; turn < ROUNDS; turn++) {
    const at = turn % subjects.length
    for (const subject of [...subjects.slice(at), ...subjects.slice(0, at)]) {
      await client(subject, WARM_UP_SECONDS)
      rounds.get(subject.name)?.push(await round(subject, client))
    }
  }
  for (const { name } of subjects) report(name, what, rounds)
}

async function round(subject: Subject, client: Client): Promise<Round> {
  const cpu = (): number => {
    return subject.processes.reduce((sum, { pid }) => sum + cpuSeconds(pid ?? 0), 0)
  }
  const before = cpu()
  const seen = await client(subject, SECONDS)
  return { ...seen, cpuUs: ((cpu() - before) / seen.count) * 1e6 }
}

function report(name: string, what: string, all: ReadonlyMap<string, readonly Round[]>): void {
  const ours = all.get(name) ?? []
  for (const [key, metric, unit] of metrics) {
    if (ours[0]?.[key] === undefined) continue
    const value = median(ours.map((each) => each[key] ?? NaN))
    const line = { bench: BENCH, subject: name, metric: `${what}: ${metric}`, value, unit }
    if (!name.startsWith('veilig')) {
      emit(line)
      continue
    }
    const ratio: Record<string, number> = {}
    for (const [peer, theirs] of all) {
      if (peer.startsWith('veilig')) continue
      const ratios = ours.map((each, turn) => (each[key] ?? NaN) / (theirs[turn]?.[key] ?? NaN))
      ratio[peer] = Number(median(ratios).toPrecision(3))
    }
    emit({ ...line, ratio })
  }
}

/** Memory of a connection that asked once and is kept: what a thousand of them add. */
async function measureIdle(subject: Subject): Promise<void> {
  const memory = (): number =>
    subject.processes.reduce((sum, { pid }) => sum + residentKib(pid ?? 0), 0)
  const before = memory()
  const sockets: TLSSocket[] = []
  for (let count = 0; count < IDLE_CONNECTIONS; count++) {
    const at = { port: subject.port, host: '127.0.0.1', servername: 'localhost' }
    const socket = connect({ ...at, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    await once(socket, 'secureConnect')
    socket.write('GET /1k HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await once(socket, 'data')
    sockets.push(socket)
  }
  const value = (memory() - before) / IDLE_CONNECTIONS
  emit({ bench: BENCH, subject: subject.name, metric: 'idle connection', value, unit: 'KiB' })
  for (const socket of sockets) socket.destroy()
}

/** What one process of ours grows by under a large upload, and under clients that are slow. */
async function measureFlow(): Promise<void> {
  await using flow = await startFlow()
  const tell = (metric: string, value: number, unit: string): void =>
    emit({ bench: BENCH, subject: 'veilig, 1 process', metric, value, unit })
  await upload(flow.port, 64) // what the process needs once
  const before = flow.residentMib()
  await upload(flow.port, UPLOAD_MIB)
  tell(`growth by an upload of ${UPLOAD_MIB} MiB`, flow.residentMib() - before, 'MiB')
  const rested = flow.residentMib()
  const clients = await openSlowClients(flow.port, SLOW_CLIENTS)
  const each = ((flow.residentMib() - rested) * 1024) / SLOW_CLIENTS
  tell(`each of ${SLOW_CLIENTS} slow clients`, each, 'KiB')
  for (const client of clients) client.destroy()
}

/** Requests over connections that are kept, or not when a field says so. */
function requests(path: string, ...fields: readonly string[]): Client {
  return async ({ name, port }, seconds) => {
    const args = ['-t2', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency']
    const more = fields.flatMap((field) => ['-H', field])
    const { stdout } = await run('wrk', [...args, ...more, `https://localhost:${port}${path}`])
    if (/Non-2xx/.test(stdout)) throw new Error(`${name}: ${stdout}`)
    return {
      count: Number(/(\d+) requests in/.exec(stdout)?.[1]),
      perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
      p50Ms: latencyMs(stdout, '50%'),
      p99Ms: latencyMs(stdout, '99%'),
    }
  }
}

/** Whole handshakes and nothing after them: no request, no session taken up again. */
async function handshakes({ port }: Subject, seconds: number): Promise<Seen> {
  const args = ['s_time', '-connect', `localhost:${port}`, '-new', '-time', String(seconds)]
  const clients = await Promise.all(
    Array.from({ length: HANDSHAKE_CLIENTS }, () => run('openssl', args)),
  )
  const count = clients.reduce((sum, { stdout }) => {
    return sum + Number(/(\d+) connections in \d+ real seconds/.exec(stdout)?.[1] ?? 0)
  }, 0)
  return { count, perSecond: count / seconds }
}

function latencyMs(text: string, percentile: string): number {
  const [, value, unit] = new RegExp(`${percentile}\\s+([\\d.]+)(us|ms|s)`).exec(text) ?? []
  return Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? ''] ?? NaN)
}

async function configuration(name: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, withoutDaemon(await fillPeer(name, { RUN: folder, CERTS: folder })))
  return file
}

/** A peer stays our child, so that its CPU time can be read and its end is ours. */
function withoutDaemon(text: string): string {
  return text.replace('daemon on;', '')
}

async function start(program: string, args: readonly string[]): Promise<ChildProcess> {
  const path = which(program) ?? program
  const child = spawn(path, args, { stdio: 'ignore' })
  children.push(child)
  await once(child, 'spawn')
  return child
}

/** Asked, not killed: nginx's master must take its workers along. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}
