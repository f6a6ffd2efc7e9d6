/** A book's tree as tlog-tiles: each is what the records say, and of another book none is made. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { HashTiles } from '#crypto/hash-tiles.ts'
import { openTestBook } from '#kit/detection.ts'
import { LeafReader } from './leaves.ts'
import { layTiles } from './tiles.ts'
import { verifyBook } from './verify.ts'

const RECORDS = 65_536 + 256 + 9

async function bookOf(t: TestContext): Promise<{ folder: string; size: number; root: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-tiles-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  {
    await using book = await openTestBook(folder, 'writer')
    const event = (index: number) => ({ code: 'TEST_HAPPENED', detail: { index } })
    for (let at = 0; at < RECORDS; at += 1_000)
      await book.append(Array.from({ length: 1_000 }, (_, each) => event(at + each)))
  }
  const { records, root } = await verifyBook({ folder, process: 'writer' })
  return { folder, size: records, root: Buffer.from(root, 'hex') }
}

test('tiles: three levels, whole and in part, each as the tree has it', async (t) => {
  const { folder, size, root } = await bookOf(t)
  const into = join(folder, 'tiles')
  const count = await layTiles({ folder, process: 'writer', into, size, root, note: 'signed\n' })
  const tree = new HashTiles()
  const reader = new LeafReader({ folder, process: 'writer' }, 0)
  for (let read = await reader.next(); read; read = await reader.next())
    for (const hash of read.hashes) tree.append(hash)
  const tiles = (await readdir(join(into, 'tile'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(into, 'tile').length + 1))
  assert.equal(tiles.length, count)
  for (const path of tiles) {
    const [, level, place = '', width] = /^(\d)\/(.*?)(?:\.p\/(\d+))?$/.exec(path) ?? []
    const index = Number(place.replaceAll(/[x/]/g, ''))
    const bytes = await readFile(join(into, 'tile', path))
    assert.equal(bytes.length, 32 * Number(width ?? 256), path)
    assert.deepEqual(bytes, Buffer.from(tree.tile(Number(level), index)), path)
  }
  assert.deepEqual(await readdir(join(into, 'tile')), ['0', '1', '2'])
  assert.equal(await readFile(join(into, 'checkpoint'), 'utf8'), 'signed\n')
})

test('tiles: of a book that is not the one signed for there are none to believe', async (t) => {
  const { folder, size, root } = await bookOf(t)
  const place = { folder, process: 'writer', note: '' }
  const other = Buffer.from(root)
  other[0]! ^= 1
  for (const asked of [
    { size, root: other },
    { size: size + 1, root },
  ]) {
    const into = join(folder, `tiles-${asked.size}`)
    await assert.rejects(layTiles({ ...place, ...asked, into }), { code: 'AUDIT_BOOK_DAMAGED' })
    assert.deepEqual((await readdir(into)).includes('checkpoint'), false)
  }
})
