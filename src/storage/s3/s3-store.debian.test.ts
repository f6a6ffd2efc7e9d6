/** The S3 store against Debian's Ceph gateway: the conformance suite, versions, locks, faults. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startCeph, type TestCeph } from '#kit/ceph.ts'
import { systemClock } from '#system/clock.ts'
import { objectStoreConformance } from '../../../test/conformance/object-store.ts'
import { elementsOf } from '../http/xml.ts'
import { S3Client, textIn, type S3Place } from './client.ts'
import { PARTS_FROM_BYTES } from './parts.ts'
import { S3Store, type S3Options } from './s3-store.ts'

const DAY_MS = 86_400_000
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

let ceph: TestCeph
let plain: S3Place
let versioned: S3Place
let made = 0

before(async () => {
  ceph = await startCeph()
  plain = await ceph.bucket('plain', 'plain')
  versioned = await ceph.bucket('versioned', 'locked')
})

after(() => ceph[Symbol.asyncDispose]())

function storeIn(place: S3Place, more: Partial<S3Options> = {}): S3Store {
  const writeOnce = place === plain ? 'server' : 'ask' // it enforces nothing where it has versions
  return new S3Store({ ...place, prefix: `p-${++made}/`, writeOnce, ...more }, systemClock)
}

async function versionsOf(place: S3Place): Promise<number> {
  await using client = new S3Client(place, systemClock)
  const query = { versions: '', prefix: `p-${made}/` }
  const list = textIn(await client.call({ method: 'GET', key: '', query }))
  return elementsOf(list, 'Version').length + elementsOf(list, 'DeleteMarker').length
}

objectStoreConformance('s3 store', () => Promise.resolve(storeIn(plain)))
objectStoreConformance('s3 store that asks first', () => Promise.resolve(storeIn(versioned)))

for (const bucket of ['plain', 'versioned'] as const) {
  test(`s3 store: a large object goes in parts, once, and leaves no half (${bucket})`, async () => {
    const place = bucket === 'plain' ? plain : versioned
    await using store = storeIn(place)
    const bytes = new Uint8Array(randomBytes(PARTS_FROM_BYTES + 5))
    await store.put('large', bytes)
    assert(Buffer.from(await store.get('large')).equals(bytes))
    await store.put('large', bytes)
    const other = Uint8Array.from(bytes)
    other[PARTS_FROM_BYTES]! ^= 1
    await assert.rejects(store.put('large', other), { code: 'OBJECT_EXISTS' })
    await using client = new S3Client(place, systemClock)
    const call = { method: 'GET', key: '', query: { uploads: '' } } as const
    assert.deepEqual(elementsOf(textIn(await client.call(call)), 'Upload'), [])
  })
}

test('s3 store: a list goes on past a page', async () => {
  await using store = storeIn(plain)
  const names = Array.from({ length: 1003 }, (_, at) => `n/${String(at).padStart(4, '0')}`)
  const lane = async (from: number): Promise<void> => {
    for (let at = from; at < names.length; at += 16) await store.put(names[at]!, text(''))
  }
  await Promise.all(Array.from({ length: 16 }, (_, from) => lane(from)))
  const found: string[] = []
  for await (const { name } of store.list('n')) found.push(name)
  assert.deepEqual(found, names)
})

test('s3 store: a deleted object leaves no version and no mark behind', async () => {
  await using store = storeIn(versioned)
  await store.put('a', text('one'))
  await using client = new S3Client(versioned, systemClock)
  const key = `p-${made}/a`
  await client.call({ method: 'DELETE', key }) // as somebody who only hides it
  await client.call({ method: 'PUT', key, body: text('another') })
  assert.equal(await versionsOf(versioned), 3)
  await store.delete('a')
  assert.equal(await versionsOf(versioned), 0)
})

test('s3 store: what is locked cannot be deleted before its day, nor under a hold', async () => {
  await using store = storeIn(versioned, { lock: { mode: 'compliance', days: 1 } })
  await store.put('a', text('one'))
  await assert.rejects(store.delete('a'), { code: 'OBJECT_LOCKED', message: /until 20\d\d-/ })
  assert.equal(await store.lock!.enabled(), true)
  await using unable = storeIn(plain, { lock: { mode: 'compliance', days: 1 } })
  assert.equal(await unable.lock!.enabled(), false)
  const { untilMs, held } = await store.lock!.state('a')
  assert(Math.abs(untilMs! - Date.now() - DAY_MS) < 60_000)
  assert.equal(held, false)
  await store.lock!.extend('a', untilMs! + DAY_MS)
  assert.equal((await store.lock!.state('a')).untilMs, untilMs! + DAY_MS)
  await assert.rejects(store.lock!.extend('a', untilMs!), { code: 'OBJECT_LOCKED' })
  assert.equal(Buffer.from(await store.get('a')).toString(), 'one')

  const { lock } = storeIn(versioned, { prefix: 'free/', lock: { mode: 'compliance', days: 1 } })
  await using unlocked = storeIn(versioned, { prefix: 'free/' })
  await unlocked.put('b', text('two'))
  await lock!.hold('b', true)
  assert.deepEqual(await lock!.state('b'), { untilMs: undefined, held: true })
  await assert.rejects(unlocked.delete('b'), { code: 'OBJECT_LOCKED' })
  await lock!.hold('b', false)
  await unlocked.delete('b')
  assert.equal(await unlocked.head('b'), undefined)
  await assert.rejects(lock!.state('b'), { code: 'OBJECT_MISSING' })
})

test('s3 store: refusals are faults that say what to mend, never missing objects', async () => {
  const wrong = { ...ceph.credentials, secretKey: 'another' }
  await using stranger = storeIn(plain, { credentials: () => Promise.resolve(wrong) })
  await assert.rejects(stranger.get('a'), { code: 'STORE_FAILED', message: /secret key/ })
  await assert.rejects(stranger.head('a'), { code: 'STORE_FAILED' })
  await using lost = storeIn({ ...plain, bucket: 'no-such' }, { writeOnce: 'server' })
  await assert.rejects(lost.get('a'), { code: 'STORE_FAILED', message: /no such bucket/ })
  await assert.rejects(lost.put('a', text('x')), { code: 'STORE_FAILED' })
})

test('s3 store: a server that falls silent or dies is a fault in bounded time', async () => {
  await using store = storeIn(plain)
  await using hasty = storeIn(plain, { timeoutMs: 500 })
  await store.put('a', text('one'))
  ceph.freeze()
  await assert.rejects(hasty.get('a'), { code: 'STORE_FAILED' })
  ceph.thaw()
  await ceph.kill()
  await assert.rejects(hasty.put('b', text('two')), { code: 'STORE_FAILED' })
  await ceph.start()
  assert.equal(Buffer.from(await store.get('a')).toString(), 'one')
})
