/**
 * Just-in-time access in a whole ring: from the wish to a first answer through the gateway (goal 2 s),
 * and from the order to end it until the session is cut (goal 1 s), over and over.
 */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing } from '#kit/ring.ts'
import { accessClient } from '#services/access/client.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 20)

const folder = await temporaryFolder('bench-access')
const data = join(folder, 'data')
const portBase = await freePortBase()
const ring = await startRing({ data, portBase })
const ca = await readFile(join(data, 'ca', 'ca.pem'), 'utf8')
const access = accessClient(join(data, 'run', 'access.sock'))

const grants: number[] = []
const kills: number[] = []
let shown: unknown
for (let round = 0; round < ROUNDS; round++) {
  const asked = performance.now()
  const grant = await access.start('read', 60, 'bench@club.example', 'bench')
  const client = new pg.Client({
    host: '127.0.0.1',
    port: 6432 + portBase,
    user: grant.name,
    password: grant.password,
    database: grant.database,
    ssl: { ca, servername: 'localhost' },
  })
  const cut = new Promise<void>((resolve) => client.once('error', () => resolve()))
  await client.connect()
  const { rows } = await client.query<object>('select * from members limit 1')
  grants.push(performance.now() - asked)
  shown = Object.keys(rows[0] ?? {}).length
  const running = client.query('select pg_sleep(60)').catch(() => undefined)
  const ordered = performance.now()
  await access.end(grant.name, 'command')
  await Promise.all([running, cut])
  kills.push(performance.now() - ordered)
}
const quantile = (list: readonly number[], part: number): number =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))] ?? NaN
console.log(
  JSON.stringify({
    bench: 'access',
    rounds: ROUNDS,
    grantP50Ms: quantile(grants, 0.5),
    grantMaxMs: Math.max(...grants),
    killP50Ms: quantile(kills, 0.5),
    killMaxMs: Math.max(...kills),
    columnsOfFirstRow: shown,
  }),
)
await ring.interrupt()
await rm(folder, { recursive: true, force: true })
