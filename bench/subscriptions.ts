/**
 * A hundred thousand who follow the status page: what one notice to all of them costs, and what the
 * hundred thousand and first is told. Everything but the mail itself.
 *
 * `bin/node bench/subscriptions.ts`; `VEILIG_BENCH_SUBSCRIPTIONS` sets another number.
 */
import { startPostgres } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { StatusStore } from '#services/status/store.ts'
import { serveBatch } from '#services/status/subscriptions/courier.ts'
import { SubscriptionStore } from '#services/status/subscriptions/store.ts'
import { systemClock } from '#system/clock.ts'
import { openPool } from '#system/postgres/pool.ts'

const COUNT = Number(process.env['VEILIG_BENCH_SUBSCRIPTIONS'] ?? 100_000)

await using server = await startPostgres()
await server.query('create schema status')
const pool = openPool({ ...server.connection, options: '-c search_path=status', max: 4 })
const incidents = new StatusStore(pool)
const store = new SubscriptionStore(pool, COUNT)
await incidents.open(['one'], Date.now())
await pool.query(
  `insert into subscription (kind, place, language, state, asked_at)
     select 'mail', n || '@club.example', 'nl', 'active', now() from generate_series(1, $1::int) n`,
  [COUNT],
)
await pool.query('analyze subscription')

const askedMs: number[] = []
let refused = ''
for (let at = 0; at < 20; at++) {
  const fromMs = performance.now()
  await store
    .ask('mail', `new-${at}@club.example`, 'nl', Date.now())
    .catch((error: { code: string }) => (refused = error.code))
  askedMs.push(performance.now() - fromMs)
}
say('one more asks', { refused, medianMs: median(askedMs) })

await incidents.openIncident('staff', [], { nl: 'Traag' }, { nl: 'Wij kijken.' }, Date.now())
const { signal: stop } = new AbortController()
const trail = new RecordingTrail()
const send = () => Promise.resolve('sent' as const)
const ports = { store, send, clock: systemClock, trail, complain: () => undefined }
const cpu = process.cpuUsage()
const fromMs = performance.now()
let told = 0
let served = 0
do {
  served = await serveBatch(ports, stop)
  told += served
} while (served > 0)
const { user, system } = process.cpuUsage(cpu)
const seconds = (performance.now() - fromMs) / 1000
say('one notice to all', { told, seconds, cpuSeconds: (user + system) / 1e6 })
say('memory', { rssMib: Math.round(process.memoryUsage.rss() / 2 ** 20) })
await pool.end()

function say(what: string, figures: object): void {
  process.stdout.write(`${JSON.stringify({ bench: 'subscriptions', what, ...figures })}\n`)
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0
}
