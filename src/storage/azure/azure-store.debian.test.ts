/** The Azure store against Azurite: the conformance suite, and faults. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startAzurite, type TestAzurite } from '#kit/azurite.ts'
import { systemClock } from '#system/clock.ts'
import { objectStoreConformance } from '../../../test/conformance/object-store.ts'
import { AzureStore, type AzureOptions } from './azure-store.ts'
import { BLOCKS_FROM_BYTES } from './blocks.ts'
import type { AzurePlace } from './client.ts'

let azurite: TestAzurite
let place: AzurePlace
let made = 0

before(async () => {
  azurite = await startAzurite()
  place = await azurite.container('region')
})

after(() => azurite[Symbol.asyncDispose]())

function makeStore(more: Partial<AzureOptions> = {}): AzureStore {
  return new AzureStore({ ...place, prefix: `p-${++made}/`, ...more }, systemClock)
}

const bytes = new TextEncoder().encode('object')

objectStoreConformance('azure store', () => Promise.resolve(makeStore()))

test('azure store: a large object goes in blocks, once', async () => {
  await using store = makeStore()
  const large = new Uint8Array(randomBytes(BLOCKS_FROM_BYTES + 5))
  await store.put('large', large)
  assert(Buffer.from(await store.get('large')).equals(large))
  await store.put('large', large)
  large[BLOCKS_FROM_BYTES]! ^= 1
  await assert.rejects(store.put('large', large), { code: 'OBJECT_EXISTS' })
})

test('azure store: refusals are faults that say what to mend, never missing objects', async () => {
  await using stranger = makeStore({ secret: () => Promise.resolve({ key: 'b3RoZXI=' }) })
  await assert.rejects(stranger.get('a'), { code: 'STORE_FAILED', message: /The key or signature/ })
  await using lost = makeStore({ container: 'no-such' })
  await assert.rejects(lost.get('a'), { code: 'STORE_FAILED', message: /no such container/ })
  await assert.rejects(lost.put('a', bytes), { code: 'STORE_FAILED' })
})

test('azure store: a server that died is a fault', async () => {
  const other = await startAzurite()
  await using store = new AzureStore(
    { ...(await other.container('region')), prefix: '' },
    systemClock,
  )
  await store.put('a', bytes)
  await other[Symbol.asyncDispose]()
  await assert.rejects(store.get('a'), { code: 'STORE_FAILED' })
})
