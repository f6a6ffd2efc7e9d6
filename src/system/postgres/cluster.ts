/**
 * One PostgreSQL cluster: made, started, stopped. Listens on a private socket only.
 *
 * @module
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { chmod, chown, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FaultError } from '#lib/errors.ts'
import type { RunningService } from '../service.ts'
import type { PostgresBinaries } from './binaries.ts'
import { giveTree, type Account } from './user.ts'

export type ClusterPlace = {
  readonly binaries: PostgresBinaries
  /** Account to run as; undefined keeps our own. */
  readonly account: Account | undefined
  /** PGDATA. */
  readonly dataDir: string
}

export type RunningCluster = RunningService & {
  readonly pid: number
  /** Folder of the socket; with `port` it names the server, as libpq's `host` and `port`. */
  readonly socketDir: string
  readonly port: number
  /** Resolves with the exit code, or the signal's name, when the server ends for any reason. */
  readonly ended: Promise<number | string>
  /** Ends the server at once, as a crash would. */
  kill(signal: NodeJS.Signals): void
}

/** Longest socket path the kernel takes is 107 bytes; PostgreSQL adds `/.s.PGSQL.65535.lock`. */
export const SOCKET_DIR_MAX: number = 107 - '/.s.PGSQL.65535.lock'.length

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 30_000

/**
 * Creates the cluster with checksums, UTF-8 and SCRAM for everybody, unless it exists.
 *
 * @returns Whether it was made now.
 * @throws {FaultError} POSTGRES_INITDB_FAILED with what initdb said.
 */
export async function createCluster(
  place: ClusterPlace,
  superuser: { readonly name: string; readonly password: string },
): Promise<boolean> {
  if (existsSync(join(place.dataDir, 'PG_VERSION'))) return false
  await rm(place.dataDir, { recursive: true, force: true }) // a first run that was cut short
  await mkdir(place.dataDir, { recursive: true, mode: 0o700 })
  const passwordFile = `${place.dataDir}.password`
  await writeFile(passwordFile, `${superuser.password}\n`, { mode: 0o600 })
  if (place.account) {
    await giveTree(place.dataDir, place.account)
    await chown(passwordFile, place.account.uid, place.account.gid)
  }
  try {
    await initdb(place, superuser.name, passwordFile)
  } finally {
    await rm(passwordFile, { force: true })
  }
  return true
}

async function initdb(place: ClusterPlace, user: string, passwordFile: string): Promise<void> {
  const options = [
    ['-D', place.dataDir],
    ['-U', user],
    [`--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--data-checksums'],
    ['--locale=C', '--no-instructions'],
    place.binaries.major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [],
  ]
  const child = spawn(join(place.binaries.bin, 'initdb'), options.flat(), spawnAs(place))
  let said = ''
  child.stdout?.on('data', (text) => (said += String(text)))
  child.stderr?.on('data', (text) => (said += String(text)))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code === 0) return
  await rm(place.dataDir, { recursive: true, force: true })
  throw new FaultError('POSTGRES_INITDB_FAILED', said.trim().split('\n').slice(-3).join(' '))
}

/**
 * Starts the server and waits until it takes connections. A server left over from a run that was
 * killed is stopped first.
 *
 * @param options.settings Server settings, as `-c name=value`.
 * @param options.logFile Receives the server's log.
 * @throws {FaultError} POSTGRES_START_FAILED with the last lines of its log.
 */
export async function startCluster(
  place: ClusterPlace,
  options: {
    readonly socketDir: string
    readonly port: number
    readonly logFile: string
    readonly settings?: Readonly<Record<string, string>>
    /** How long it may recover before it takes connections; default a minute. */
    readonly startTimeoutMs?: number
  },
): Promise<RunningCluster> {
  const { socketDir, port, logFile } = options
  if (Buffer.byteLength(socketDir) > SOCKET_DIR_MAX) {
    const message = `the socket folder's path is longer than ${SOCKET_DIR_MAX} bytes: ${socketDir}`
    throw new FaultError('POSTGRES_START_FAILED', message)
  }
  await mkdir(socketDir, { recursive: true, mode: 0o700 })
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 })
  if (place.account) await chown(socketDir, place.account.uid, place.account.gid)
  else await chmod(socketDir, 0o700)
  await stopLeftOver(place.dataDir)
  const settings = { listen_addresses: '', unix_socket_directories: socketDir, ...options.settings }
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(
    join(place.binaries.bin, 'postgres'),
    ['-D', place.dataDir, '-p', String(port), ...flags(settings)],
    { ...spawnAs(place), stdio: ['ignore', log, log] },
  )
  const ended = exitOf(child)
  await untilReady(place.dataDir, child, logFile, options.startTimeoutMs ?? START_TIMEOUT_MS)
  return {
    pid: child.pid ?? 0,
    socketDir,
    port,
    ended,
    kill: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: () => stop(child, ended),
  }
}

function flags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** In a group of its own: Ctrl-C on the terminal then reaches us alone, and we stop in order. */
function spawnAs(place: ClusterPlace): SpawnOptions {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
  const as = place.account ? { uid: place.account.uid, gid: place.account.gid } : {}
  return { ...as, env, cwd: '/', detached: true }
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return code ?? signal ?? 'unknown'
}

async function untilReady(
  dataDir: string,
  child: ChildProcess,
  logFile: string,
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) break
    const lines = await pidFile(dataDir)
    if (Number(lines[0]) === child.pid && /^(ready|standby)/.test(lines[7] ?? '')) return
    await delay(20)
  }
  child.kill('SIGQUIT')
  const reason = (await tail(logFile)).trim().split('\n').slice(-3).join(' | ')
  throw new FaultError('POSTGRES_START_FAILED', `PostgreSQL did not start: ${reason}`)
}

async function tail(file: string): Promise<string> {
  await using handle = await open(file, 'r')
  const { size } = await handle.stat()
  const { buffer, bytesRead } = await handle.read({ position: Math.max(0, size - 4096) })
  return buffer.toString('utf8', 0, bytesRead)
}

/** Lines of postmaster.pid; the first is the pid, the eighth the status. PostgreSQL, pidfile.h. */
async function pidFile(dataDir: string): Promise<string[]> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')
  return text.split('\n')
}

async function stop(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGINT') // fast shutdown: sessions are ended, a checkpoint is written
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}

async function stopLeftOver(dataDir: string): Promise<void> {
  const pid = Number((await pidFile(dataDir))[0])
  if (!pid || !(await isServerOf(pid, dataDir))) return
  process.kill(pid, 'SIGINT')
  const deadline = performance.now() + STOP_TIMEOUT_MS
  while (await isServerOf(pid, dataDir)) {
    if (performance.now() > deadline) process.kill(pid, 'SIGQUIT')
    await delay(50)
  }
}

/** Whether `pid` is alive and works in `dataDir`: a pid alone may be another program's by now. */
async function isServerOf(pid: number, dataDir: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  return command !== undefined && command.split('\0').includes(dataDir)
}
