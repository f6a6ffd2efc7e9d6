/** Chunks summed and compressed by threads: as they would be here, and never silently not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { crc32c } from '#crypto/crc32c.ts'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { openInTime, repositoryInTime } from '#kit/repository-in-time.ts'
import { beginWorld } from '#kit/backed-up-world.ts'
import { CLUSTER, openSmall, putWal, seededBytes } from '#kit/repository.ts'
import { openedPieces } from '../restore/opened-pieces.ts'
import { chainFiles } from '../restore/file-plan.ts'
import { packsOf } from '../restore/pack-source.ts'
import { poolPress } from './chunk-press.ts'
import { pressThreads } from './press-threads.ts'

const program = (text: string): URL => new URL(`data:text/javascript,${text}`)

test('press: threads sum and compress as this one does, alone and with its help', async (t) => {
  const random = seededBytes('press')(20_000)
  const cases = [new Uint8Array(300_000).fill(7), random, new Uint8Array(CHUNK_SIZE)]
  for (const press of [poolPress(), pressThreads(2), pressThreads(1)]) {
    t.after(() => press.close())
    const asked = cases.map(async (plain) => {
      const buffer = press.take()
      buffer.set(plain)
      const parts = [
        { from: 0, to: 5 },
        { from: 9, to: plain.length },
      ]
      const { sums, bytes, compressed } = await press.press({ buffer, size: plain.length, parts })
      assert.deepEqual(sums, [crc32c(0, plain.subarray(0, 5)), crc32c(0, plain.subarray(9))])
      assert.equal(compressed, plain !== random)
      const back = compressed ? zstdDecompressSync(bytes) : bytes
      assert(Buffer.from(back).equals(plain))
      press.giveBack(buffer)
    })
    await Promise.all(asked)
  }
})

test('press: a thread that dies is told to all who wait, and to whoever comes later', async () => {
  const press = pressThreads(1, program('setTimeout(() => process.exit(9), 20)'))
  const ask = (): Promise<unknown> => press.press({ buffer: press.take(), size: 9, parts: [] })
  const ended = { code: 'BACKUP_THREAD_ENDED', message: /status 9/ }
  const [first, second] = [ask(), ask()]
  await Promise.all([assert.rejects(first, ended), assert.rejects(second, ended)])
  await assert.rejects(ask(), ended)
  await press.close()
})

test('press: a large backup is summed file by file and can be read', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await beginWorld(repository)
  await repository.attach(CLUSTER)
  const startLsn = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!.lsn
  const start = { kind: 'full', label: '', timeline: 1, startLsn, expectedBytes: 2 ** 30 } as const
  const writer = await repository.beginBackup(start)
  const block = seededBytes('large')(4096)
  const files = new Map<string, Uint8Array>()
  for (const [number, size] of [0, 700, 3_000_000, 1_048_576, 5, 900_000].entries()) {
    const bytes = new Uint8Array(Buffer.alloc(size, block))
    const [path, sum] = [`base/${number}`, number !== 4]
    files.set(path, bytes)
    writer.beginFile({ path, size, mode: 0o600, modifiedMs: 1, sum })
    for (let at = 0; at < size; at += 50_000) await writer.write(bytes.subarray(at, at + 50_000))
    writer.endFile()
  }
  const summed = [...files].filter(([path]) => path !== 'base/4')
  const expected = summed.map(([path, bytes]) => [path, crc32c(0, bytes)] as const)
  assert.deepEqual(await writer.sums(), new Map(expected))
  await putWal(repository, [1000])
  const { lsn: endLsn } = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!
  const end = { endLsn, endTimeline: 1, serverManifest: new Uint8Array(9), damagedPages: [] }
  await writer.finish({ ...end, facts: {} })
  const reader = await openInTime(place)
  const plan = await chainFiles(reader, reader.chain.state.backups)
  const found = new Map(plan.files.map(({ path, size }) => [path, new Uint8Array(size)]))
  for await (const { pieces, open } of openedPieces(packsOf(reader), plan.files)) {
    const chunk = await open()
    for (const { file, from, to, at } of pieces) {
      found.get(file.path)?.set(chunk.subarray(from, to), at)
    }
  }
  for (const [path, bytes] of files) assert(Buffer.from(bytes).equals(found.get(path)!), path)
})
