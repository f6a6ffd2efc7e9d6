/** A region's disk that goes away and comes back between any two steps of a write. */
import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { DiskStore } from './disk-store.ts'

const WRITES = 60

test('disk store: a disk that goes away amid a write is a fault, and nothing else', async () => {
  const folder = await temporaryFolder('away')
  const region = join(folder, 'region')
  const pointTo = async (target: string): Promise<void> => {
    await symlink(target, `${region}.next`)
    await rename(`${region}.next`, region)
  }
  await mkdir(join(folder, 'disk'))
  await writeFile(join(folder, 'no-folder'), '')
  await pointTo('disk')
  const store = new DiskStore(systemDisk, region)
  let done = false
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; n < WRITES; n++) {
      await store.put(`object-${writer}-${n}`, new Uint8Array(10)).catch((error: unknown) => {
        assert(error instanceof FaultError, String(error))
      })
    }
  }
  const comeAndGo = async (): Promise<void> => {
    while (!done) for (const target of ['no-folder', 'disk']) await pointTo(target)
  }
  const going = comeAndGo()
  await Promise.all([0, 1, 2].map(write)) // a promise that nobody hears of would fail the test
  done = true
  await going
  await store.put('after', new Uint8Array(10))
  assert.equal((await store.head('after'))?.size, 10)
  await rm(folder, { recursive: true, force: true })
})
