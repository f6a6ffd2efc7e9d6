/** Certificates from Pebble, Let's Encrypt's ACME server for tests, through the real gateway. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import type { AcmeProcessOptions } from '#kit/acme-process.ts'
import { startPebble, type Pebble } from '#kit/pebble.ts'
import { startGateway, startUpstream, type TestGateway } from '#kit/web-gateway.ts'
import { AcmeClient } from '#system/acme/client.ts'
import { systemDisk } from '#system/disk.ts'
import { fileBook } from './file-book.ts'

const PATIENCE_MS = 30_000
/** The law in keeper.test.ts kills at every step; here some real processes die. */
const STRIDE = Number(process.env['VEILIG_ACME_KILL_STRIDE'] ?? '8')

let folder = ''
before(async () => (folder = await mkdtemp(join(tmpdir(), 'veilig-pebble-test-'))))
after(() => rm(folder, { recursive: true, force: true }))

for (const challenge of ['http-01', 'tls-alpn-01', 'dns-01'] as const) {
  test(`pebble: a gateway proves its name by ${challenge} and shows the certificate`, async (t) => {
    const [httpPort = 0, tlsPort = 0] = await freePorts(2)
    await using pebble = await startPebble({ httpPort, tlsPort })
    await using application = await startUpstream((_, response) => response.end('hello'))
    const names = challenge === 'dns-01' ? ['club.example', '*.club.example'] : ['club.example']
    const started = performance.now()
    const place = join(folder, challenge)
    const ports = { httpsPort: tlsPort, redirectPort: httpPort }
    const at = { pebble, place, challenge, names, ports, address: application.address }
    await using gateway = await gatewayAt(at)
    await until(async () => (await issuerShown(gateway.httpsPort, 'club.example')) === 'Pebble')
    t.diagnostic(`first certificate after ${Math.round(performance.now() - started)} ms`)
    assert.equal(await issuerShown(gateway.httpsPort, 'localhost'), 'Veilig', 'the other stays')
    if (challenge === 'dns-01') {
      assert.equal(await issuerShown(gateway.httpsPort, 'www.club.example'), 'Pebble')
    }
    assert(gateway.events.some(({ code }) => code === 'CERTIFICATE_ISSUED'))
  })
}

test('pebble: two gateways with one book place one order', async () => {
  await using pebble = await startPebble()
  await using application = await startUpstream((_, response) => response.end('hello'))
  const place = join(folder, 'two')
  const common = { pebble, place, names: ['club.example'], address: application.address }
  const at = { ...common, challenge: 'dns-01', ports: {} } as const
  const [one, two] = await Promise.all([gatewayAt(at, 'one'), gatewayAt(at, 'two')])
  await using _one = one
  await using _two = two
  for (const gateway of [one, two]) {
    await until(async () => (await issuerShown(gateway.httpsPort, 'club.example')) === 'Pebble')
  }
  assert.equal(await ordersIn(pebble, place), 1)
})

test('pebble: kill -9 at each step leaves one order, and its certificate at the end', async (t) => {
  // Its nonces all hold: a repeated call would shift what step has which number.
  await using pebble = await startPebble({ env: { PEBBLE_WFE_NONCEREJECT: '0' } })
  const caFile = join(folder, 'pebble-ca.pem')
  await writeFile(caFile, pebble.ca)
  const { directoryUrl, dnsUrl } = pebble
  let survived = false
  let cut = 0
  for (; !survived; cut += STRIDE) {
    const place = join(folder, `killed-${cut}`)
    await mkdir(place)
    const names = [`at-${cut}.example`]
    const options = { directoryUrl, caFile, folder: place, dnsUrl, names }
    survived = (await runKeeper({ ...options, killAt: cut })) === 0
    if (!survived) assert.equal(await runKeeper({ ...options, killAt: -1 }), 0, `after ${cut}`)
    assert.equal(await ordersIn(pebble, place), 1, `killed at ${cut}`)
  }
  t.diagnostic(`${cut} steps, a process killed at every ${STRIDE}th`)
  assert(cut > 20, `only ${cut} steps`)
})

type At = {
  readonly pebble: Pebble
  readonly place: string
  readonly challenge: 'http-01' | 'tls-alpn-01' | 'dns-01'
  readonly names: readonly string[]
  readonly ports: { readonly httpsPort?: number; readonly redirectPort?: number }
  readonly address: { readonly host: string; readonly port: number }
}

function gatewayAt(at: At, holder: string = 'gateway'): Promise<TestGateway> {
  const { directoryUrl, ca, dns } = at.pebble
  const dnsHook = at.challenge === 'dns-01' ? { dnsHook: '/not/called' } : {}
  const config = {
    redirect: at.ports.redirectPort !== undefined,
    acme: { directoryUrl, names: at.names, challenge: at.challenge, ...dnsHook },
  }
  return startGateway({ localhost: at.address }, config, {
    ...at.ports,
    acme: {
      acme: new AcmeClient({ directoryUrl, ca, timeoutMs: PATIENCE_MS }),
      book: fileBook(systemDisk, at.place),
      holder,
      dnsHook: dns,
    },
  })
}

async function issuerShown(port: number, servername: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().issuer
  socket.destroy()
  return String(CN).split(' ')[0] ?? ''
}

async function ordersIn(pebble: Pebble, place: string): Promise<number> {
  const { directoryUrl, ca } = pebble
  const record = (await fileBook(systemDisk, place).load())?.record
  assert(record?.current && record.accountUrl && record.accountKeyPem)
  const client = new AcmeClient({ directoryUrl, ca, timeoutMs: PATIENCE_MS })
  const account = { url: record.accountUrl, keyPem: record.accountKeyPem }
  return (await client.orders(account)).length
}

async function runKeeper(options: AcmeProcessOptions): Promise<number | string> {
  const program = fileURLToPath(new URL('../../../../test/kit/acme-process.ts', import.meta.url))
  const args = [
    ...process.execArgv.filter((each, at, all) => [each, all[at - 1]].includes('--import')),
    program,
  ]
  const child = spawn(process.execPath, [...args, JSON.stringify(options)], { stdio: 'ignore' })
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  return code ?? signal ?? 'unknown'
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    assert(performance.now() < endMs, 'not within half a minute')
    await delay(10)
  }
}
