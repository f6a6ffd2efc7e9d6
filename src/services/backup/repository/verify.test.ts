/**
 * Nothing in a repository can be changed unseen: a thousand and more mutations, each is named.
 *
 * The seed of a failing mutation is in its message.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import {
  CLUSTER,
  openSmall,
  putWal,
  SEGMENT,
  smallRepository,
  type SmallRepository,
} from '#kit/repository.ts'
import { VeiligError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { openReader, type RepositoryReader } from './open-reader.ts'
import { readIdentity } from './repository-keys.ts'
import { parseWalName } from './names.ts'
import { verifyRepository } from './verify.ts'
import { WholeLog } from './wal-listing.ts'

/** MUTATIONS=10000 runs so many of each kind; the seed of the first is SEED. */
const MUTATIONS_EACH = Number(process.env['MUTATIONS'] ?? 25)
const FIRST_SEED = Number(process.env['SEED'] ?? 0)

let small: SmallRepository
let other: SmallRepository
let older: Map<string, Uint8Array>
let reader: RepositoryReader
let replayed: ReadonlyMap<string, Uint8Array>

before(async () => {
  small = await smallRepository('one')
  other = await smallRepository('two')
  for (const { objects } of small.stores) {
    const wholes = new WholeLog()
    for (const part of [...objects.keys()].map(parseWalName)) if (part) wholes.add(part)
    // As a sweep does: what was made one is there once, so that each loss is a loss.
    for (const name of objects.keys()) if (wholes.covers(name)) objects.delete(name)
  }
  older = new Map(small.stores[0].objects)
  reader = await readerOf(small, small.stores)
  replayed = await otherHistory(small)
  assert(replayed.size >= 3, 'too little that could be replayed')
})

function readerOf(of: SmallRepository, stores: readonly MemoryStore[]): Promise<RepositoryReader> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  return openReader({ regions, identity: readIdentity(of.keys.verifierKey) })
}

test('verify: a sound repository has no finding, closed or opened', async () => {
  const closed = await verifyRepository(reader)
  assert.deepEqual([closed.findings, closed.leftOvers], [[], []])
  assert.equal(closed.objects, 2 * small.stores[0].objects.size)
  const opened = await verifyRepository(reader, { contents: true })
  assert.deepEqual(opened.findings, [])
})

/** Changes one region. @returns The names of which at least one must be named. */
type Mutation = (objects: Map<string, Uint8Array>, random: () => number) => string[]

const pick = <T>(from: readonly T[], random: () => number): T =>
  from[Math.floor(random() * from.length)]!

const mutations: Readonly<Record<string, Mutation>> = {
  'one bit flipped': (objects, random) => {
    const name = pick([...objects.keys()], random)
    const bytes = objects.get(name)!.slice()
    const at = Math.floor(random() * bytes.length)
    bytes[at] = bytes[at]! ^ (1 << Math.floor(random() * 8))
    objects.set(name, bytes)
    return [name]
  },
  'the end cut off': (objects, random) => {
    const name = pick([...objects.keys()], random)
    const bytes = objects.get(name)!
    objects.set(name, bytes.slice(0, Math.floor(random() * bytes.length)))
    return [name]
  },
  'something appended': (objects, random) => {
    const name = pick([...objects.keys()], random)
    const bytes = objects.get(name)!
    const more = bytes.subarray(0, 1 + Math.floor(random() * 100))
    objects.set(name, Uint8Array.from([...bytes, ...more]))
    return [name]
  },
  'an object deleted': (objects, random) => {
    const name = pick([...objects.keys()], random)
    objects.delete(name)
    return [name]
  },
  'two objects swapped': (objects, random) => {
    const names = [...objects.keys()]
    const one = pick(names, random)
    const two = pick(
      names.filter((name) => name !== one),
      random,
    )
    const bytes = objects.get(one)!
    objects.set(one, objects.get(two)!)
    objects.set(two, bytes)
    return [one, two]
  },
  'an object in the place of another': (objects, random) => {
    const names = [...objects.keys()]
    const one = pick(names, random)
    const folder = one.split('/')[0]
    const alike = names.filter((name) => name !== one && name.split('/')[0] === folder)
    objects.set(one, objects.get(pick(alike.length > 0 ? alike : ['root'], random))!.slice(0, -1))
    return [one]
  },
  'a piece cut out of the middle': (objects, random) => {
    const name = pick([...objects.keys()], random)
    const bytes = objects.get(name)!
    const from = Math.floor(random() * bytes.length)
    const to = from + 1 + Math.floor(random() * (bytes.length - from))
    objects.set(name, Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)]))
    return [name]
  },
  'an authentic version of another history replayed under the name': (objects, random) => {
    // Authentic, of this repository, of this name: what was written when a copy went its own way.
    const name = pick([...replayed.keys()], random)
    objects.set(name, replayed.get(name)!)
    return [name]
  },
  'entries of the catalogue reordered': (objects, random) =>
    reorder(objects, random, (name) => name.startsWith('catalogue/')),
  'parts of the log reordered': (objects, random) =>
    reorder(objects, random, (name) => name.startsWith('wal/')),
  'an object of another repository under the name': (objects, random) => {
    const name = pick([...objects.keys()], random)
    const kind = name.split('/')[0]
    const others = [...other.stores[0].objects].filter(([at]) => at.split('/')[0] === kind)
    objects.set(name, pick(others, random)[1])
    return [name]
  },
}

/** The contents of some objects of a kind, each under the name of the next. */
function reorder(
  objects: Map<string, Uint8Array>,
  random: () => number,
  kind: (name: string) => boolean,
): string[] {
  const names = [...objects.keys()].filter(kind).sort()
  const count = 2 + Math.floor(random() * (names.length - 1))
  const from = Math.floor(random() * (names.length - count + 1))
  const some = names.slice(from, from + count)
  const contents = some.map((name) => objects.get(name)!)
  for (const [at, name] of some.entries()) objects.set(name, contents[(at + 1) % count]!)
  return some
}

/**
 * The same repository, taken back to its start in one region and continued there: its catalogue
 * and log go on under names that the other has too, with other contents, all authentic.
 */
async function otherHistory(of: SmallRepository): Promise<Map<string, Uint8Array>> {
  const store = new MemoryStore()
  const first = [...of.stores[0].objects].filter(
    ([name]) => name === 'root' || name === 'catalogue/0000000000000000',
  )
  for (const [name, bytes] of first) store.objects.set(name, bytes)
  await using repository = await openSmall(of.keys, [store])
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  for (let at = 0; at < 8; at++) await repository.hold(at, 'to be there')
  await putWal(repository, [500, 20_000])
  const known = of.stores[0].objects
  const others = [...store.objects].filter(([name, bytes]) => {
    const ours = known.get(name)
    return ours !== undefined && !Buffer.from(ours).equals(bytes)
  })
  return new Map(others)
}

for (const [what, mutate] of Object.entries(mutations)) {
  test(`verify: ${what} is found and named, ${MUTATIONS_EACH} times`, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + MUTATIONS_EACH; seed++) {
      const random = mulberry32(seed)
      const { objects } = small.stores[1]
      const names = mutate(objects, random)
      const { findings } = await verifyRepository(reader)
      const named = findings.filter(({ region }) => region === 'region-1')
      assert(
        named.some(({ object }) => names.includes(object)),
        `seed ${seed}: ${names.join(', ')} not named in ${JSON.stringify(findings)}`,
      )
      for (const [name, bytes] of older) objects.set(name, bytes)
    }
  })
}

test('verify: alone, a region tells any loss but that of the unmarked end of the log', async () => {
  for (const name of older.keys()) {
    const store = new MemoryStore()
    for (const [at, bytes] of older) if (at !== name) store.objects.set(at, bytes)
    const regions = [{ name: 'alone', store }]
    const { head } = reader.chain
    try {
      const alone = await openReader({ regions, root: reader.root.bytes, head })
      const { findings } = await verifyRepository(alone)
      assert(findings.length > 0, name)
    } catch (error) {
      assert(error instanceof VeiligError, name)
    }
  }
})

test('verify: a repository rolled back whole is known by the head that is remembered', async () => {
  const store = new MemoryStore()
  const entries = [...older.keys()].filter((name) => name.startsWith('catalogue/')).sort()
  for (const [name, bytes] of older) if (name !== entries.at(-1)) store.objects.set(name, bytes)
  const regions = [{ name: 'back', store }]
  const { head } = reader.chain
  const opening = openReader({ regions, root: reader.root.bytes, head })
  await assert.rejects(opening, { code: 'CATALOGUE_ROLLED_BACK' })
})

test('reading: while one region is whole, nothing another holds can do harm', async () => {
  for (const [name, bytes] of older) {
    small.stores[0].objects.set(
      name,
      bytes.map((byte) => byte ^ 1),
    )
    const healed = await readerOf(small, small.stores)
    if (name !== 'root') {
      const read = await healed.read(name)
      assert(Buffer.from(read).equals(bytes), name)
    }
    assert(healed.findings.length > 0 || name === 'root', name)
    small.stores[0].objects.set(name, bytes)
  }
})
