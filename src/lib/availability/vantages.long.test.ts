/** Thirty simulated days of three who look: no false alarm, quick true ones, honest bounds. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { confirm, unseen } from './confirm.ts'
import { Joint } from './joint.ts'
import { agreed } from './quorum.ts'
import { addSpent, availability, nothing, spentIn, type Seen } from './time.ts'

type Outage = { readonly fromMs: number; readonly untilMs: number }
type Outcome = {
  falseTurns: number
  delaysMs: number[]
  lowest: number
  highest: number
  truth: number
}

const SECOND = 1000
const DAY = 86_400 * SECOND
const INTERVAL = 10 * SECOND
const AGAIN = 2 * SECOND
const TIMEOUT = 5 * SECOND

/** How long an answer takes, or undefined when it is lost. */
type Loss = (random: () => number) => number | undefined

/** Every fiftieth look is lost whole: harder than any network. */
const wholeLooks: Loss = (random) => (random() < 0.02 ? undefined : 20)

/** Every fiftieth packet is lost, and TCP sends again after 1, 3 and 7 s, as Linux does. */
const packets: Loss = (random) => {
  const tries = [0, 1000, 3000].find(() => random() >= 0.02 && random() >= 0.02)
  return tries === undefined ? undefined : tries + 20
}

/**
 * Three who look, each at its own times; every look is lost with a chance. An outage is a hang: it
 * costs each look its whole time-out. The first of the three is the status service itself.
 */
function simulate(seed: number, days: number, loss: Loss, outages: readonly Outage[]): Outcome {
  const random = mulberry32(seed)
  const down = (atMs: number): boolean =>
    outages.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs)
  const look = (atMs: number): { seen: Seen; endMs: number } => {
    const waitMs = down(atMs) ? undefined : loss(random)
    return { seen: waitMs === undefined ? 'down' : 'up', endMs: atMs + (waitMs ?? TIMEOUT) }
  }
  const others = ['east', 'west'].map((name) => ({
    name,
    nextMs: random() * INTERVAL,
    state: unseen(0),
    vote: { seen: 'unknown' as Seen, atMs: 0 },
  }))
  const untilMs = days * DAY
  let state = unseen(0)
  let settleMs = 0
  const joint = new Joint(3, 25 * SECOND)
  let spent = nothing
  let falseTurns = 0
  const delaysMs: number[] = []
  for (let nowMs = INTERVAL; nowMs < untilMs;) {
    const own = look(nowMs)
    for (const other of others) {
      while (other.nextMs <= own.endMs) {
        const found = look(other.nextMs)
        if (found.endMs > own.endMs) break // its answer is still to come; it is asked again below
        const thresholds = { up: 1, down: 2, unknown: 1 }
        joint.add(other.name, { startMs: other.nextMs, endMs: found.endMs, seen: found.seen })
        other.state = confirm(other.state, { atMs: found.endMs, seen: found.seen }, thresholds)
        other.vote = { seen: other.state.state, atMs: found.endMs }
        other.nextMs = Math.max(
          other.nextMs + (other.state.pending ? AGAIN : INTERVAL),
          found.endMs + AGAIN / 4,
        )
      }
    }
    const mine = { seen: own.seen, atMs: own.endMs }
    const all = [mine, ...others.map(({ vote }) => vote)]
    const seen = agreed(all, { size: 3, freshMs: 25 * SECOND, nowMs: own.endMs })
    const check = { atMs: own.endMs, seen }
    joint.add('here', { startMs: nowMs, endMs: own.endMs, seen: own.seen })
    for (const span of own.endMs >= settleMs ? joint.settle(own.endMs) : [])
      spent = addSpent(spent, spentIn(span.state, span.untilMs - span.fromMs))
    if (own.endMs >= settleMs) settleMs = own.endMs + 60 * SECOND
    const after = confirm(state, check, { up: 2, down: 2, unknown: 2 })
    if (after.state !== state.state && after.state === 'down') {
      const outage = outages.find(
        ({ fromMs, untilMs: end }) => own.endMs >= fromMs && own.endMs < end + 2 * INTERVAL,
      )
      if (outage) delaysMs.push(own.endMs - outage.fromMs)
      else falseTurns++
    }
    state = after
    const soon = after.pending !== undefined || own.seen !== seen
    nowMs = Math.max(nowMs + (soon ? AGAIN : INTERVAL), own.endMs + AGAIN / 4)
  }
  const knownMs = spent.upMs + spent.downMs
  const bounds = availability({ ...spent, unknownMs: untilMs - knownMs }) ?? {
    lowest: 0,
    highest: 0,
  }
  const downMs = outages.reduce((sum, outage) => sum + outage.untilMs - outage.fromMs, 0)
  return { falseTurns, delaysMs, ...bounds, truth: 1 - downMs / untilMs }
}

const DAYS = Number(process.env['QUORUM_DAYS'] ?? 30)

test(`quorum: ${DAYS} days in which every fiftieth look is lost open no incident`, () => {
  const { falseTurns, lowest, highest } = simulate(6, DAYS, wholeLooks, [])
  assert.equal(falseTurns, 0)
  assert.equal(highest, 1)
  assert(lowest > 0.998, `${lowest}`)
})

test('quorum: with loss, outages are told in 30 s (p95), and the truth is in the bounds', (t) => {
  const random = mulberry32(7)
  const outages = Array.from({ length: 20 }, (_, at) => {
    const fromMs = (at + 0.5 + random() * 0.3) * DAY * (DAYS / 20)
    return { fromMs, untilMs: fromMs + (60 + random() * 600) * SECOND }
  })
  const { falseTurns, delaysMs, lowest, highest, truth } = simulate(8, DAYS, packets, outages)
  assert.equal(falseTurns, 0)
  assert.equal(delaysMs.length, outages.length)
  const p95 = delaysMs.toSorted((a, b) => a - b)[Math.ceil(0.95 * delaysMs.length) - 1] ?? Infinity
  assert(p95 <= 30 * SECOND, `p95 ${p95}`)
  assert(lowest <= truth && truth <= highest, `${lowest} ${truth} ${highest}`)
  // Half-way between the bounds is the best guess; the bound of 0.001 point is of that.
  const errorPoints = Math.abs((lowest + highest) / 2 - truth) * 100
  assert(errorPoints <= 0.001, `${errorPoints} percentage points`)
  t.diagnostic(
    `p95 ${p95} ms, error ${errorPoints} points, unknown ${highest - lowest} of the time`,
  )
})
