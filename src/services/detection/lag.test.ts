/** Lateness: told when it lasts, once, and told again when it is over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lag, lagFinding, type LagChange } from './lag.ts'

/** What is told of lateness as it comes, one look a second. */
function told(lateMs: readonly number[]): readonly LagChange[] {
  const lag = new Lag(3_000)
  return lateMs.map((late, at) => lag.see(late, at * 1_000))
}

test('lag: what is late for a moment only is not told', () => {
  assert.deepEqual(told([0, 9_000, 8_000, 0]), [undefined, undefined, undefined, undefined])
})

test('lag: what stays late is told once, and the end of it', () => {
  const changes = told([9_000, 9_000, 9_000, 12_000, 10_000, 2_000, 0])
  const [three, two] = [Array(3).fill(undefined), [undefined]]
  assert.deepEqual(changes, [...three, 'behind', ...two, 'current', undefined])
})

test('lag: a second time is an incident of its own, with its own most', () => {
  const lag = new Lag(1_000)
  const most = [5_000, 7_000, 0, 2_000, 3_000].map((late, at) => {
    lag.see(late, at * 1_000)
    return lag.mostMs
  })
  assert.deepEqual(most, [5_000, 7_000, 7_000, 2_000, 3_000])
  const behind = lagFinding('behind', { book: 'sql-gateway', mostMs: 7_400, nowMs: 1 })
  assert.equal(behind.evidence, 'sql-gateway, 7 s late')
  assert.equal(
    lagFinding('current', { ...behind, book: 'b', mostMs: 0, nowMs: 2 }).ends,
    behind.detector,
  )
})
