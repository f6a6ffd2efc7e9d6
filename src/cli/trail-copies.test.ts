/** The trail's copies: what a region has is the books themselves, and outlives their rewriting. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { openTrail } from '#audit/open.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { verifyBook } from '#audit/verify.ts'
import { identityFromSeed } from '#crypto/key-wrap.ts'
import { keyInFile } from '#kit/key-in-file.ts'
import { eventually } from '#kit/eventually.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { sealConfig } from '#services/seal/config.ts'
import { serveSeal } from '#services/seal/serve.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock, type Clock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { fetchTrail } from './trail-copies.ts'

const HOUR_MS = 3_600_000
const reader = identityFromSeed(randomBytes(32))
const privateKey = generateKeyPairSync('ed25519').privateKey

/** A ring's books, their seal, one region, and a clock that can be put forward. */
class Place implements AsyncDisposable {
  readonly folder: string
  readonly store = new MemoryStore()
  readonly trail = new RecordingTrail()
  shiftMs = 0
  readonly #parts = new AsyncDisposableStack()
  book!: AuditTrail

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(t: TestContext): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), 'veilig-copies-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const place = new Place(folder)
    const { audit } = place
    const limits = { segmentBytesMax: 20_000 }
    const writer = { folder: audit, process: 'writer', node: 'Node.1', mode: 'written' } as const
    const disk = systemDisk
    place.book = place.#parts.use(await openTrail({ ...writer, disk, clock: systemClock, limits }))
    return place
  }

  get audit(): string {
    return join(this.folder, 'audit')
  }

  /** Runs until it is disposed. */
  async seal(): Promise<AsyncDisposable> {
    const clock: Clock = {
      nowMs: () => systemClock.nowMs() + this.shiftMs,
      monotonicMs: () => systemClock.monotonicMs() + this.shiftMs,
      sleep: (ms, signal) => systemClock.sleep(ms, signal),
    }
    const config = sealConfig.parse({ intervalMs: 100 })
    return serveSeal(
      { ...config, copies: { on: true, everyMs: 20, retainDays: 2 } },
      {
        key: await keyInFile(join(this.folder, 'seal.key'), privateKey),
        disk: systemDisk,
        clock,
        trail: this.trail,
        audit: this.audit,
        folder: join(this.folder, 'seal'),
        node: 'Node.1',
        ask: () => Promise.reject(new Error('no witness')),
        copies: {
          regions: [{ name: 'region-a', store: this.store }],
          recipients: () => Promise.resolve([reader.publicKey]),
          random: randomBytes,
        },
        complain: () => undefined,
      },
    )
  }

  async write(count: number): Promise<void> {
    for (let index = 0; index < count; index++)
      await this.book.append([{ code: 'TEST_HAPPENED', detail: { index, text: 'x'.repeat(200) } }])
    await this.book.flush()
  }

  async names(kind: 'h' | 'p'): Promise<string[]> {
    const names: string[] = []
    for await (const { name } of this.store.list('')) names.push(name)
    return names.filter((name) => name.includes(`/${kind}-`))
  }

  async files(folder: string): Promise<Map<string, Buffer>> {
    const names = (await readdir(join(folder, 'writer'))).filter((n) => n.endsWith('.segment'))
    const read = names.map(async (n) => [n, await readFile(join(folder, 'writer', n))] as const)
    return new Map(await Promise.all(read))
  }

  /** The region's copy, once it has as much as the books have now. */
  async fetched(): Promise<string> {
    const size = (files: Map<string, Buffer>): number =>
      [...files.values()].reduce((sum, { length }) => sum + length, 0)
    const wanted = size(await this.files(this.audit))
    return eventually('the copy to be whole', async () => {
      const into = await mkdtemp(join(this.folder, 'into-'))
      const { missing } = await fetchTrail(this.store, reader, into).catch(() => ({ missing: 1 }))
      const audit = join(into, 'audit')
      return missing === 0 && size(await this.files(audit)) >= wanted ? audit : undefined
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#parts.disposeAsync()
  }
}

test('copies: a region has every byte, also once the parts of an hour are one', async (t) => {
  await using place = await Place.open(t)
  await using _ = await place.seal()
  await place.write(150)
  const early = await place.fetched()
  assert.deepEqual(await place.files(early), await place.files(place.audit))
  const { findings, records } = await verifyBook({ folder: early, process: 'writer' })
  assert.deepEqual([findings, records], [[], 151])

  for (let hour = 0; hour < 3; hour++) {
    place.shiftMs += HOUR_MS
    await place.write(20)
    await place.fetched()
  }
  await eventually('the parts of an hour to go', async () => {
    const hours = new Set((await place.names('p')).map((name) => name.split('/')[1]))
    return (await place.names('h')).length > 0 && hours.size <= 2 ? true : undefined
  })
  const late = await place.fetched()
  assert.deepEqual(await place.files(late), await place.files(place.audit))
  const sealed = Buffer.concat(
    await Promise.all((await place.names('h')).map((name) => place.store.get(name))),
  )
  assert.ok(!sealed.includes('TEST_HAPPENED'), 'a region has ciphertext only')
  await assert.rejects(
    fetchTrail(place.store, identityFromSeed(randomBytes(32)), join(place.folder, 'no')),
    { code: 'KEY_DAMAGED' },
  )
})

test('copies: what was copied stays what it was when the book is rewritten', async (t) => {
  await using place = await Place.open(t)
  await using _ = await place.seal()
  await place.write(10)
  await place.fetched()
  place.shiftMs += HOUR_MS
  await eventually('an hour that is known whole', async () => {
    await place.write(1) // a copy under way when the hour ended counts the first for that hour
    const hours = new Set((await place.names('p')).map((name) => name.split('/')[1]))
    return hours.size > 1 ? true : undefined
  })
  await place.write(100)
  const before = await place.files(await place.fetched())
  const [name = ''] = before.keys()
  const file = join(place.audit, 'writer', name)
  const forged = Buffer.from(before.get(name) ?? '')
  forged.write('y', forged.lastIndexOf('x'))
  await writeFile(file, forged)
  place.shiftMs += HOUR_MS
  const differs = await eventually('the difference to be told', () =>
    Promise.resolve(place.trail.of('SEAL_COPY')[0]),
  )
  assert.equal(differs['state'], 'differs')
  const after = await place.files(await place.fetched())
  assert.deepEqual(after.get(name), before.get(name))
})
