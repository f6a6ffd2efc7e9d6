/**
 * What one session's statements cost the others, where a role has rules and each text must be
 * judged: a neighbour asks for one row again and again while somebody says a megabyte that nobody
 * said before, or many short statements each of a new form.
 *
 * The gateway runs in a process of its own; CPU is all of it, its threads included.
 */
import { rm } from 'node:fs/promises'
import pg from 'pg'
import { PASSWORD, SUPERUSER, temporaryFolder } from '#kit/postgres.ts'
import { emit, round } from './kit/bench.ts'
import { direct, startGateway, startLoaded, type Subject } from './kit/sql-subjects.ts'

const BENCH = 'sql-stall'
const SECONDS = Number(process.env['VEILIG_BENCH_SECONDS'] ?? '4')
const SIZE = 1_000_000
let number = 0

/** What somebody says meanwhile; each text is one that nobody said before. */
const works: readonly (readonly [name: string, say: (() => string) | undefined])[] = [
  ['nobody', undefined],
  ['texts of 1 MB, one value', () => `select '${++number}${'x'.repeat(SIZE)}' as never${number}`],
  [
    'texts of 1 MB, 90,000 columns',
    () => `select ${`c${String(++number).padStart(8, '0')}, `.repeat(SIZE / 11)} 1 from never`,
  ],
  ['texts of 400 bytes, each a new form', newForm],
]

function newForm(): string {
  const name = `n${++number}`
  const columns = Array.from({ length: 10 }, (_, at) => `a.aid + ${at} as ${name}_${at}`)
  return `select ${columns.join(', ')}, a.filler from pgbench_accounts a where a.aid = ${number}`
}

const folder = await temporaryFolder('bench-sql-stall')
try {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startLoaded())
  const gateway = await startGateway(stack, 'rules', folder, server)
  for (const subject of [direct('direct', server, false), gateway])
    for (const [name, say] of works) await measure(subject, name, say)
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function connected({ host, port }: Subject): Promise<pg.Client> {
  const client = new pg.Client({
    host,
    port,
    user: SUPERUSER,
    password: PASSWORD,
    database: 'postgres',
  })
  await client.connect()
  return client
}

async function measure(subject: Subject, name: string, say: (() => string) | undefined) {
  const [one, other] = [await connected(subject), await connected(subject)]
  const before = subject.cpuSeconds?.() ?? 0
  const until = performance.now() + SECONDS * 1_000
  let said = 0
  const speaking = async (): Promise<void> => {
    while (say && performance.now() < until) {
      await other.query(say()).catch(() => undefined) // no such table: parsed all the same
      said++
    }
  }
  const speaks = speaking()
  const took: number[] = []
  while (performance.now() < until) {
    const start = performance.now()
    await one.query('select 1')
    took.push((performance.now() - start) * 1_000)
  }
  await speaks
  const cpu = (subject.cpuSeconds?.() ?? 0) - before
  took.sort((a, b) => a - b)
  const line = { bench: BENCH, subject: subject.name, unit: 'µs' }
  for (const part of [0.5, 0.99, 1]) {
    const value = round(took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0)
    emit({ ...line, metric: `neighbour of ${name}, p${part * 100}`, value })
  }
  if (subject.cpuSeconds && said > 0) {
    const neighbour = name.includes('400') ? `, with ${took.length} of the neighbour` : ''
    emit({ ...line, metric: `CPU, ${said} ${name}${neighbour}`, value: round((cpu / said) * 1e6) })
  }
  await Promise.all([one.end(), other.end()])
}
