/** Packed segments: the same answers, from Parquet; and never another answer than the segments'. */
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { quickClock } from '#kit/quick-clock.ts'
import { systemDisk } from '#system/disk.ts'
import { openTrail } from './open.ts'
import { closedSegments, packedPath, packSegment, quoted } from './pack.ts'
import { queryBooks } from './query.ts'
import { segmentName } from './segment.ts'
import { verifyPacked, type PackedReport } from './verify-packed.ts'

const process = 'sql-gateway'

test('pack: questions are answered as from the segments, which must be sound', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-pack-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const clock = quickClock()
  const limits = { segmentBytesMax: 4_000 }
  const place = { folder, process, node: 'n', mode: 'written', disk: systemDisk, clock } as const
  await using trail = await openTrail({ ...place, limits })
  for (let sequence = 1; sequence <= 60; sequence++) {
    const by = { session: 's', sequence, user: 'app', sql: `SELECT ${sequence}, 'é"\\'`, rows: 1.5 }
    await trail.append([{ code: 'DB_STATEMENT', detail: by }])
    if (sequence > 1) {
      const done = { session: 's', sequence: sequence - 1, rows: sequence, durationMs: 0.25 }
      await trail.append([{ code: 'DB_STATEMENT_DONE', detail: done }])
    }
    await clock.sleep(1_000)
  }
  const questions = ['SELECT * FROM events ORDER BY sequence', 'SELECT * FROM statements']
  const asked = async (): Promise<unknown[]> => {
    const answers: unknown[] = []
    for (const sql of questions) answers.push(await queryBooks({ folder, sql, rowsMax: 1_000 }))
    const window = { fromMs: clock.nowMs() - 30_000, toMs: clock.nowMs() - 9_000, recordsMax: 99 }
    const sql = 'SELECT count(*), min(time) FROM events'
    answers.push(await queryBooks({ folder, sql, rowsMax: 1, window }))
    const ended = 'SELECT count(*), count("rows") FROM statements'
    const early = { fromMs: 0, toMs: clock.nowMs() - 40_000, tailMs: 5_000 }
    answers.push(await queryBooks({ folder, sql: ended, rowsMax: 1, window: early }))
    return answers
  }
  const unpacked = await asked()
  const closed = await closedSegments(folder, process)
  assert(closed.length > 3)
  let packed = 0
  for (const one of closed) packed += await packSegment(folder, process, one)
  assert.equal(packed, closed.at(-1)?.next)
  assert.deepEqual(await asked(), unpacked)

  const paths = closed.map(({ segment }) => packedPath(folder, process, segment))
  const verified = (): Promise<PackedReport> => verifyPacked({ folder, process })
  const sound = await verified()
  assert.deepEqual(sound, { segments: closed.length, records: packed, findings: [], notes: [] })
  const told = async (rows: string): Promise<string[]> => {
    await repacked(paths[1]!, rows, closed[1]!.end.hash)
    const { findings } = await verified()
    await packSegment(folder, process, closed[1]!)
    return findings.map(({ code, file, message }) => `${code} ${file} ${message}`)
  }
  const [altered, hidden, rearranged] = [
    await told(`SELECT * REPLACE ("user" || 'x' AS "user") FROM packed`),
    await told('SELECT * FROM packed OFFSET 1'),
    await told('SELECT * FROM packed ORDER BY sequence DESC'),
  ]
  assert.match(altered.join(), /^AUDIT_PACKED_ALTERED 0000000002\.parquet \d+ rows are not the/)
  assert.match(hidden.join(), /^AUDIT_PACKED_ALTERED 0000000002\.parquet 1 rows are not the/)
  assert.match(rearranged.join(), /its rows are the records, but what leads questions to them/)
  assert.deepEqual((await verified()).findings, [])

  await copyFile(paths[0]!, paths[1]!)
  await writeFile(paths[2]!, 'no Parquet')
  assert.deepEqual(await asked(), unpacked, 'Parquet of another segment is not believed')
  const strange = (await verified()).findings.map(({ code, file }) => `${code} ${file}`)
  assert.deepEqual(strange, [
    'AUDIT_PACKED_ALTERED 0000000002.parquet',
    'AUDIT_PACKED_ALTERED 0000000003.parquet',
  ])

  const third = closed[2]!
  const segment = join(folder, process, segmentName(third.segment))
  const bytes = await readFile(segment)
  bytes[bytes.indexOf('SELECT') + 1] = 0x65
  await writeFile(segment, bytes)
  await assert.rejects(packSegment(folder, process, third), { code: 'AUDIT_BOOK_DAMAGED' })
})

/** As who has every right would: other rows, and the hash that makes questions believe them. */
async function repacked(path: string, rows: string, ends: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run(`CREATE TABLE packed AS SELECT * FROM read_parquet(${quoted(path)})`)
  await connection.run(
    `COPY (${rows}) TO ${quoted(path)} ` +
      `(FORMAT parquet, COMPRESSION zstd, KV_METADATA {ends: '${ends}'})`,
  )
  instance.closeSync()
}
