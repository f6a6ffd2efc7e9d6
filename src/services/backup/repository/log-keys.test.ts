/** The keys of the log follow each other in time, so that each can be destroyed in its turn. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, openSmall, putWal, SEGMENT } from '#kit/repository.ts'
import { repositoryInTime } from '#kit/repository-in-time.ts'
import { parseKeyObject } from './data-key.ts'

test('log keys: changed twice in one millisecond, they begin one after the other', async () => {
  const { keys, stores, clock } = repositoryInTime()
  await using repository = await openSmall(keys, stores, { clock })
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  for (let at = 0; at < 3; at++) {
    await putWal(repository, [100])
    await repository.attach(CLUSTER) // the log goes on under a new key
  }
  const begun = [...stores[0].objects]
    .filter(([name]) => name.startsWith('keys/'))
    .map(([name, bytes]) => parseKeyObject(name, bytes).header.periodStartMs)
  assert.equal(begun.length, 3)
  assert.equal(new Set(begun).size, 3)
})
