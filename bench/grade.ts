/**
 * How long a TLS grade of one host takes, beside sslscan and nmap on the same server: versions,
 * suites, groups, certificate, and in ours the known faults too. Rounds interleaved.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { gradeTls } from '../src/services/grader/tls/grade.ts'
import { startGateway, startUpstream, testAuthority } from '../test/kit/web-gateway.ts'
import { emit, median, missing, round, which } from './kit/bench.ts'

const BENCH = 'grade'
const ROUNDS = Number(process.env['VEILIG_BENCH_ROUNDS'] ?? '5')
const run = promisify(execFile)

await using application = await startUpstream((_, response) => response.end('ok'))
await using gateway = await startGateway({ localhost: application.address }, { accessLog: false })
const port = gateway.httpsPort

const peers: Readonly<Record<string, readonly string[]>> = {
  sslscan: ['--no-colour', `127.0.0.1:${port}`],
  nmap: ['-Pn', '-p', `${port}`, '--script', 'ssl-enum-ciphers', '127.0.0.1'],
}
const there = Object.keys(peers).filter((peer) => which(peer))
for (const peer of Object.keys(peers)) {
  if (!there.includes(peer)) missing(BENCH, peer, 'the package is not installed')
}

const took = new Map<string, number[]>(['veilig', ...there].map((name) => [name, []]))
for (let turn = 0; turn < ROUNDS; turn++) {
  await measure('veilig', grade)
  for (const peer of there) await measure(peer, () => run(peer, [...(peers[peer] ?? [])]))
}
const ours = median(took.get('veilig') ?? [])
const ratio: Record<string, number> = {}
for (const peer of there) {
  const value = median(took.get(peer) ?? [])
  ratio[peer] = round(ours / value)
  emit({ bench: BENCH, subject: peer, metric: 'TLS of one host', value, unit: 'ms' })
}
emit({ bench: BENCH, subject: 'veilig', metric: 'TLS grade', value: ours, unit: 'ms', ratio })

async function measure(name: string, act: () => Promise<unknown>): Promise<void> {
  const begunMs = performance.now()
  await act()
  took.get(name)?.push(performance.now() - begunMs)
}

async function grade(): Promise<void> {
  const { grades } = await gradeTls(
    {
      address: { host: '127.0.0.1', port },
      serverName: 'localhost',
      ca: testAuthority,
      nowMs: Date.now(),
      hstsMaxAgeSeconds: 63_072_000,
    },
    AbortSignal.timeout(60_000),
  )
  if (grades[0]?.grade !== 'A+') throw new Error(`graded ${grades[0]?.grade}`)
}
