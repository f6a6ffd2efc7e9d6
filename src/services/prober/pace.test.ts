/** When a probe runs again: what passed may rest, what changed or failed may not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beatMs, isDue, markOf, unmeasuredAfter } from './pace.ts'
import type { Probe } from './probe.ts'

const dear: Probe = {
  version: 1,
  everySeconds: 600,
  measure: () => Promise.reject(new Error('not asked here')),
}
const passed = { outcome: 'pass', startedMs: 0, mark: 'a' } as const

test('pace: what passed rests as long as it may, and not a beat longer', () => {
  assert(isDue(dear, undefined, 0, undefined))
  assert(!isDue(dear, { ...passed, mark: undefined }, 598_000, undefined))
  assert(isDue(dear, { ...passed, mark: undefined }, 599_500, undefined))
})

test('pace: what failed or was not measured is asked at every beat', () => {
  for (const outcome of ['fail', 'unmeasured'] as const)
    assert(isDue(dear, { ...passed, outcome }, 1, 'a'))
})

test('pace: another mark, or none where there should be one, is a reason to run at once', () => {
  const marked = { ...dear, mark: () => Promise.resolve('a') }
  assert(!isDue(marked, passed, 1, 'a'))
  assert(isDue(marked, passed, 1, 'b'))
  assert(isDue(marked, passed, 1, undefined))
})

test('pace: a look that fails or hangs gives no mark', async () => {
  const stop = new AbortController().signal
  const broken = { ...dear, mark: () => Promise.reject(new Error('away')) }
  const hung = { ...dear, mark: () => new Promise<never>(() => undefined) }
  assert.equal(await markOf(broken, 1000, stop), undefined)
  assert.equal(await markOf(hung, 10, stop), undefined)
  assert.equal(await markOf({ ...dear, mark: () => Promise.resolve('x') }, 1000, stop), 'x')
})

test('pace: what can suddenly not be measured is tried soon three times, then at each beat', () => {
  const outcomes = ['pass', ...Array<'unmeasured'>(5).fill('unmeasured'), 'fail'] as const
  let count: number | undefined
  const beats = outcomes.map((outcome) => beatMs(20_000, (count = unmeasuredAfter(count, outcome))))
  assert.deepEqual(beats, [20_000, 5_000, 5_000, 5_000, 20_000, 20_000, 20_000])
})

test('pace: what was never measured here is in no haste', () => {
  assert.equal(unmeasuredAfter(undefined, 'unmeasured'), undefined)
  assert.equal(beatMs(20_000, undefined), 20_000)
})
