/** Another recovery key: it opens everything, the old one nothing, and no content was touched. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSmall, putWal, seededBytes } from '#kit/repository.ts'
import { days, repositoryInTime, type RepositoryInTime } from '#kit/repository-in-time.ts'
import { identityFromSeed, type Identity } from '#crypto/key-wrap.ts'
import { FaultError } from '#lib/errors.ts'
import { openReader, type RepositoryReader } from './open-reader.ts'
import { readCatalogueKey, readIdentity } from './repository-keys.ts'
import { putLaterRoot, rewrapKeys, type RewrapOptions } from './rewrap.ts'
import { verifyRepository } from './verify.ts'

const next = identityFromSeed(seededBytes('the next key')(32))

test('rotation: the new key opens all, from a region alone; the old one nothing', async () => {
  const place = repositoryInTime()
  const old = readIdentity(place.keys.recoveryKey)
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 3, true)
  const contents = await sizes(place)
  const options = await optionsOf(place, old)
  await putLaterRoot(options)
  await repository.changeRecipients(options.recipients.map(({ publicKey }) => publicKey))
  const wrapped = await rewrapKeys(options)
  assert(wrapped >= 12, `${wrapped}`)
  await putWal(repository, [1000]) // under a key made after the change
  assert.equal(await rewrapKeys(options), 0, 'what is done is not done twice')
  for (const identity of [next, readIdentity(place.keys.verifierKey)]) {
    const reader = await open(place, identity)
    const { findings } = await verifyRepository(reader, { contents: true })
    assert.deepEqual(findings, [])
  }
  const closed = await verifyRepository(await open(place, old), { contents: true })
  const codes = new Set(closed.findings.map(({ code }) => code))
  assert.deepEqual([...codes], ['REPOSITORY_KEY_WRONG'])
  for (const [name, size] of contents) assert.equal((await sizes(place)).get(name), size)
})

test('rotation: broken off it is run again; no region brings old keys back', async () => {
  const place = repositoryInTime()
  const old = readIdentity(place.keys.recoveryKey)
  const repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 2)
  const options = await optionsOf(place, old)
  await putLaterRoot(options)
  await repository.changeRecipients(options.recipients.map(({ publicKey }) => publicKey))
  await repository[Symbol.asyncDispose]()
  const [, second] = place.stores
  const before = new Map(second.objects)
  const put = second.put.bind(second)
  let puts = 3
  second.put = (name, bytes) =>
    puts-- > 0 ? put(name, bytes) : Promise.reject(new FaultError('STORE_FAILED', 'unplugged'))
  await assert.rejects(rewrapKeys(options), { code: 'STORE_FAILED' })
  const { findings } = await verifyRepository(await open(place, old, 1), { contents: true })
  assert.deepEqual(
    findings.filter(({ code }) => code === 'KEY_MISSING'),
    [],
  )
  second.put = put
  await rewrapKeys(await optionsOf(place, old))
  for (const [name, bytes] of before) if (name.startsWith('keys/')) second.objects.set(name, bytes)
  await using again = await openSmall(place.keys, place.stores, { clock: place.clock })
  await again.catalogue()
  const kept = [...place.stores[0].objects.keys()].filter((name) => name.startsWith('keys/'))
  assert(kept.every((name) => name.endsWith('-00000001')))
  await open(place, next)
})

async function optionsOf(place: RepositoryInTime, identity: Identity): Promise<RewrapOptions> {
  return {
    reader: await open(place, identity),
    identity,
    signingKey: readCatalogueKey(place.keys.catalogueKey),
    recipients: [next, readIdentity(place.keys.verifierKey)],
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    nowMs: place.clock.nowMs(),
  }
}

/** With a region or two and the key, nothing else: as on another machine. */
function open(
  { stores }: RepositoryInTime,
  identity: Identity,
  count = 2,
): Promise<RepositoryReader> {
  const regions = stores.slice(0, count).map((store, at) => ({ name: `region-${at}`, store }))
  return openReader({ regions, identity })
}

async function sizes({ stores }: RepositoryInTime): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for await (const { name, size } of stores[0].list('backups')) found.set(name, size)
  return found
}
