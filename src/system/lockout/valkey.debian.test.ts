/** The shared count, in Debian's redis-server: the same verdicts as in memory, one for all. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { Lockout, limitsInMemory, type LoginAttempt } from '#lib/lockout/lockout.ts'
import { openValkeyLimits, type ValkeyOptions } from './valkey.ts'

const HOUR_MS = 3_600_000

async function startServer(folder: string): Promise<AsyncDisposable & { readonly url: string }> {
  const socket = join(folder, 'valkey.sock')
  const program = existsSync('/usr/bin/valkey-server') ? 'valkey-server' : 'redis-server'
  const quiet = ['--save', '', '--appendonly', 'no', '--dir', folder]
  const args = ['--port', '0', '--unixsocket', socket, ...quiet]
  const child = spawn(program, args, { stdio: 'ignore' })
  for (let turn = 0; !existsSync(socket) && turn < 3_000; turn++) await delay(10)
  return {
    url: `unix://${socket}`,
    [Symbol.asyncDispose]: async () => {
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function withServer(
  act: (
    open: (more?: Partial<ValkeyOptions>) => ReturnType<typeof openValkeyLimits>,
  ) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-valkey-'))
  try {
    await using server = await startServer(folder)
    await act((more) =>
      openValkeyLimits({
        url: server.url,
        prefix: 'test',
        random: randomBytes,
        fallback: limitsInMemory(() => 0),
        onFault: () => undefined,
        onBack: () => undefined,
        ...more,
      }),
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Until it counts in the server: what is admitted there bears an id. */
async function ready(limits: ReturnType<typeof openValkeyLimits>): Promise<void> {
  for (let turn = 0; turn < 3_000; turn++) {
    const admission = await limits.begin({ account: `ready${turn}`, network: `ready${turn}` })
    if (admission.admitted && admission.ticket.id !== undefined) return
    await delay(10)
  }
  throw new Error('the server does not answer')
}

test('valkey: two gateways together give the verdicts that one memory gives', async () => {
  const seed = Number(process.env['VEILIG_SEED'] ?? 7)
  const random = mulberry32(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  await withServer(async (open) => {
    let nowMs = 1_000
    await using one = open({ nowMs: () => nowMs })
    await using other = open({ nowMs: () => nowMs })
    await ready(one)
    await ready(other)
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
})

test('valkey: a hundred attempts at once, at two gateways, are a hundred attempts', async () => {
  await withServer(async (open) => {
    await using one = open()
    await using other = open()
    await ready(one)
    await ready(other)
    const all = Array.from({ length: 100 }, (_, at) =>
      (at % 2 === 0 ? one : other).begin({ account: 'lotte', network: `n${at}` }),
    )
    const admitted = (await Promise.all(all.map(async (each) => each))).filter(
      (admission) => admission.admitted,
    )
    assert.equal(admitted.length, 5)
  })
})

test('valkey: gone, each gateway counts for itself; said once, and when it is back', async () => {
  const faults: string[] = []
  const folder = await mkdtemp(join(tmpdir(), 'veilig-valkey-'))
  let back = 0
  const server = await startServer(folder)
  await using limits = openValkeyLimits({
    url: server.url,
    prefix: 'test',
    random: randomBytes,
    fallback: limitsInMemory(() => 5),
    onFault: (error) => void faults.push((error as Error & { code: string }).code),
    onBack: () => void back++,
  })
  await ready(limits)
  await server[Symbol.asyncDispose]()
  await rm(join(folder, 'valkey.sock'), { force: true })
  let admitted = 0
  for (let at = 0; at < 50; at++) {
    if ((await limits.begin({ account: 'lotte', network: `n${at}` })).admitted) admitted++
  }
  assert.equal(admitted, 5)
  assert.deepEqual(faults, ['LOCKOUT_SHARED_AWAY'])
  await using again = await startServer(folder)
  assert(again.url)
  await ready(limits)
  assert.equal(back, 1)
  await rm(folder, { recursive: true, force: true })
})
