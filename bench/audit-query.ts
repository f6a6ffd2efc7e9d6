/**
 * Questions to a large trail: how long packed segments take to answer, at several sizes, so that
 * the slope tells what ten times as much would take. Verification of it on the clock, too.
 *
 * `VEILIG_RECORDS` (10,000,000; half of them statements, half their ends), `VEILIG_BENCH_DIR`, and
 * `VEILIG_BOOKS` (1): as many processes of the gateway write at once, each its own book.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTrail } from '../src/audit/open.ts'
import { closedSegments, packedPath, packSegment } from '../src/audit/pack.ts'
import { queryBooks } from '../src/audit/query.ts'
import type { AuditEvent } from '../src/audit/trail.ts'
import { verifyBook } from '../src/audit/verify.ts'
import { systemClock } from '../src/system/clock.ts'
import { systemDisk } from '../src/system/disk.ts'
import { emit } from './kit/bench.ts'

const RECORDS = Number(process.env['VEILIG_RECORDS'] ?? 10_000_000)
const BOOKS = Number(process.env['VEILIG_BOOKS'] ?? 1)
const STEPS = 4
const BATCH = 200
const DAY_MS = 86_400_000
const BEGIN_MS = Date.UTC(2026, 10, 22)
const bench = 'audit-query'
/** All records within a day, whatever their number. */
let nowMs = BEGIN_MS
const clock = { ...systemClock, nowMs: () => nowMs }

/** One process's part of a step: what it writes and packs. */
type Share = { folder: string; book: string; first: number; from: number; until: number }

const questions: readonly (readonly [name: string, sql: (fromMs: number) => string])[] = [
  ['all counted by kind', () => 'SELECT code, count(*) FROM events GROUP BY code'],
  [
    'statements by user',
    () => `SELECT "user", count(*) FROM records WHERE code = 'DB_STATEMENT' GROUP BY ALL`,
  ],
  [
    'one session’s statements with their ends',
    () => `SELECT time, sql, "rows" FROM statements WHERE session = 's77'`,
  ],
  [
    'a minute’s statements with their ends',
    (fromMs) =>
      `SELECT time, sql, "rows" FROM statements WHERE time BETWEEN ` +
      `make_timestamp(${fromMs * 1000}) AND make_timestamp(${(fromMs + 60_000) * 1000})`,
  ],
  [
    'who read most rows',
    () => 'SELECT "user", sum("rows") FROM statements GROUP BY ALL ORDER BY 2 DESC LIMIT 10',
  ],
]

const share = process.env['VEILIG_BENCH_SHARE']
if (share === undefined) await measure()
else await writeShare(JSON.parse(share) as Share)

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(process.env['VEILIG_BENCH_DIR'] ?? tmpdir(), 'veilig-bench-'))
  try {
    for (let step = 1; step <= STEPS; step++) {
      const [from, until] = [step - 1, step].map((at) => Math.round((RECORDS * at) / STEPS / BOOKS))
      const shares = Array.from({ length: BOOKS }, async (_, number) => {
        const book = number === 0 ? 'sql-gateway' : `sql-gateway-${number}`
        const first = (number * RECORDS) / BOOKS
        await inProcess({ folder, book, first, from: from ?? 0, until: until ?? 0 })
      })
      await Promise.all(shares)
      const minuteMs = BEGIN_MS + (DAY_MS * (step - 1 / 2)) / STEPS
      for (const [name, sql] of questions) await ask(folder, name, sql(minuteMs), step)
    }
    await verify(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function inProcess(its: Share): Promise<void> {
  const env = { ...process.env, VEILIG_BENCH_SHARE: JSON.stringify(its) }
  const program = [...process.execArgv, import.meta.filename]
  const child = spawn(process.execPath, program, { env, stdio: 'inherit' })
  const [status] = (await once(child, 'exit')) as [number | null]
  if (status !== 0) throw new Error(`${its.book} was not written to its end`)
}

async function verify(folder: string): Promise<void> {
  const start = performance.now()
  const report = await verifyBook({ folder, process: 'sql-gateway' })
  if (report.findings.length > 0) throw new Error(JSON.stringify(report.findings))
  const seconds = (performance.now() - start) / 1000
  const verified = { bench, subject: 'verify', metric: `${report.records} records, on the clock` }
  emit({ ...verified, value: report.records / seconds, unit: 'records/s' })
}

async function writeShare({ folder, book, first, from, until }: Share): Promise<void> {
  const place = { folder, process: book, node: 'bench', mode: 'relaxed' } as const
  nowMs = BEGIN_MS + Math.round((DAY_MS * from * BOOKS) / RECORDS)
  {
    await using trail = await openTrail({ ...place, disk: systemDisk, clock })
    for (let at = from; at < until; at += BATCH) {
      nowMs = BEGIN_MS + Math.round((DAY_MS * at * BOOKS) / RECORDS)
      const events: AuditEvent[] = []
      for (let one = at; one < at + BATCH; one += 2) events.push(...statement((first + one) / 2))
      await trail.append(events)
      if (at % 50_000 === 0) await trail.flush()
      if (at % 500_000 === 0) process.stderr.write(`${book}: written ${at}\n`)
    }
  }
  await pack(folder, book)
}

function statement(number: number): AuditEvent[] {
  const session = `s${Math.floor(number / 500)}`
  const place = { session, sequence: (number % 500) + 1 }
  const detail = {
    ...place,
    kind: 'execute',
    user: `user${number % 7}`,
    database: 'club',
    address: '127.0.0.1',
    application: 'reservations',
    parameters: 2,
    sql: `SELECT id, court, starts FROM bookings WHERE court = $1 AND day = ${number % 400}`,
    sqlBytes: 80,
    sha256: (number % 400).toString(16).padStart(64, '3'),
  }
  const done = { ...place, outcome: 'done', rows: number % 50, bytesOut: 900, durationMs: 0.4 }
  return [
    { code: 'DB_STATEMENT', detail },
    { code: 'DB_STATEMENT_DONE', detail: done },
  ]
}

async function pack(folder: string, book: string): Promise<void> {
  const start = process.cpuUsage()
  let [records, bytes, packed] = [0, 0, 0]
  for (const closed of await closedSegments(folder, book)) {
    const path = packedPath(folder, book, closed.segment)
    if ((await systemDisk.size(path)) !== undefined) continue
    records += await packSegment(folder, book, closed)
    bytes += closed.end.bytes
    packed += (await stat(path)).size
    process.stderr.write(`${book}: packed ${closed.segment}, ${records} records\n`)
  }
  const { user, system } = process.cpuUsage(start)
  const size = `${(packed / records).toFixed(1)} B a record, ${(packed / bytes).toFixed(3)} of before`
  const metric = `${records} records, ${size}`
  emit({ bench, subject: 'pack', metric, value: (user + system) / records, unit: 'µs CPU/record' })
}

async function ask(folder: string, name: string, sql: string, step: number): Promise<void> {
  const before = process.cpuUsage()
  const start = performance.now()
  const { warnings, records } = await queryBooks({ folder, sql, rowsMax: 1_000 })
  if (warnings.length > 0) throw new Error(warnings.join())
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - start) / 1000
  const line = { bench, subject: name, metric: `of ${records} records, step ${step}` }
  emit({ ...line, value: seconds, unit: 's' })
  emit({ ...line, value: (user + system) / 1e6, unit: 'CPU s' })
}
