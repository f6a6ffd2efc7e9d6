/**
 * The trust and status pages as a visitor has them, behind the web gateway: how long the server
 * takes for a page, and what a page and its look are on the wire; with every claim measured, a year
 * of history behind each, and ninety days of status.
 *
 * `npm run bench -- trust`; `VEILIG_BENCH_VISITS` sets how many of each page (500).
 */
import { rm } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { request as plainRequest } from 'node:http'
import { startPublicPages } from '#kit/public-pages.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { testAuthority } from '#kit/web-gateway.ts'
import { emit } from './kit/bench.ts'

const VISITS = Number(process.env['VEILIG_BENCH_VISITS'] ?? 500)
const WARM_UP = 50
const US_PER_MS = 1000

const folder = await temporaryFolder('bench-trust')
await using stack = new AsyncDisposableStack()
stack.defer(() => rm(folder, { recursive: true, force: true }))
const pages = stack.use(await startPublicPages(folder))
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
stack.defer(() => agent.destroy())

for (const [name, socketPath] of Object.entries(pages.sockets)) {
  const host = `${name}.localhost`
  const look = await through(host, '/nl')
  const style = /\/style-[0-9a-f]+\.css/.exec(look.text)?.[0] ?? ''
  const bytes = look.size + (await through(host, style)).size
  emit({
    bench: 'trust',
    subject: name,
    metric: 'page with its look',
    value: bytes / 1000,
    unit: 'kB',
  })
  await timed(WARM_UP, () => straight(socketPath, '/nl'))
  report(name, 'server', await timed(VISITS, () => straight(socketPath, '/nl')))
  report(name, 'over HTTPS', await timed(VISITS, () => fetched(host, '/nl', 'gzip')))
}

type Visits = { readonly wallMs: readonly number[]; readonly cpuMs: readonly number[] }

/** Of each visit: by the clock, and in CPU of server and visitor together, which no load changes. */
async function timed(count: number, visit: () => Promise<unknown>): Promise<Visits> {
  const wallMs: number[] = []
  const cpuMs: number[] = []
  for (let at = 0; at < count; at++) {
    const fromMs = performance.now()
    const cpu = process.cpuUsage()
    await visit()
    const { user, system } = process.cpuUsage(cpu)
    wallMs.push(performance.now() - fromMs)
    cpuMs.push((user + system) / US_PER_MS)
  }
  return { wallMs, cpuMs }
}

function report(subject: string, how: string, { wallMs, cpuMs }: Visits): void {
  for (const [kind, all] of [
    ['by the clock', wallMs],
    ['CPU', cpuMs],
  ] as const) {
    const sorted = all.toSorted((a, b) => a - b)
    for (const part of [0.5, 0.95]) {
      const value = sorted[Math.ceil(part * sorted.length) - 1] ?? NaN
      const metric = `${how}, ${kind}, p${part * 100}`
      emit({ bench: 'trust', subject, metric, value, unit: 'ms' })
    }
  }
}

type Got = { readonly size: number; readonly text: string }

/** As the web gateway asks, for a page as a browser takes it. */
function straight(socketPath: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': 'gzip' }
    const call = plainRequest({ socketPath, path, headers }, (response) => {
      let size = 0
      response.on('data', (chunk: Buffer) => (size += chunk.length))
      response.on('end', () => resolve(size))
      response.on('error', reject)
    })
    call.on('error', reject).end()
  })
}

/** As a browser asks: the size on the wire, and the text when it is not compressed. */
async function through(host: string, path: string): Promise<Got> {
  const { size } = await fetched(host, path, 'gzip')
  const { text } = path.startsWith('/style') ? { text: '' } : await fetched(host, path, 'identity')
  return { size, text }
}

function fetched(host: string, path: string, encoding: string): Promise<Got> {
  const headers = { host, 'accept-encoding': encoding }
  const where = { host: '127.0.0.1', port: pages.httpsPort, path, headers, agent }
  return new Promise((resolve, reject) => {
    const call = request({ ...where, ca: testAuthority, servername: 'localhost' }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        resolve({ size: body.length, text: body.toString() })
      })
      response.on('error', reject)
    })
    call.on('error', reject).end()
  })
}
