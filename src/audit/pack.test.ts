/** Packed segments: the same answers, from Parquet; and never another answer than the segments'. */
import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { quickClock } from '#kit/quick-clock.ts'
import { systemDisk } from '#system/disk.ts'
import { openTrail } from './open.ts'
import { closedSegments, packedPath, packSegment } from './pack.ts'
import { queryBooks } from './query.ts'
import { segmentName } from './segment.ts'

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
  await copyFile(paths[0]!, paths[1]!)
  await writeFile(paths[2]!, 'no Parquet')
  assert.deepEqual(await asked(), unpacked, 'Parquet of another segment is not believed')

  const third = closed[2]!
  const segment = join(folder, process, segmentName(third.segment))
  const bytes = await readFile(segment)
  bytes[bytes.indexOf('SELECT') + 1] = 0x65
  await writeFile(segment, bytes)
  await assert.rejects(packSegment(folder, process, third), { code: 'AUDIT_BOOK_DAMAGED' })
})
