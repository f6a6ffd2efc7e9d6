/** The walker finds the records of a real server's log, however the log is cut. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { restorePointName, transactionEndMs, WalWalker, type WalRecord } from './records.ts'

let server: TestPostgres
let log: { startLsn: bigint; bytes: Uint8Array; point: bigint; commitMs: number; end: bigint }

before(async () => {
  server = await startPostgres()
  const [first] = await server.query<{ file: string }>(
    `SELECT pg_walfile_name(pg_current_wal_lsn()) AS file`,
  )
  const file = first?.file ?? ''
  await server.query(
    'CREATE TABLE t AS SELECT g, repeat(md5(g::text), 9) FROM generate_series(1, 9000) g',
  )
  const [commit] = await server.query<{ ms: string }>(
    `SELECT extract(epoch FROM now()) * 1000 AS ms, pg_current_xact_id()`,
  )
  const [point] = await server.query<{ lsn: string }>(
    `SELECT pg_create_restore_point('before the storm') AS lsn`,
  )
  await server.query('CHECKPOINT') // or the server may still hold what nobody waited for
  const [end] = await server.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn')
  const segment = BigInt(`0x${file.slice(8, 16)}`) * 256n + BigInt(`0x${file.slice(16)}`)
  log = {
    startLsn: segment * 0x100_0000n,
    bytes: readFileSync(join(server.place.dataDir, 'pg_wal', file)),
    point: parseLsn(point?.lsn ?? ''),
    commitMs: Number(commit?.ms),
    end: parseLsn(end?.lsn ?? ''),
  }
})

after(() => server[Symbol.asyncDispose]())

function walk(chunkSize: number, sizeMax = Infinity): WalRecord[] {
  const walker = new WalWalker(0x100_0000)
  const records: WalRecord[] = []
  const size = Math.min(sizeMax, Number(log.end - log.startLsn))
  assert(size < log.bytes.length, 'the log of this test fits in one segment')
  for (let at = 0; at < size; at += chunkSize) {
    const chunk = log.bytes.subarray(at, Math.min(size, at + chunkSize))
    records.push(...walker.push(log.startLsn + BigInt(at), chunk))
  }
  return records
}

const shape = (record: WalRecord): string =>
  `${record.startLsn}-${record.endLsn} ${record.resourceManager}/${record.info}`

test('wal walker: records follow each other to the end of the log', () => {
  const records = walk(1 << 20)
  assert(records.length > 1000)
  assert(records.at(-1)!.endLsn <= log.end && log.end - records.at(-1)!.endLsn < 8n)
  for (const [at, record] of records.entries()) {
    const before = records[at - 1]
    if (!before) continue
    const previous = new DataView(record.head.buffer, record.head.byteOffset).getBigUint64(8, true)
    assert.equal(previous, before.startLsn, 'xl_prev names the record before')
  }
})

test('wal walker: the records do not depend on how the log was cut', () => {
  const sizeMax = 300_000
  const whole = walk(1 << 20, sizeMax).map(shape)
  for (const chunkSize of [1, 7, 4096, 8191, 8192, 10_000]) {
    assert.deepEqual(walk(chunkSize, sizeMax).map(shape), whole, `in pieces of ${chunkSize}`)
  }
})

test('wal walker: a restore point is found by name, at the position the server gave', () => {
  const found = walk(5000).find((record) => restorePointName(record) === 'before the storm')
  assert(found)
  assert(log.point >= found.endLsn && log.point - found.endLsn < 8n) // it is given aligned
})

test('wal walker: the time of a commit is the time of the server', () => {
  const times = walk(5000).flatMap((record) => transactionEndMs(record) ?? [])
  assert(times.length > 0)
  assert(times.some((ms) => ms >= log.commitMs && ms < log.commitMs + 60_000))
})

test('wal walker: after a switch it goes on in the next segment; zeros are no records', () => {
  const walker = new WalWalker(0x100_0000)
  const zeros = new Uint8Array(0x100_0000)
  assert.deepEqual([...walker.push(log.startLsn, zeros)], [])
  const next = log.startLsn + 0x100_0000n
  const again = [...walker.push(next, zeros.subarray(0, 100_000))]
  assert.deepEqual(again, [])
})
