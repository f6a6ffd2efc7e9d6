/** Every store and every decorator keeps the one contract. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { CrashingDisk } from '#kit/crashing-disk.ts'
import { objectStoreConformance } from '../../test/conformance/object-store.ts'
import { DiskStore } from './disk-store.ts'
import { withLimit } from './limit-store.ts'
import { MemoryStore } from './memory-store.ts'
import { DEFAULT_RETRY, withRetry } from './retry-store.ts'

objectStoreConformance('memory store', async () => new MemoryStore())

objectStoreConformance('disk store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-store-'))
  const store = new DiskStore(systemDisk, join(folder, 'region'))
  return Object.assign(store, {
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  })
})

objectStoreConformance(
  'disk store on the simulated disk',
  async () => new DiskStore(new CrashingDisk({ seed: 1 }), '/region'),
)

objectStoreConformance('store with retry and limit', async () =>
  withRetry(withLimit(new MemoryStore(), systemClock, 1e9), systemClock, DEFAULT_RETRY),
)
