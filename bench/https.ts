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
import { cpuSeconds, emit, median, missing, which } from './kit/bench.ts'
import { fillPeer, untilListening } from './kit/peers.ts'

const BENCH = 'https'
const ROUNDS = Number(process.env['VEILIG_BENCH_ROUNDS'] ?? '4')
const SECONDS = Number(process.env['VEILIG_BENCH_SECONDS'] ?? '5')
const WARM_UP_SECONDS = 1
const CONNECTIONS = 64
const ORIGIN_PORT = 9000
const STOP_TIMEOUT_MS = 3_000

type Subject = { readonly name: string; readonly port: number; readonly processes: ChildProcess[] }
type Round = {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuUs: number
}

const metrics = [
  ['perSecond', 'requests', 'requests/s'],
  ['p50Ms', 'latency, median', 'ms'],
  ['p99Ms', 'latency, 99th percentile', 'ms'],
  ['cpuUs', 'CPU', 'µs/request'],
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
    for (const [path, size] of [
      ['/1k', '1 KB'],
      ['/100k', '100 KB'],
    ] as const) {
      await measure(subjects, path, size)
    }
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
  await writeFile(join(folder, 'www', '1k'), Buffer.alloc(1024, 'a'))
  await writeFile(join(folder, 'www', '100k'), Buffer.alloc(100 * 1024, 'a'))
  await start('nginx', ['-p', folder, '-c', await configuration('origin.conf')])
  await untilListening(ORIGIN_PORT)
}

async function startAll(): Promise<Subject[]> {
  const subjects: Subject[] = []
  const peer = async (
    name: string,
    port: number,
    args: () => Promise<readonly string[]>,
  ): Promise<void> => {
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
    const program = fileURLToPath(new URL('kit/web-gateway.ts', import.meta.url))
    const processes: ChildProcess[] = []
    for (let worker = 0; worker < workers; worker++) {
      processes.push(
        await start(process.execPath, [...process.execArgv, program, folder, `${port}`]),
      )
    }
    await untilListening(port)
    const name = `veilig, ${workers} ${workers === 1 ? 'process' : 'processes'}`
    subjects.push({ name, port, processes })
  }
  return subjects
}

async function measure(subjects: readonly Subject[], path: string, size: string): Promise<void> {
  const rounds = new Map<string, Round[]>(subjects.map(({ name }) => [name, []]))
  for (let turn = 0; turn < ROUNDS; turn++) {
    const at = turn % subjects.length
    for (const subject of [...subjects.slice(at), ...subjects.slice(0, at)]) {
      await load(subject, path, WARM_UP_SECONDS)
      rounds.get(subject.name)?.push(await load(subject, path, SECONDS))
    }
  }
  for (const { name } of subjects) report(name, size, rounds)
}

function report(name: string, size: string, all: ReadonlyMap<string, readonly Round[]>): void {
  const ours = all.get(name) ?? []
  for (const [key, metric, unit] of metrics) {
    const value = median(ours.map((round) => round[key]))
    const line = { bench: BENCH, subject: name, metric: `${size}: ${metric}`, value, unit }
    if (!name.startsWith('veilig')) {
      emit(line)
      continue
    }
    const ratio: Record<string, number> = {}
    for (const [peer, theirs] of all) {
      if (peer.startsWith('veilig')) continue
      const ratios = ours.map((round, turn) => round[key] / (theirs[turn]?.[key] ?? NaN))
      ratio[peer] = Number(median(ratios).toPrecision(3))
    }
    emit({ ...line, ratio })
  }
}

async function load(subject: Subject, path: string, seconds: number): Promise<Round> {
  const cpu = (): number => {
    return subject.processes.reduce((sum, { pid }) => sum + cpuSeconds(pid ?? 0), 0)
  }
  const before = cpu()
  const url = `https://localhost:${subject.port}${path}`
  const args = ['-t2', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', url]
  const { stdout } = await run('wrk', args)
  const spent = cpu() - before
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${subject.name}: ${stdout}`)
  return {
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]),
    p50Ms: latencyMs(stdout, '50%'),
    p99Ms: latencyMs(stdout, '99%'),
    cpuUs: (spent / requests) * 1e6,
  }
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
