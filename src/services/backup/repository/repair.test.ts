/** What one region has wrong is put right from another; what none has whole is left and named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { smallRepository, type SmallRepository } from '#kit/repository.ts'
import { FaultError } from '#lib/errors.ts'
import { parseWalName } from './names.ts'
import { openReader, type RepositoryReader } from './open-reader.ts'
import { repairRegions } from './repair.ts'
import { readIdentity } from './repository-keys.ts'
import { verifyRepository } from './verify.ts'
import { WholeLog } from './wal-listing.ts'

test('repair: every object, flipped or gone in either region, is right again', async () => {
  const small = await smallRepository('repair')
  const whole = small.stores.map(({ objects }) => new Map(objects))
  const random = mulberry32(1)
  for (const [at, { objects }] of small.stores.entries()) {
    for (const [number, name] of [...objects.keys()].entries()) {
      if (number % 2 !== at) continue // each object is whole in one of the two
      const bytes = objects.get(name)!.slice()
      bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8)
      if (random() < 0.5) objects.delete(name)
      else objects.set(name, bytes)
    }
  }
  const reader = await open(small, await trusted(small, whole[0]!))
  const { findings } = await verifyRepository(reader)
  assert(findings.length >= whole[0]!.size)
  await repairRegions(reader, findings)
  assert.deepEqual((await verifyRepository(await open(small))).findings, [])
  const wholes = new WholeLog()
  for (const part of [...whole[0]!.keys()].map(parseWalName)) if (part) wholes.add(part)
  for (const [at, { objects }] of small.stores.entries()) {
    for (const [name, bytes] of whole[at]!) {
      if (objects.has(name)) assert.deepEqual(objects.get(name), bytes)
      else assert(wholes.covers(name), name)
    }
  }
})

test('repair: what is whole nowhere, or in a region that refuses, stays named', async () => {
  const small = await smallRepository('beyond')
  const reader = await open(small)
  const lost = [...small.stores[0].objects.keys()].find((name) => name.includes('pack'))!
  for (const { objects } of small.stores) objects.delete(lost)
  const key = [...small.stores[1].objects.keys()].find((name) => name.startsWith('keys/'))!
  small.stores[1].objects.delete(key)
  small.stores[1].put = () => Promise.reject(new FaultError('STORE_FAILED', 'locked'))
  const { findings } = await verifyRepository(reader)
  assert.deepEqual(await repairRegions(reader, findings), [])
  const again = (await verifyRepository(reader)).findings.map(({ object }) => object)
  assert(again.includes(lost) && again.includes(key))
})

test('verify: an optional region that is away is silent; a required one is a finding', async () => {
  const small = await smallRepository('away')
  const reader = await open(small)
  small.stores[1].get = () => Promise.reject(new FaultError('STORE_FAILED', 'unplugged'))
  const optional = new Set(['region-1'])
  const { findings, silent } = await verifyRepository(reader, { optional })
  assert.deepEqual([findings, silent], [[], ['region-1']])
  assert((await verifyRepository(reader)).findings.every(({ region }) => region === 'region-1'))
})

/** A reader that saw the repository before the damage, as a running process did. */
async function trusted(
  small: SmallRepository,
  objects: Map<string, Uint8Array>,
): Promise<NonNullable<Parameters<typeof openReader>[0]['known']>> {
  const known: NonNullable<Parameters<typeof openReader>[0]['known']> = new Map()
  const damaged = new Map(small.stores[0].objects)
  for (const [name, bytes] of objects) small.stores[0].objects.set(name, bytes)
  await open({ ...small, stores: [small.stores[0], small.stores[0]] }, known)
  small.stores[0].objects.clear()
  for (const [name, bytes] of damaged) small.stores[0].objects.set(name, bytes)
  return known
}

function open(
  { keys, stores }: SmallRepository,
  known?: Parameters<typeof openReader>[0]['known'],
): Promise<RepositoryReader> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  return openReader({ regions, identity: readIdentity(keys.verifierKey), root: keys.root, known })
}
