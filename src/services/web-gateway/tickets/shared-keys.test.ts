/** Keys of tickets on several machines: whoever looks once a minute opens what the others seal. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import type { Book, Kept } from '../book.ts'
import { TICKET_KEY_MS, type TicketKeys } from './keys.ts'
import { SharedTicketKeys, type TicketKeyRecord } from './shared-keys.ts'

const MINUTE_MS = 60_000
const DAYS = 3

type TestBook = Book<TicketKeyRecord> & { isAway: boolean }

function memoryBook(): TestBook {
  let kept: Kept<TicketKeyRecord> | undefined
  const book: TestBook = {
    isAway: false,
    load: async () => {
      if (book.isAway) throw new Error('away')
      return kept
    },
    store: async (record, version) => {
      if (book.isAway) throw new Error('away')
      if (version !== (kept?.version ?? 0)) return false
      kept = { version: version + 1, record }
      return true
    },
  }
  return book
}

type Machine = { readonly shared: SharedTicketKeys; keys: TicketKeys; lookAtMs: number }

function machines(count: number, book: Book<TicketKeyRecord>, now: { ms: number }): Machine[] {
  const random = mulberry32(3)
  const bytes = (size: number): Buffer =>
    Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)))
  return Array.from({ length: count }, (_, at) => {
    const machine: Machine = {
      keys: { current: bytes(48) },
      lookAtMs: at,
      shared: new SharedTicketKeys({
        book,
        random: bytes,
        wallClockMs: () => now.ms,
        onKeys: async (keys) => void (machine.keys = keys),
      }),
    }
    return machine
  })
}

function opens({ current, previous, next }: TicketKeys, sealedWith: Buffer): boolean {
  return [current, previous, next].some((key) => key?.equals(sealedWith))
}

test('shared ticket keys: for days each machine opens what any other seals', async () => {
  const now = { ms: 0 }
  const all = machines(3, memoryBook(), now)
  const firstSeenMs = new Map<string, number>()
  for (const { shared } of all) await shared.look()
  for (; now.ms < DAYS * 24 * 60 * MINUTE_MS; now.ms += 17_000) {
    for (const machine of all.filter(({ lookAtMs }) => lookAtMs <= now.ms)) {
      await machine.shared.look()
      machine.lookAtMs = now.ms + MINUTE_MS
    }
    for (const { keys } of all) {
      for (const other of all) assert(opens(other.keys, keys.current), `${now.ms} ms`)
      const name = keys.current.toString('hex')
      const sinceMs = firstSeenMs.get(name) ?? now.ms
      firstSeenMs.set(name, sinceMs)
      assert(now.ms - sinceMs <= TICKET_KEY_MS + 3 * MINUTE_MS, 'no key seals for longer')
    }
  }
  assert(Math.abs(firstSeenMs.size - DAYS * 2) <= 1, `${firstSeenMs.size} keys in ${DAYS} days`)
})

test('shared ticket keys: a hundred machines that look at once change them once', async () => {
  const now = { ms: 0 }
  const all = machines(100, memoryBook(), now)
  const lookAll = async (): Promise<Set<string>> => {
    // Whoever was overtaken too often looks again, as it does a minute later.
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all(all.map(({ shared }) => shared.look()))
    }
    return new Set(all.map(({ keys }) => keys.current.toString('hex')))
  }
  assert.equal((await lookAll()).size, 1)
  now.ms = TICKET_KEY_MS
  assert.equal((await lookAll()).size, 1)
})

test('shared ticket keys: cut off for a day, a machine changes them for itself alone', async () => {
  const now = { ms: 0 }
  const book = memoryBook()
  const [here, there] = machines(2, book, now)
  assert(here && there)
  await here.shared.look()
  await there.shared.look()
  const before = here.keys.current
  book.isAway = true
  now.ms = TICKET_KEY_MS - 1
  await assert.rejects(here.shared.look(), /away/)
  assert.equal(here.keys.current, before)
  now.ms = TICKET_KEY_MS
  await assert.rejects(here.shared.look(), /away/)
  assert(opens(there.keys, here.keys.current), 'the next one was known to both')
  now.ms = 2 * TICKET_KEY_MS
  await assert.rejects(here.shared.look(), /away/)
  assert(!opens(here.keys, before), 'what was sealed a day ago is void')
  book.isAway = false
  await here.shared.look()
  await there.shared.look()
  assert.deepEqual(here.keys, there.keys)
})
