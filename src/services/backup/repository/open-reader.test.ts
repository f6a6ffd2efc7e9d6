/** Reading while a region is dead: whoever waited for it once does not wait for it again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smallRepository } from '#kit/repository.ts'
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { walPieces } from '../restore/wal-source.ts'
import { packName } from './names.ts'
import { openReader } from './open-reader.ts'
import { readIdentity } from './repository-keys.ts'

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
