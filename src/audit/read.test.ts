/** A reader sees an append of several records grow; it is no damage. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { openTrail } from './open.ts'
import { readEvents } from './read.ts'

/** Less is a header, or a look at what there is. */
const CHUNK_MIN = 1_000_000

test('read: an append of several records, half there at first, is no damage', async () => {
  const folder = await temporaryFolder('read')
  const place = { folder, process: 'writer' }
  {
    const open = { ...place, node: 'test', mode: 'written', clock: systemClock } as const
    await using book = await openTrail({ ...open, disk: systemDisk })
    for (let append = 0; append < 3; append++)
      await book.append(Array.from({ length: 3 }, () => ({ code: 'TOLD', detail: {} })))
  }
  // The first read ends at every possible place, the second just behind a beginning.
  for (let first = 40; first < 900; first += 3) {
    let reads = 0
    const disk: Disk = {
      ...systemDisk,
      readRange: async (name, start, length) => {
        const bytes = await systemDisk.readRange(name, start, length)
        if (length < CHUNK_MIN) return bytes
        return bytes.subarray(0, [first, 60][reads++] ?? bytes.length)
      },
    }
    const codes: string[] = []
    for await (const { code } of readEvents({ ...place, disk })) codes.push(code)
    assert.equal(codes.filter((code) => code === 'TOLD').length, 9, `cut at ${first}`)
  }
  await rm(folder, { recursive: true })
})
