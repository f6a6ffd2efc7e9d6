/**
 * Order, bounds and failures of work done ahead.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ahead, eachAtOnce } from './ahead.ts'

test('ahead: results come in the order of their items, and never more are under way', async () => {
  let [now, most] = [0, 0]
  const act = async (item: number): Promise<number> => {
    most = Math.max(most, ++now)
    for (let turn = 0; turn < 10 - item; turn++) await Promise.resolve() // later ones are faster
    now--
    return item
  }
  const taken: number[] = []
  for await (const item of ahead([1, 2, 3, 4, 5, 6, 7], 3, act)) taken.push(item)
  assert.deepEqual(taken, [1, 2, 3, 4, 5, 6, 7])
  assert.equal(most, 3)
})

test('ahead: heavy items are fewer at once, and one that weighs too much goes alone', async () => {
  const underWay = new Set<number>()
  const seen: number[][] = []
  const act = async (item: number): Promise<void> => {
    underWay.add(item)
    seen.push([...underWay])
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    underWay.delete(item)
  }
  for await (const nothing of ahead([1, 2, 9, 1, 1], 3, act, (item) => item)) {
    assert.equal(nothing, undefined)
  }
  assert.deepEqual(seen.slice(0, 3), [[1], [1, 2], [9]])
})

test('ahead: a failure comes in its turn, after what was before it', async () => {
  const taken: number[] = []
  const act = (item: number): Promise<number> =>
    item === 3 ? Promise.reject(new Error('third')) : Promise.resolve(item)
  await assert.rejects(
    async () => {
      for await (const item of ahead([1, 2, 3, 4], 4, act)) taken.push(item)
    },
    { message: 'third' },
  )
  assert.deepEqual(taken, [1, 2])
})

test('eachAtOnce: every item is met once, and after a failure nothing is begun', async () => {
  const met: number[] = []
  await eachAtOnce([1, 2, 3, 4, 5], 2, (item) => void met.push(item))
  assert.deepEqual(met, [1, 2, 3, 4, 5])
  const begun: number[] = []
  const act = async (item: number): Promise<void> => {
    begun.push(item)
    await Promise.resolve()
    if (item === 2) throw new Error('second')
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  await assert.rejects(eachAtOnce([1, 2, 3, 4, 5, 6], 2, act), { message: 'second' })
  assert(!begun.includes(5), `${begun.join()} were begun`)
})
