/**
 * Questions to a large trail: how long packed segments take to answer, at several sizes, so that
 * the slope tells what ten times as much would take. Verification of it on the clock, too.
 *
 * `VEILIG_RECORDS` (10,000,000; half of them statements, half their ends), `VEILIG_BENCH_DIR`.
 */
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
const STEPS = 4
const BATCH = 200
const DAY_MS = 86_400_000
const folder = mkdtempSync(join(process.env['VEILIG_BENCH_DIR'] ?? tmpdir(), 'veilig-bench-'))
const process_ = 'sql-gateway'
const bench = 'audit-query'
/** All records within a day, whatever their number. */
let nowMs = Date.UTC(2026, 10, 22)
const clock = { ...systemClock, nowMs: () => nowMs }

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

try {
  let written = 0
  for (let step = 1; step <= STEPS; step++) {
    const wanted = Math.round((RECORDS * step) / STEPS)
    await write(written, wanted)
    written = wanted
    await pack()
    for (const [name, sql] of questions) await ask(name, sql(nowMs - DAY_MS / 8), written)
  }
  const start = performance.now()
  const report = await verifyBook({ folder, process: process_ })
  if (report.findings.length > 0) throw new Error(JSON.stringify(report.findings))
  const seconds = (performance.now() - start) / 1000
  const verified = { bench, subject: 'verify', metric: `${report.records} records, on the clock` }
  emit({ ...verified, value: report.records / seconds, unit: 'records/s' })
} finally {
  rmSync(folder, { recursive: true })
}

async function write(from: number, until: number): Promise<void> {
  const place = { folder, process: process_, node: 'bench', mode: 'relaxed' } as const
  await using trail = await openTrail({ ...place, disk: systemDisk, clock })
  for (let at = from; at < until; at += BATCH) {
    nowMs += Math.round((DAY_MS * BATCH) / RECORDS)
    const events: AuditEvent[] = []
    for (let one = at; one < at + BATCH; one += 2) events.push(...statement(one / 2))
    await trail.append(events)
    if (at % 50_000 === 0) await trail.flush()
    if (at % 500_000 === 0) process.stderr.write(`written ${at} of ${RECORDS}\n`)
  }
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

async function pack(): Promise<void> {
  const start = process.cpuUsage()
  let [records, bytes, packed] = [0, 0, 0]
  for (const closed of await closedSegments(folder, process_)) {
    const path = packedPath(folder, process_, closed.segment)
    if ((await systemDisk.size(path)) !== undefined) continue
    records += await packSegment(folder, process_, closed)
    bytes += closed.end.bytes
    packed += (await stat(path)).size
    process.stderr.write(`packed ${closed.segment}: ${records} records\n`)
  }
  const { user, system } = process.cpuUsage(start)
  const size = `${(packed / records).toFixed(1)} B a record, ${(packed / bytes).toFixed(3)} of before`
  const metric = `${records} records, ${size}`
  emit({ bench, subject: 'pack', metric, value: (user + system) / records, unit: 'µs CPU/record' })
}

async function ask(name: string, sql: string, records: number): Promise<void> {
  const before = process.cpuUsage()
  const start = performance.now()
  const { warnings } = await queryBooks({ folder, process: process_, sql, rowsMax: 1_000 })
  if (warnings.length > 0) throw new Error(warnings.join())
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - start) / 1000
  const line = { bench, subject: name, metric: `of ${records} records` }
  emit({ ...line, value: seconds, unit: 's' })
  emit({ ...line, value: (user + system) / 1e6, unit: 'CPU s' })
}
