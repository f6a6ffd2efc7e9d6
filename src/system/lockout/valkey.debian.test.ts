/** The shared count, in Debian's redis-server: the same verdicts as in memory, one for all. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { answering, startValkey } from '#kit/valkey.ts'
import {
  Lockout,
  limitsInMemory,
  type LoginAttempt,
  type LoginLimits,
} from '#lib/lockout/lockout.ts'
import type { ValkeyScripts } from '../valkey/scripts.ts'
import { valkeyLimits } from './valkey.ts'

const HOUR_MS = 3_600_000

function over(scripts: ValkeyScripts, nowMs?: () => number): LoginLimits {
  const fallback = limitsInMemory(() => 5)
  return valkeyLimits({ scripts, prefix: 'test', random: randomBytes, fallback, nowMs })
}

test('valkey: two gateways together give the verdicts that one memory gives', async () => {
  const seed = Number(process.env['VEILIG_SEED'] ?? 7)
  const random = mulberry32(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  await using server = await startValkey()
  await using here = await server.scripts()
  await using there = await server.scripts()
  let nowMs = 1_000
  const one = over(here, () => nowMs)
  const other = over(there, () => nowMs)
  const memory = new Lockout()
  const outcomes = ['right', 'wrong', 'wrong', 'wrong', 'unseen', 'not-evaluated'] as const
  for (let step = 0; step < 3_000; step++) {
    nowMs += below(4) === 0 ? below(HOUR_MS) : 1 + below(20_000)
    const known = below(4) === 0 ? { device: `d${below(2)}` } : {}
    const attempt: LoginAttempt = { account: `a${below(3)}`, network: `n${below(2)}`, ...known }
    const limits = below(2) === 0 ? one : other
    const theirs = await limits.begin(attempt)
    const ours = memory.begin(attempt, nowMs)
    const where = `seed ${seed}, step ${step}`
    assert.equal(theirs.admitted, ours.admitted, where)
    if (!theirs.admitted || !ours.admitted) {
      if (theirs.admitted || ours.admitted) continue
      assert.equal(theirs.by, ours.by, where)
      assert(Math.abs(theirs.retryAfterMs - ours.retryAfterMs) <= 1, where)
      continue
    }
    const outcome = outcomes[below(outcomes.length)] ?? 'wrong'
    const settled = await other.settle(theirs.ticket, outcome)
    assert.deepEqual(settled, memory.settle(ours.ticket, outcome, nowMs), where)
  }
})

test('valkey: a hundred attempts at once, at two gateways, are a hundred attempts', async () => {
  await using server = await startValkey()
  await using here = await server.scripts()
  await using there = await server.scripts()
  const [one, other] = [over(here), over(there)]
  const all = Array.from({ length: 100 }, (_, at) =>
    (at % 2 === 0 ? one : other).begin({ account: 'lotte', network: `n${at}` }),
  )
  const admitted = (await Promise.all(all.map(async (each) => each))).filter(
    (admission) => admission.admitted,
  )
  assert.equal(admitted.length, 5)
})

test('valkey: gone, each gateway counts for itself; said once, and when it is back', async () => {
  await using server = await startValkey()
  const faults: string[] = []
  let back = 0
  await using scripts = await server.scripts({
    onFault: (error) => void faults.push((error as Error & { code: string }).code),
    onBack: () => void back++,
  })
  const limits = over(scripts)
  await server.stop()
  let admitted = 0
  for (let at = 0; at < 50; at++) {
    if ((await limits.begin({ account: 'lotte', network: `n${at}` })).admitted) admitted++
  }
  assert.equal(admitted, 5)
  assert.deepEqual(faults, ['LOCKOUT_SHARED_AWAY'])
  await server.start()
  await answering(scripts)
  assert.equal(back, 1)
})
