/**
 * What every object store must do. A store's test file calls this with a way to make an empty one.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObjectStore } from '#storage/object-store.ts'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** @param makeEmpty Called once for each test. */
export function objectStoreConformance(
  kind: string,
  makeEmpty: () => Promise<ObjectStore & Partial<AsyncDisposable>>,
): void {
  const on = (sentence: string, act: (store: ObjectStore) => Promise<void>): void => {
    test(`${kind}: ${sentence}`, async () => {
      const store = await makeEmpty()
      try {
        await act(store)
      } finally {
        await store[Symbol.asyncDispose]?.()
      }
    })
  }

  on('gives back what was put, empty objects and a megabyte too', async (store) => {
    const big = Uint8Array.from({ length: 1024 * 1024 + 1 }, (_, at) => at % 251)
    for (const [at, bytes] of [text(''), text('a'), big].entries()) {
      await store.put(`a/b-${at}`, bytes)
      assert.deepEqual(Buffer.from(await store.get(`a/b-${at}`)), Buffer.from(bytes))
      assert.deepEqual(await store.head(`a/b-${at}`), { name: `a/b-${at}`, size: bytes.length })
    }
  })

  on('keeps its own copy: the caller may use its buffer again', async (store) => {
    const bytes = text('first')
    await store.put('a', bytes)
    bytes.fill(0)
    const got = await store.get('a')
    got.fill(0)
    assert.equal(Buffer.from(await store.get('a')).toString(), 'first')
  })

  on('is written once: the same bytes again are fine, others are refused', async (store) => {
    await store.put('a', text('first'))
    await store.put('a', text('first'))
    await assert.rejects(store.put('a', text('other')), { code: 'OBJECT_EXISTS' })
    await assert.rejects(store.put('a', text('firs')), { code: 'OBJECT_EXISTS' })
    assert.equal(Buffer.from(await store.get('a')).toString(), 'first')
  })

  on('of two who write one name at once, one wins whole', async (store) => {
    const settled = await Promise.allSettled([
      store.put('a', text('one')),
      store.put('a', text('two')),
    ])
    assert.equal(settled.filter(({ status }) => status === 'rejected').length, 1)
    const kept = Buffer.from(await store.get('a')).toString()
    assert.equal(kept, settled[0]?.status === 'fulfilled' ? 'one' : 'two')
  })

  on('says OBJECT_MISSING of what is not there', async (store) => {
    await assert.rejects(store.get('a'), { code: 'OBJECT_MISSING' })
    await assert.rejects(store.getRange('a', 0, 1), { code: 'OBJECT_MISSING' })
    assert.equal(await store.head('a'), undefined)
    await store.delete('a')
  })

  on('reads ranges, shorter only at the end', async (store) => {
    await store.put('a', text('0123456789'))
    const range = async (start: number, length: number): Promise<string> =>
      Buffer.from(await store.getRange('a', start, length)).toString()
    assert.equal(await range(0, 3), '012')
    assert.equal(await range(4, 2), '45')
    assert.equal(await range(8, 5), '89')
    assert.equal(await range(10, 5), '')
  })

  on('lists a folder and below, in the order of the bytes', async (store) => {
    const names = ['a/b-c', 'a/b/0', 'a/b/00/x', 'a/b/1', 'a/b0', 'ab', 'b'].sort()
    for (const name of names.toReversed()) await store.put(name, text(name))
    const listed = async (folder: string): Promise<string[]> => {
      const found: string[] = []
      for await (const { name, size } of store.list(folder)) {
        assert.equal(size, name.length)
        found.push(name)
      }
      return found
    }
    assert.deepEqual(await listed(''), names)
    assert.deepEqual(
      await listed('a'),
      names.filter((name) => name.startsWith('a/')),
    )
    assert.deepEqual(await listed('a/b'), ['a/b/0', 'a/b/00/x', 'a/b/1'])
    assert.deepEqual(await listed('nothing'), [])
  })

  on('deletes, and the name is then free', async (store) => {
    await store.put('a/b', text('one'))
    await store.delete('a/b')
    assert.equal(await store.head('a/b'), undefined)
    await store.put('a/b', text('two'))
    assert.equal(Buffer.from(await store.get('a/b')).toString(), 'two')
  })

  on('refuses names that could leave it or that another store could not hold', async (store) => {
    const bad = ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/./b', 'A', 'a b', 'a.tmp', '-a', 'é']
    for (const name of [...bad, 'a'.repeat(201)]) {
      await assert.rejects(store.put(name, text('x')), { code: 'OBJECT_NAME_INVALID' }, name)
    }
  })
}
