/** Reading while a region is dead, or while the log goes on under new keys. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSmall, putWal, smallRepository } from '#kit/repository.ts'
import { days, repositoryInTime } from '#kit/repository-in-time.ts'
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { walPieces } from '../restore/wal-source.ts'
import { packName } from './names.ts'
import { openReader } from './open-reader.ts'
import { readIdentity } from './repository-keys.ts'
import { verifyRepository } from './verify.ts'

class Dead extends MemoryStore {
  asked = 0

  override get(): Promise<Uint8Array> {
    this.asked++
    return Promise.reject(new FaultError('STORE_FAILED', 'no answer'))
  }

  // oxlint-disable-next-line require-yield -- it fails before there is anything to yield
  override async *list(): AsyncGenerator<never> {
    this.asked++
    throw new FaultError('STORE_FAILED', 'no answer')
  }
}

test('reading: a dead region is asked while it is opened, and then no more', async () => {
  const { keys, stores } = await smallRepository('dead')
  const dead = new Dead()
  const regions = [dead, stores[0]].map((store, at) => ({ name: `region-${at}`, store }))
  const reader = await openReader({ regions, identity: readIdentity(keys.recoveryKey) })
  const asked = dead.asked
  const [backup] = reader.chain.state.backups
  assert(backup)
  await reader.read(packName(backup.id, 0))
  const path = [{ timeline: 1, startLsn: 0n, endLsn: undefined }]
  const { startLsn, endLsn } = backup
  for await (const { bytes } of walPieces(reader, path, startLsn, endLsn)) assert(bytes.length > 0)
  // For the names of the keys all regions are asked, once: each may have newer ones.
  assert(dead.asked <= asked + 1, `asked ${dead.asked - asked} times more`)
  assert.deepEqual([...reader.away], ['region-0'])
  assert(reader.findings.every(({ region }) => region === 'region-0'))
})

test('reading: a key made while a verification goes on is found, not called lost', async () => {
  const { keys, stores, clock } = repositoryInTime()
  await using repository = await openSmall(keys, stores, { clock })
  await days(repository, clock, 1)
  const [first, second] = stores
  const meanwhile: ObjectStore = {
    put: (...object) => second.put(...object),
    get: (name) => second.get(name),
    getRange: (...range) => second.getRange(...range),
    head: (name) => second.head(name),
    delete: (name) => second.delete(name),
    list: async function* (folder) {
      if (folder === '') {
        clock.forward(2 * 3_600_000) // each hour of the log has a key of its own
        await putWal(repository, [1000])
      }
      yield* second.list(folder)
    },
  }
  const regions = [first, meanwhile].map((store, at) => ({ name: `region-${at}`, store }))
  const reader = await openReader({ regions, identity: readIdentity(keys.verifierKey) })
  const { findings } = await verifyRepository(reader, { contents: true })
  assert.deepEqual(findings, [])
})
