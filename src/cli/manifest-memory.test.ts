/** What a later backup may be taken against is still there when it is. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { systemDisk } from '#system/disk.ts'
import { manifestMemory } from './manifest-memory.ts'

test('lists of files: the last eight and those that are needed are kept, no other', async () => {
  const folder = await temporaryFolder('manifests')
  try {
    const memory = manifestMemory(systemDisk, `${folder}/kept`)
    assert.equal(await memory.load('aa'), undefined)
    for (let number = 10; number < 30; number++) {
      await memory.save(String(number), new Uint8Array([number]), new Set(['11']))
    }
    await memory.save('29', new Uint8Array([29]), new Set(['11']))
    const found: number[] = []
    for (let number = 10; number < 30; number++) {
      const bytes = await memory.load(String(number))
      if (bytes?.[0] === number) found.push(number)
    }
    assert.deepEqual(found, [11, 22, 23, 24, 25, 26, 27, 28, 29])
  } finally {
    await rm(folder, { recursive: true })
  }
})
