/**
 * Three who look, in network namespaces of their own, under faults of the network itself: what one
 * alone sees is no outage, what all see is, and who is cut off abstains.
 *
 * Needs root and `ip netns`; without them it says so and is left out.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, request as ask, type IncomingMessage } from 'node:http'
import { createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '#kit/postgres.ts'
import { startStatus, type TestStatus } from '#kit/status.ts'
import { ed25519PrivateKey, noteSigner } from '#crypto/signed-note.ts'
import { words } from '#lib/claims/claim.ts'
import { lookWithin } from '#services/status/monitors/look.ts'
import { lookTcp } from '#services/status/monitors/monitors.ts'
import { systemClock } from '#system/clock.ts'

const tag = `v${process.pid % 100_000}`
const net = (link: number, end: number): string => `10.231.${link}.${end}`
const node = fileURLToPath(new URL('../../bin/node', import.meta.url))
const vantageFile = fileURLToPath(new URL('../kit/vantage-process.ts', import.meta.url))
const PORT = 7000
const TIMEOUT_MS = 3000

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'pipe' })
const within = (space: string, ...args: string[]): void => ip('-n', `${tag}${space}`, ...args)

function possible(): boolean {
  try {
    ip('netns', 'add', `${tag}x`)
    ip('netns', 'del', `${tag}x`)
    return true
  } catch {
    return false // not root, or a kernel without
  }
}

/** A cable between two spaces; '' is our own. Ends .1 and .2 of network `link`. */
function cable(link: number, a: string, b: string): void {
  const [left, right] = [`${tag}${link}a`, `${tag}${link}b`]
  ip('link', 'add', left, 'type', 'veth', 'peer', 'name', right)
  for (const [space, end, address] of [
    [a, left, `${net(link, 1)}/30`],
    [b, right, `${net(link, 2)}/30`],
  ] as const) {
    if (space !== '') ip('link', 'set', end, 'netns', `${tag}${space}`)
    const at = space === '' ? [] : ['-n', `${tag}${space}`]
    ip(...at, 'addr', 'add', address, 'dev', end)
    ip(...at, 'link', 'set', end, 'up')
  }
}

const skip = possible() ? false : 'needs root and ip netns'
const stack = new AsyncDisposableStack()
let status: TestStatus
let target: ChildProcess
const children: ChildProcess[] = []

async function run(space: string, ...args: string[]): Promise<ChildProcess> {
  const all = ['netns', 'exec', `${tag}${space}`, node, ...args]
  const child = spawn('ip', all, { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout!, 'data')
  return child
}

const server = `require('node:net').createServer((s) => { s.on('error', () => {}); s.end('hello') })
  .listen(${PORT}, () => console.log('ready'))`

before(async () => {
  if (skip !== false) return
  for (const space of ['t', 'e', 'w']) {
    ip('netns', 'add', `${tag}${space}`)
    stack.defer(() => ip('netns', 'del', `${tag}${space}`))
    within(space, 'link', 'set', 'lo', 'up')
  }
  stack.defer(async () => {
    for (const child of children) child.kill('SIGCONT')
    const living = children.filter(({ exitCode, signalCode }) => exitCode === null && !signalCode)
    const ends = living.map((child) => once(child, 'exit'))
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(ends)
  })
  cable(0, '', 't')
  cable(1, 'e', 't')
  cable(2, 'w', 't')
  cable(3, '', 'e')
  cable(4, '', 'w')
  target = await run('t', '-e', server)
  const folder = await mkdtemp(join(tmpdir(), 'veilig-vantages-'))
  stack.defer(() => rm(folder, { recursive: true }))
  const seeds = { east: randomBytes(32), west: randomBytes(32) }
  const vantages = Object.entries(seeds).map(([name, seed]) => ({
    key: noteSigner(name, ed25519PrivateKey(seed)).verifierKey,
  }))
  const place = { kind: 'tcp', host: net(0, 2), port: PORT, greeting: 'hello' } as const
  const look = (stop: AbortSignal): ReturnType<typeof lookWithin> =>
    lookWithin(
      1000,
      () => systemClock.monotonicMs(),
      stop,
      (signal) => lookTcp(place, signal),
    )
  status = stack.use(
    await startStatus({
      folder,
      server: stack.use(await startPostgres()),
      watched: [{ id: 'one', name: words('een', 'one', 'un'), look }],
      config: { vantages, timeoutSeconds: TIMEOUT_MS / 1000 },
    }),
  )
  // The way in over the network, as the web gateway would be.
  const door = createServer((incoming, outgoing) => {
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
  const ports = [door, reference].map((one) => (one.address() as { port: number }).port)
  for (const [name, space, link] of [
    ['east', 'e', 1],
    ['west', 'w', 2],
  ] as const) {
    const home = net(link + 2, 1)
    const where = [`${net(link, 2)}:${PORT}`, `${home}:${ports[0]}`, `${home}:${ports[1]}`]
    await run(space, vantageFile, name, seeds[name].toString('hex'), ...where)
  }
  await heard(['east', 'west'])
})
after(() => stack.disposeAsync())

/** Waits until each of these was heard of again, so that what follows is judged by all. */
async function heard(names: readonly string[]): Promise<void> {
  const fromMs = Date.now()
  await status.until(({ vantages }) =>
    names.every((name) => {
      const last = vantages.find((one) => one.name === name)?.heard
      return last !== undefined && Date.parse(last) > fromMs
    }),
  )
}

async function stateIs(state: string): Promise<void> {
  await status.until(({ components }) => components[0]?.state === state)
}

const turns = (): string[] => status.trail.of('STATUS_TURNED').map(({ state }) => String(state))

test(
  'vantages: one that is cut off from the target, both ways or one, makes no outage',
  { skip },
  async () => {
    await stateIs('up')
    const before = turns().length
    within('t', 'link', 'set', `${tag}1b`, 'down')
    for (let round = 0; round < 2; round++) await heard(['east', 'west'])
    await stateIs('up')
    within('t', 'link', 'set', `${tag}1b`, 'up')
    // Packets arrive at the target, and its answers do not come back.
    within('t', 'route', 'add', 'blackhole', `${net(2, 1)}/32`)
    for (let round = 0; round < 2; round++) await heard(['east', 'west'])
    await stateIs('up')
    within('t', 'route', 'del', 'blackhole', `${net(2, 1)}/32`)
    assert.deepEqual(turns().slice(before), [])
  },
)

test(
  'vantages: a target that hangs is down for all, and up once it answers again',
  { skip },
  async () => {
    const before = turns().length
    target.kill('SIGSTOP')
    await stateIs('down')
    target.kill('SIGCONT')
    await stateIs('up')
    assert.deepEqual(turns().slice(before), ['down', 'up'])
  },
)

test(
  'vantages: who reaches nobody abstains; two silent ones leave nobody to say',
  { skip },
  async () => {
    ip('link', 'set', `${tag}3a`, 'down')
    for (let round = 0; round < 2; round++) await heard(['west'])
    await stateIs('up')
    ip('link', 'set', `${tag}4a`, 'down')
    await stateIs('unknown')
    ip('link', 'set', `${tag}3a`, 'up')
    ip('link', 'set', `${tag}4a`, 'up')
    await stateIs('up')
  },
)
