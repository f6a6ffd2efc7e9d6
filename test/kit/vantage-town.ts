/**
 * Three who look at one target, in network namespaces of their own, over wires that fail as told:
 * the status service here, and two `veilig run vantage` elsewhere.
 *
 * Needs root, `ip netns`, Python 3 and OpenSSL; `townIsPossible` says whether they are there.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request as ask, type IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { createServer as createTcp, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AuditEvent } from '#audit/trail.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { words } from '#lib/claims/claim.ts'
import { lookWithin } from '#services/status/monitors/look.ts'
import { lookTcp } from '#services/status/monitors/monitors.ts'
import { systemClock } from '#system/clock.ts'
import { startPostgres } from './postgres.ts'
import { veilig } from './ring.ts'
import { startStatus, type TestStatus } from './status.ts'

const tag = `v${process.pid}`
const node = fileURLToPath(new URL('../../bin/node', import.meta.url))
const wiresFile = fileURLToPath(new URL('wires.py', import.meta.url))
const PORT = 7000
/** Of what is lost. */
const SEED = '2'

/** Of each running town its own, so that two of them share no address. */
const street = `10.${200 + (process.pid % 50)}`
const block = 8 * (Math.floor(process.pid / 50) % 30)
const net = (link: number, end: number): string => `${street}.${block + link}.${end}`
const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' })

/** Whether this machine lets us. */
export function townIsPossible(): boolean {
  try {
    ip('netns', 'add', `${tag}y`)
    ip('netns', 'del', `${tag}y`)
    for (const [program, word] of [
      ['python3', '--version'],
      ['openssl', 'version'],
    ] as const)
      execFileSync(program, [word], { stdio: 'pipe' })
    return true
  } catch {
    return false // not root, or a kernel or a machine without
  }
}

/** The wires by their names: who looks to the target, and who reports to us. */
export const wires = { here: 0, east: 1, west: 2, eastHome: 3, westHome: 4 } as const
export type WireName = keyof typeof wires

/** From the first named to the second of `ends`; '' is our own space. */
const ends: readonly (readonly [string, string])[] = [
  ['', 't'],
  ['e', 't'],
  ['w', 't'],
  ['', 'e'],
  ['', 'w'],
]

export type Carries = {
  /** Part of all frames that is lost. */
  readonly loss?: number
  /** Whether it carries away from who looks, and back. */
  readonly there?: boolean
  readonly back?: boolean
}

/** A state that was told, and when. */
export type Turned = { readonly atMs: number; readonly state: string }

export type VantageTown = AsyncDisposable & {
  readonly status: TestStatus
  readonly turns: readonly Turned[]
  /** Tells a wire what it carries from now on. */
  wire(name: WireName, carries: Carries): Promise<void>
  /** The target is there and does nothing, and goes on. */
  hang(): void
  wake(): void
  /** Waits until each was heard of anew, so that what follows is judged by all. */
  heard(names: readonly string[]): Promise<void>
}

export type TownTimes = { readonly intervalSeconds: number; readonly timeoutSeconds: number }

export async function startTown(times: TownTimes): Promise<VantageTown> {
  await using stack = new AsyncDisposableStack()
  clearRuins()
  for (const space of ['t', 'e', 'w', 'x']) {
    ip('netns', 'add', `${tag}${space}`)
    stack.defer(() => ip('netns', 'del', `${tag}${space}`))
    ip('-n', `${tag}${space}`, 'link', 'set', 'lo', 'up')
  }
  const lines = layWires(stack)
  const folder = await mkdtemp(join(tmpdir(), 'veilig-town-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const target = await run(stack, 't', node, '-e', server)
  stack.defer(() => void target.kill('SIGCONT'))
  const seeds = { east: randomBytes(32), west: randomBytes(32) }
  const certificate = await ownCertificate(folder)
  const trail = new TimedTrail()
  const status = await judge(stack, folder, times, seeds, trail)
  const home = await openDoors(stack, status, certificate)
  const places = [
    { name: 'east', space: 'e', link: 1, seed: seeds.east },
    { name: 'west', space: 'w', link: 2, seed: seeds.west },
  ]
  for (const { name, space, link, seed } of places) {
    const data = join(folder, name)
    await mkdir(join(data, 'ca'), { recursive: true })
    await mkdir(join(data, 'secrets/vantage'), { recursive: true, mode: 0o700 })
    await writeFile(join(data, 'ca/ca.pem'), certificate.cert)
    await writeFile(join(data, 'secrets/vantage/vantage.key'), seed, { mode: 0o600 })
    const here = net(link + 2, 1)
    const config = join(folder, `${name}.yaml`)
    const monitor = { kind: 'tcp', host: net(link, 2), port: PORT, greeting: 'hello' }
    const own = {
      ...times,
      vantage: { name, report: `https://${here}:${home.door}/vantage` },
      reference: { host: here, port: home.reference },
      components: [{ id: 'one', name: 'One', monitor }],
    }
    await writeFile(config, JSON.stringify({ status: own }))
    await run(stack, space, veilig, 'run', 'vantage', '--config', config, '--data', data)
  }
  const heard = async (names: readonly string[]): Promise<void> => {
    const fromMs = Date.now()
    await status.until(({ vantages }) =>
      names.every((name) => {
        const last = vantages.find((one) => one.name === name)?.heard
        return last !== undefined && Date.parse(last) > fromMs
      }),
    )
  }
  await heard(['east', 'west'])
  const all = stack.move()
  return {
    status,
    turns: trail.turns,
    wire: (name, carries) => lines.tell(wires[name], carries),
    hang: () => void target.kill('SIGSTOP'),
    wake: () => void target.kill('SIGCONT'),
    heard,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** What a town left whose process was killed would take the names and addresses of this one. */
function clearRuins(): void {
  const list = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' })
  const ruins = (text: string, form: RegExp): string[] =>
    [...text.matchAll(form)]
      .filter(([, pid]) => !existsSync(`/proc/${pid}`))
      .map(([, pid, part]) => `v${pid}${part}`)
  for (const end of ruins(list('-o', 'link', 'show'), /\bv(\d+)(\d\d)(?=@)/g)) tryIp('link', end)
  for (const space of ruins(list('netns', 'list'), /^v(\d+)([tewx])\b/gm)) tryIp('netns', space)
}

function tryIp(kind: 'link' | 'netns', name: string): void {
  try {
    ip(kind, 'del', name)
  } catch {
    // it went with its other end
  }
}

const server = `require('node:net').createServer((s) => { s.on('error', () => {}); s.end('hello') })
  .listen(${PORT}, () => console.log('ready'))`

/** Runs a program in a space until the stack ends; resolves once it has said something. */
async function run(
  stack: AsyncDisposableStack,
  space: string,
  ...command: string[]
): Promise<ChildProcess> {
  const all = ['netns', 'exec', `${tag}${space}`, ...command]
  const child = spawn('ip', all, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  stack.defer(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const said = once(child.stdout, 'data')
  await Promise.race([said, ended.then(() => Promise.reject(new Error(`${command[0]} ended`)))])
  return child
}

/** Lays all wires: each end in its space, and between the two a process that carries the frames. */
function layWires(stack: AsyncDisposableStack): Lines {
  const names = ends.flatMap((spaces, link) =>
    spaces.map((space, side) => {
      const [end, inner] = [`${tag}${link}${side}`, `${tag}${link}${side}i`]
      ip('link', 'add', end, 'type', 'veth', 'peer', 'name', inner)
      if (space === '') stack.defer(() => ip('link', 'del', end))
      else ip('link', 'set', end, 'netns', `${tag}${space}`)
      ip('link', 'set', inner, 'netns', `${tag}x`)
      const at = space === '' ? [] : ['-n', `${tag}${space}`]
      ip(...at, 'addr', 'add', `${net(link, side + 1)}/30`, 'dev', end)
      ip(...at, 'link', 'set', end, 'up')
      ip('-n', `${tag}x`, 'link', 'set', inner, 'up')
      return inner
    }),
  )
  const command = ['netns', 'exec', `${tag}x`, 'python3', wiresFile, SEED, ...names]
  const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  stack.defer(async () => {
    child.stdin.end()
    await ended
  })
  return new Lines(child)
}

/** One order at a time, each done before the next. */
class Lines {
  readonly #child: ChildProcess
  readonly #said: Interface
  #queue: Promise<unknown>

  constructor(child: ChildProcess) {
    this.#child = child
    this.#said = createInterface(child.stdout!)
    this.#queue = once(this.#said, 'line')
  }

  tell(number: number, { loss = 0, there = true, back = true }: Carries): Promise<void> {
    const done = this.#queue.then(async () => {
      const said = once(this.#said, 'line')
      this.#child.stdin?.write(`${number} ${loss} ${there ? 1 : 0} ${back ? 1 : 0}\n`)
      await said
    })
    this.#queue = done
    return done
  }
}

/** Remembers when each state was told. */
class TimedTrail extends RecordingTrail {
  readonly turns: Turned[] = []

  override append(events: readonly AuditEvent[]): Promise<void> | undefined {
    for (const { code, detail } of events) {
      if (code !== 'STATUS_TURNED') continue
      this.turns.push({ atMs: Date.now(), state: String(detail['state']) })
    }
    return super.append(events)
  }
}

/** The status service, with its own look over its own wire. */
async function judge(
  stack: AsyncDisposableStack,
  folder: string,
  times: TownTimes,
  seeds: Readonly<Record<string, Uint8Array>>,
  trail: RecordingTrail,
): Promise<TestStatus> {
  const vantages = Object.entries(seeds).map(([name, seed]) => ({
    key: noteSigner(name, ed25519PrivateKey(seed)).verifierKey,
  }))
  const place = { kind: 'tcp', host: net(0, 2), port: PORT, greeting: 'hello' } as const
  const now = (): number => systemClock.monotonicMs()
  const look = (stop: AbortSignal): ReturnType<typeof lookWithin> =>
    lookWithin(times.timeoutSeconds * 1000, now, stop, (signal) => lookTcp(place, signal))
  return stack.use(
    await startStatus({
      folder,
      server: stack.use(await startPostgres()),
      watched: [{ id: 'one', name: words('een', 'one', 'un'), look }],
      config: { ...times, vantages },
      trail,
    }),
  )
}

type Certificate = { readonly cert: string; readonly key: string }

/** For the addresses at which the vantages find us: our own authority vouches for local names only. */
async function ownCertificate(folder: string): Promise<Certificate> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const names = [net(3, 1), net(4, 1)].map((address) => `IP:${address}`).join(',')
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
  const what = ['-subj', '/CN=town', '-addext', `subjectAltName=${names}`]
  const files = ['-keyout', key, '-out', cert]
  execFileSync('openssl', ['req', '-x509', ...kind, ...what, ...files], { stdio: 'pipe' })
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }
}

/** The way in over the network, as the web gateway would be, and what the vantages refer to. */
async function openDoors(
  stack: AsyncDisposableStack,
  status: TestStatus,
  certificate: Certificate,
): Promise<{ readonly door: number; readonly reference: number }> {
  const door = createServer({ ...certificate }, (incoming, outgoing) => {
    const { method, url: path } = incoming
    const call = ask({ socketPath: status.socket, method, path }, (answer: IncomingMessage) => {
      outgoing.writeHead(answer.statusCode ?? 502)
      answer.pipe(outgoing)
    })
    call.on('error', () => outgoing.destroy())
    incoming.pipe(call)
  }).listen(0, '0.0.0.0')
  const reference = createTcp((socket) => socket.on('error', () => undefined).end()).listen(0)
  await Promise.all([once(door, 'listening'), once(reference, 'listening')])
  stack.defer(() => {
    door.closeAllConnections()
    door.close()
    reference.close()
  })
  const [doorPort, referencePort] = [door, reference].map(
    (one) => (one.address() as AddressInfo).port,
  )
  return { door: doorPort ?? 0, reference: referencePort ?? 0 }
}
