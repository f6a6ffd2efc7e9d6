/**
 * A whole ring as its operator, or somebody with every right on the machine, can change it: its
 * configuration, its processes, its databases, its files.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import pg from 'pg'
import { eventually } from '#kit/eventually.ts'
import { freePortBase, startRing, type TestRing } from '#kit/ring.ts'
import type { ClaimsJson } from '#services/trust/json.ts'

/** A section of veilig.yaml; JSON is YAML. */
type Config = Record<string, Record<string, unknown>>

/** Before the shift; src/cli/ports.ts. */
const HTTPS_PORT = 8443
const PAGE_MS = 30_000

/** A host of the company's that must not be reached from outside; nobody listens there yet. */
export const INTERNAL_PORT_OFFSET = 8302

export class WholeRing {
  readonly folder: string
  readonly data: string
  readonly portBase: number
  readonly #file: string
  readonly #config: Config
  readonly #ring: TestRing

  private constructor(folder: string, portBase: number, config: Config, ring: TestRing) {
    this.folder = folder
    this.data = join(folder, 'data')
    this.#file = join(folder, 'veilig.yaml')
    this.portBase = portBase
    this.#config = config
    this.#ring = ring
  }

  static async start(
    folder: string,
    prober: Readonly<Record<string, unknown>>,
  ): Promise<WholeRing> {
    const portBase = await freePortBase()
    const repository = join(folder, 'source')
    await mkdir(repository)
    git(repository, 'init', '--quiet')
    await writeFile(join(repository, 'a.txt'), 'nothing secret\n')
    commit(repository)
    await writeFile(join(folder, 'advisories.json'), advisories('1.0.0'))
    const config: Config = {
      prober: { backup: { logLagMaxSeconds: 30 }, ...prober },
      staff: { internalHosts: [`127.0.0.1:${portBase + INTERNAL_PORT_OFFSET}`] },
      secrets: { repositories: [repository] },
      updates: { advisories: join(folder, 'advisories.json') },
      drill: { firstAfterSeconds: 1 },
    }
    const file = join(folder, 'veilig.yaml')
    await writeFile(file, JSON.stringify(config))
    const ring = await startRing({ data: join(folder, 'data'), portBase, config: file })
    return new WholeRing(folder, portBase, config, ring)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#pids('')) process.kill(pid, 'SIGCONT')
    await this.#ring.interrupt()
  }

  command(...args: string[]): Promise<string> {
    return this.#ring.command(...args)
  }

  /** What the trust page says, asked behind the web gateway: that one may be what is broken. */
  async claims(): Promise<ReadonlyMap<string, string>> {
    const json = await unixJson(join(this.data, 'run', 'trust.sock'), '/claims.json')
    return new Map((json as ClaimsJson).claims.map(({ id, state }) => [id, state]))
  }

  /** Why a claim is as it is, for messages. */
  async why(id: string): Promise<string> {
    const json = (await unixJson(
      join(this.data, 'run', 'trust.sock'),
      '/claims.json',
    )) as ClaimsJson
    const found = json.claims.find((claim) => claim.id === id)
    return JSON.stringify(found?.evidence?.findings.map(({ text }) => text))
  }

  /** Changes a section, and starts the processes anew that read it. */
  async configure(section: string, change: object, ...processes: string[]): Promise<void> {
    this.#config[section] = { ...this.#config[section], ...change }
    writeFileSync(this.#file, JSON.stringify(this.#config))
    for (const name of processes) await this.restart(name)
  }

  async restart(name: string): Promise<void> {
    const before = this.#pid(name)
    process.kill(before, 'SIGKILL')
    await eventually(`${name} to run again`, () => {
      const [pid] = this.#pids(name)
      return pid === undefined || pid === before ? undefined : pid
    })
  }

  /** It is there and does nothing: worse than gone, because nobody starts it again. */
  freeze(name: string): void {
    process.kill(this.#pid(name), 'SIGSTOP')
  }

  thaw(name: string): void {
    process.kill(this.#pid(name), 'SIGCONT')
  }

  /** The application, and what runs it. @returns What lets them go on. */
  freezeApplication(): () => void {
    const wrapper = this.#pid('application')
    return stopped([wrapper, ...childrenOf(wrapper)])
  }

  /** PostgreSQL takes no new connection, and the open ones hang. @returns What lets it go on. */
  freezeDatabase(): () => void {
    const file = join(this.data, 'postgres/protected/postmaster.pid')
    const postmaster = Number(readFileSync(file, 'utf8').split('\n')[0])
    return stopped([postmaster, ...childrenOf(postmaster)])
  }

  /** A page as a visitor gets it, through the web gateway. */
  page(name: 'trust' | 'status', path: string): Promise<{ status: number; text: string }> {
    const ca = readFileSync(join(this.data, 'ca/ca.pem'))
    const host = `${name}.localhost`
    const where = { host: '127.0.0.1', port: HTTPS_PORT + this.portBase, path, headers: { host } }
    return new Promise((resolve, reject) => {
      const options = { ...where, ca, servername: host, agent: false, timeout: PAGE_MS }
      const call = requestTls(options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      })
      call.on('timeout', () => call.destroy(new Error(`${host} does not answer`)))
      call.on('error', reject).end()
    })
  }

  /** As the superuser of one of the clusters, past every gateway. */
  async sql(cluster: 'protected' | 'control', database: string, text: string): Promise<void> {
    const password = readFileSync(join(this.data, 'secrets/supervisor/database-password'), 'utf8')
    const host = join(this.data, 'run', cluster)
    const client = new pg.Client({
      host,
      port: 5432,
      user: 'postgres',
      password: password.trim(),
      database,
      application_name: 'veilig supervisor', // the ring's own name: it is not what is tested here
    })
    await client.connect()
    try {
      await client.query(text)
    } finally {
      await client.end()
    }
  }

  #pid(name: string): number {
    const [pid] = this.#pids(name)
    if (pid === undefined) throw new Error(`no process ${name}`)
    return pid
  }

  /** Of our own ring only, by the command line that the supervisor gave them. '' for all. */
  #pids(name: string): number[] {
    return readdirSync('/proc').flatMap((entry) => {
      if (!/^\d+$/.test(entry)) return []
      const args = commandLine(entry)
      const at = args.indexOf('run')
      const ours = at > 0 && args.includes(this.data)
      return ours && (name === '' || args[at + 1] === name) ? [Number(entry)] : []
    })
  }
}

/** Stops processes. @returns What lets them go on. */
function stopped(pids: readonly number[]): () => void {
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  return () => {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGCONT')
      } catch {
        // it was ended meanwhile
      }
    }
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    const status = textOf(`/proc/${entry}/status`)
    return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) === parent ? [Number(entry)] : []
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return '' // it ended meanwhile
  }
}

function commandLine(pid: string): readonly string[] {
  return textOf(`/proc/${pid}/cmdline`).split('\0')
}

/** One vulnerability, as old and grave as can be, of a package's version. */
export function advisories(version: string): string {
  const severity = { severity: 'critical' }
  const affected = [{ package: { ecosystem: 'npm', name: 'zod' }, versions: [version] }]
  return JSON.stringify([
    { id: 'TEST-1', published: '2026-01-01T00:00:00Z', database_specific: severity, affected },
  ])
}

export function git(folder: string, ...args: string[]): void {
  execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' })
}

export function commit(folder: string): void {
  git(folder, 'add', '.')
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@club.example']
  git(folder, ...who, 'commit', '--quiet', '--message', 'test')
}

function unixJson(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('end', () => resolve(JSON.parse(body)))
      response.on('error', reject)
    })
    call.on('error', reject).end()
  })
}
