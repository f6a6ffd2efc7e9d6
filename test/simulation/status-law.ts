/**
 * What the status page must say of days with outages and loss.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { liveWithLoss } from './status.ts'

const DETECTED_P95_MS = 30_000

/**
 * Asserts that each outage opens one incident, within 30 s in 95 of 100, and that nothing else opens
 * one.
 *
 * @returns The figures, to be shown.
 */
export async function seesOutagesOnly(days: number, loss: number, seed: number): Promise<string> {
  const { outages, turns, looks, lost } = await liveWithLoss(days, loss, seed)
  // As the keeper opens them: one that is open stays so while nobody knows.
  let isOpen = false
  const downs = turns.filter(({ state }) => {
    const opens = state === 'down' && !isOpen
    isOpen = state === 'down' || (isOpen && state !== 'up')
    return opens
  })
  const tookMs = outages.map(({ fromMs, untilMs }) => {
    const within = downs.filter(({ atMs }) => fromMs <= atMs && atMs < untilMs)
    assert.equal(within.length, 1, `the outage of ${new Date(fromMs).toISOString()} is seen once`)
    return within[0]!.atMs - fromMs
  })
  assert.equal(downs.length, outages.length, 'nothing else was said to be down')
  assert.ok(lost / looks > loss / 2, 'looks were lost as asked')
  const p95 = tookMs.toSorted((a, b) => a - b)[Math.ceil(tookMs.length * 0.95) - 1]!
  assert.ok(p95 <= DETECTED_P95_MS, `p95 of detection is ${p95} ms`)
  return `${days} days, seed ${seed}: ${outages.length} outages, p95 ${p95} ms; ${lost} of ${looks} lost`
}
