/** The supervisor's record waits out a full disk, and nothing of it is lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultError } from '#lib/errors.ts'
import { systemClock } from '#system/clock.ts'
import { eventually } from '#kit/eventually.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { openSteadyBook, type OpenedBook } from './steady-book.ts'

/** A disk that can be full, on which books are opened. */
function disk(): { full: boolean; books: RecordingTrail[]; open: () => Promise<OpenedBook> } {
  const place = {
    full: false,
    books: [] as RecordingTrail[],
    open: async (): Promise<OpenedBook> => {
      if (place.full) throw new FaultError('DISK_FULL', 'no space left')
      const book = new RecordingTrail()
      place.books.push(book)
      return Object.assign(book, { [Symbol.asyncDispose]: () => Promise.resolve() })
    },
  }
  return place
}

const event = (n: number) => ({ code: 'PROCESS_ENDED', detail: { n } })
const quick = { ...systemClock, sleep: () => systemClock.sleep(10) }

test('steady book: what a full disk refuses waits, in order, until there is room', async () => {
  const place = disk()
  const said: string[] = []
  const tell = (line: string): void => void said.push(line)
  await using book = await openSteadyBook({ open: place.open, clock: quick, tell })
  await book.append([event(1)])
  const [first] = place.books
  assert(first)
  place.full = first.broken = true
  await book.append([event(2)])
  await book.append([event(3)])
  assert.match(said.join('\n'), /record waits \(AUDIT_WRITE_FAILED/)
  place.full = false
  await eventually('the second book', () => place.books[1]?.events[1])
  await book.append([event(4)])
  const written = place.books.map(({ events }) => events.map(({ detail }) => detail['n']))
  assert.deepEqual(written, [[1], [2, 3, 4]])
  assert.match(said.join('\n'), /record goes on/)
})

test('steady book: a long wait keeps the newest thousand, and counts the rest', async () => {
  const place = disk()
  await using book = await openSteadyBook({ open: place.open, clock: quick, tell: () => undefined })
  place.full = place.books[0]!.broken = true
  for (let n = 0; n < 1_005; n++) await book.append([event(n)])
  place.full = false
  await eventually('the second book', () => place.books[1]?.events[1_000])
  assert.deepEqual(place.books[1]?.events.at(0)?.detail, { n: 5 })
  const dropped = { count: 5, reason: 'the disk took no record' }
  assert.deepEqual(place.books[1]?.of('EVENTS_DROPPED'), [dropped])
})
