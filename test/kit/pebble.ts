/**
 * Pebble, the ACME server of Let's Encrypt for tests (Debian's package), with a name server that
 * says 127.0.0.1 to everything.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'

export type Pebble = AsyncDisposable & {
  readonly directoryUrl: string
  /** What vouches for the server itself. */
  readonly ca: string
  /** Where the name server takes records. */
  readonly dnsUrl: string
  /** Sets a TXT record in the name server, or takes it away. */
  readonly dns: (action: 'present' | 'remove', name: string, value: string) => Promise<void>
}

export type PebbleOptions = {
  /** Where the validation comes to. */
  readonly httpPort?: number
  readonly tlsPort?: number
  readonly env?: Readonly<Record<string, string>>
}

export async function startPebble(options: PebbleOptions = {}): Promise<Pebble> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'veilig-pebble-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const authority = await createLocalAuthority(Date.now())
  const leaf = await issueCertificate(authority, ['localhost', '127.0.0.1'], Date.now())
  const file = (name: string): string => join(folder, name)
  await writeFile(file('cert.pem'), leaf.certificatePem)
  await writeFile(file('key.pem'), leaf.keyPem)
  const [acmePort, managementPort, dnsPort, dnsManagementPort] = await freePorts(4)
  const pebble = {
    listenAddress: `127.0.0.1:${acmePort}`,
    managementListenAddress: `127.0.0.1:${managementPort}`,
    certificate: file('cert.pem'),
    privateKey: file('key.pem'),
    httpPort: options.httpPort ?? 1,
    tlsPort: options.tlsPort ?? 1,
    ocspResponderURL: '',
    externalAccountBindingRequired: false,
  }
  await writeFile(file('pebble.json'), JSON.stringify({ pebble }))
  const off = ['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv6', '']
  const dnsServer = `127.0.0.1:${dnsPort}`
  const management = `127.0.0.1:${dnsManagementPort}`
  start(stack, 'pebble-challtestsrv', [...off, '-dns01', dnsServer, '-management', management])
  const env = { PEBBLE_VA_NOSLEEP: '1', ...options.env }
  start(stack, 'pebble', ['-config', file('pebble.json'), '-dnsserver', dnsServer], env)
  await Promise.all([acmePort, dnsManagementPort].map(untilListening))
  const all = stack.move()
  return {
    directoryUrl: `https://127.0.0.1:${acmePort}/dir`,
    ca: authority.certificatePem,
    dnsUrl: `http://${management}`,
    dns: async (action, name, value) => {
      const [path, body] =
        action === 'present'
          ? ['set-txt', { host: `${name}.`, value }]
          : ['clear-txt', { host: `${name}.` }]
      await fetch(`http://${management}/${path}`, { method: 'POST', body: JSON.stringify(body) })
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function start(
  stack: AsyncDisposableStack,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): void {
  const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, ...env } })
  stack.defer(() => stop(child))
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

const ATTEMPTS_MAX = 3_000

async function untilListening(port: number | undefined): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const socket = connect(port ?? 0, '127.0.0.1')
    const found = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (found) return
    await delay(10)
  }
  throw new Error(`nothing listens on port ${port}`)
}
