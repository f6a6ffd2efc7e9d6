/** The search for people: what is typed is looked for, and is never part of the question. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { quickClock } from '#kit/quick-clock.ts'
import { systemDisk } from '#system/disk.ts'
import { openTrail } from './open.ts'
import { searchBooks, type SearchQuestion, type SearchResult } from './search.ts'

const folder = await mkdtemp(join(tmpdir(), 'veilig-search-'))
after(() => rm(folder, { recursive: true }))
const clock = quickClock()
const place = { folder, node: 'n1', mode: 'written', disk: systemDisk, clock } as const
await using trail = await openTrail({ ...place, process: 'sql-gateway' })
const peer = { session: 's1', database: 'club', address: '::1', application: 'psql' }
await trail.append([
  {
    code: 'DB_STATEMENT',
    detail: { ...peer, user: 'anna', sequence: 1, sql: 'SELECT * FROM member' },
  },
  {
    code: 'DB_STATEMENT',
    detail: { ...peer, user: 'bob', sequence: 2, sql: `SELECT 'it''s 100%' FROM members_old` },
  },
  { code: 'DB_STATEMENT_DONE', detail: { session: 's1', sequence: 1, rows: 41 } },
  { code: 'STAFF_SIGNED_IN', detail: { account: 'k-anna', how: 'passkey' } },
])

const all: SearchQuestion = { person: '', table: '', text: '', fromMs: 0, toMs: 4e12 }
const ask = (more: Partial<SearchQuestion>, rowsMax = 100): Promise<SearchResult> =>
  searchBooks({ ...all, ...more, folder, rowsMax })
const who = async (more: Partial<SearchQuestion>): Promise<string[]> =>
  (await ask(more)).hits.map(({ person }) => person).filter((person) => person !== '')

test('search: by person, by table as a word, by text, by time', async () => {
  assert.deepEqual((await who({})).toSorted(), ['anna', 'bob', 'k-anna'])
  assert.deepEqual((await who({ person: 'ANNA' })).toSorted(), ['anna', 'k-anna'])
  assert.deepEqual(await who({ table: 'member' }), ['anna'])
  assert.deepEqual(await who({ text: '100%' }), ['bob'])
  assert.deepEqual(await who({ text: 'signed_in' }), ['k-anna'])
  assert.deepEqual(await who({ toMs: 1000 }), [])
  const [hit] = (await ask({ table: 'member' })).hits
  assert.deepEqual([hit?.rows, hit?.what, hit?.code], [41, 'SELECT * FROM member', 'DB_STATEMENT'])
})

test('search: what is typed stays a word, whatever it looks like', async () => {
  for (const typed of [
    `' OR 1=1 --`,
    `'); DROP TABLE events; --`,
    '$person',
    '.*',
    '(',
    '\\',
    '%',
  ]) {
    for (const field of ['person', 'table', 'text']) {
      const expected = typed === '%' && field === 'text' ? ['bob'] : []
      assert.deepEqual(await who({ [field]: typed }), expected, `${field} ${typed}`)
    }
  }
  await assert.rejects(ask({ text: 'x'.repeat(201) }), { code: 'AUDIT_QUERY_INVALID' })
})

test('search: it is bounded, and ends when its reader is gone', async () => {
  const some = await ask({}, 2)
  assert.deepEqual([some.hits.length, some.more], [2, true])
  const signal = AbortSignal.abort()
  await assert.rejects(searchBooks({ ...all, folder, rowsMax: 2, signal }), { name: 'AbortError' })
})
