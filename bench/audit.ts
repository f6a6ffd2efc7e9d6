/**
 * The audit trail: cost of an append, durable appends a second, records verified and queried a second.
 *
 * The peer is the least anybody could do: the same events as JSON lines, one write for each append,
 * no chain and no tree. Times are CPU time of the process (user and system), so that a busy machine
 * does not change them much; only what waits for the disk is on the clock.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTrail } from '../src/audit/open.ts'
import { queryBooks } from '../src/audit/query.ts'
import type { AuditEvent } from '../src/audit/trail.ts'
import { verifyBook } from '../src/audit/verify.ts'
import { ed25519PrivateKey, noteSigner } from '../src/crypto/signed-note.ts'
import { systemClock } from '../src/system/clock.ts'
import { systemDisk } from '../src/system/disk.ts'
import { emit } from './kit/bench.ts'

const EVENTS = 200_000
const WARM_UP = 20_000
const ROUNDS = 3
const DURABLE_EVENTS = 20_000
const DURABLE_CLIENTS = 100
const folder = mkdtempSync(join(tmpdir(), 'veilig-bench-'))
const disk = systemDisk
const clock = systemClock
const signer = noteSigner('bench', ed25519PrivateKey(new Uint8Array(32)))
const common = { folder, node: 'bench', disk, clock, signer } as const

/** As the SQL gateway writes it: some 480 bytes. */
const statement = (sequence: number): AuditEvent => ({
  code: 'DB_STATEMENT',
  detail: {
    session: '5f0c2c1e9a7b4d38',
    sequence,
    kind: 'execute',
    user: 'reservations',
    database: 'club',
    address: '127.0.0.1',
    application: 'reservations',
    statement: '',
    portal: '',
    parsedAt: null,
    parameters: 2,
    sql: 'SELECT id, court, starts, ends FROM bookings WHERE court = $1 AND day = $2 ORDER BY starts',
    sqlBytes: 91,
    sha256: 'a3'.repeat(32),
    truncated: false,
    redacted: false,
  },
})

try {
  for (const batch of [1, 10, 100]) await appends(batch)
  await durable()
  await reading()
} finally {
  rmSync(folder, { recursive: true })
}

async function appends(batch: number): Promise<void> {
  const events = Array.from({ length: batch }, (_, index) => statement(index))
  const trail = await openTrail({ ...common, process: 'written', mode: 'written' })
  const plain = openSync(join(folder, 'plain.jsonl'), 'a')
  const ours = (): void => void trail.append(events)
  const peer = (): void => {
    const lines = events.map((event) => `${JSON.stringify({ time: Date.now(), ...event })}\n`)
    writeSync(plain, lines.join(''))
  }
  const best = { ours: Infinity, peer: Infinity }
  repeat(ours, WARM_UP / batch)
  repeat(peer, WARM_UP / batch)
  for (let round = 0; round < ROUNDS; round++) {
    best.ours = Math.min(best.ours, repeat(ours, EVENTS / batch) / batch)
    best.peer = Math.min(best.peer, repeat(peer, EVENTS / batch) / batch)
    await trail.flush()
  }
  await trail[Symbol.asyncDispose]()
  closeSync(plain)
  rmSync(join(folder, 'plain.jsonl'))
  const metric = `append, ${batch} at once`
  const line = { bench: 'audit', metric, unit: 'µs CPU/event' }
  emit({ ...line, subject: 'JSON lines', value: best.peer })
  emit({
    ...line,
    subject: 'written',
    value: best.ours,
    ratio: { 'JSON lines': best.ours / best.peer },
  })
}

async function durable(): Promise<void> {
  await using trail = await openTrail({ ...common, process: 'durable', mode: 'durable' })
  const start = performance.now()
  let left = DURABLE_EVENTS
  const client = async (): Promise<void> => {
    while (left-- > 0) await trail.append([statement(left)])
  }
  await Promise.all(Array.from({ length: DURABLE_CLIENTS }, client))
  const value = (DURABLE_EVENTS / (performance.now() - start)) * 1000
  const metric = `append, ${DURABLE_CLIENTS} clients waiting for the disk`
  emit({ bench: 'audit', subject: 'durable', metric, value, unit: 'events/s' })
}

async function reading(): Promise<void> {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const start = cpuMs()
    const { findings, records } = await verifyBook({ folder, process: 'written' })
    if (findings.length > 0) throw new Error(JSON.stringify(findings))
    best = Math.max(best, (records / (cpuMs() - start)) * 1000)
  }
  emit({ bench: 'audit', subject: 'verify', metric: 'records', value: best, unit: 'records/CPU s' })
  const start = performance.now()
  const sql = 'SELECT count(*) FROM statements'
  const { records } = await queryBooks({ folder, process: 'written', sql, rowsMax: 1 })
  const value = (records / (performance.now() - start)) * 1000
  emit({
    bench: 'audit',
    subject: 'query',
    metric: 'records read and asked',
    value,
    unit: 'records/s',
  })
}

/** Microseconds of CPU time for each call. */
function repeat(act: () => void, times: number): number {
  const start = cpuMs()
  for (let count = 0; count < times; count++) act()
  return ((cpuMs() - start) * 1000) / times
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
