/** Packs share the memory they grow in, and none is written over while a region still reads it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { eventually } from '#kit/eventually.ts'
import { seededBytes } from '#kit/repository.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock } from '#system/clock.ts'
import type { DataKey } from './data-key.ts'
import { PackRow } from './pack-row.ts'
import { Regions } from './regions.ts'

/** Looks at the first object only once it is told to. */
class Late extends MemoryStore {
  readonly gate: PromiseWithResolvers<void> = Promise.withResolvers<void>()
  #held = false

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    const waits = !this.#held
    this.#held = true
    if (waits) await this.gate.promise
    await super.put(name, bytes)
  }
}

test('packs: where one grew another grows, once every region has it and not before', async () => {
  const [near, late] = [new MemoryStore(), new Late()]
  const places = [
    { name: 'near', store: near, required: true },
    { name: 'late', store: late, required: false },
  ]
  const regions = new Regions(places, systemClock)
  const keyId = new Uint8Array(16).fill(2)
  const header = { keyId, systemIdentifier: 7n } as DataKey['header']
  const dataKey = { header, key: new Uint8Array(32).fill(1) }
  const random = seededBytes('pack row')
  const repositoryId = random(16)
  const row = new PackRow((number) => `backups/b/${number}`, 'pack', {
    regions,
    random,
    repositoryId,
    dataKey,
  })
  const chunk = random(CHUNK_SIZE)
  const write = async (times: number): Promise<void> => {
    for (let left = times; left > 0; left--) {
      chunk.fill(left, 0, 100)
      await row.write(chunk)
    }
  }
  await write(17)
  await eventually('the first pack', () => near.objects.size === 1 || undefined)
  await write(3)
  assert.equal((await row.finish()).length, 2)
  late.gate.resolve()
  await Promise.all(regions.all.map((region) => region.settled()))
  for (const [name, bytes] of near.objects) {
    const there = late.objects.get(name)
    assert(there !== undefined && Buffer.from(bytes).equals(there), `${name} is as in the other`)
  }
  await regions.close()
})
