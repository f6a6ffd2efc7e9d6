/** Requests on limited routes, counted in Debian's redis-server: once for all gateways. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { startValkey } from '#kit/valkey.ts'
import { converse, openTls, startGateway, startUpstream } from '#kit/web-gateway.ts'
import { ratesInMemory, type RateLimits } from '#lib/rates.ts'
import type { ValkeyScripts } from '../valkey/scripts.ts'
import { valkeyRates } from './valkey.ts'

/** Lets all pass, so that what it counted is seen. */
const nobody: RateLimits = { take: () => -1 }

function over(scripts: ValkeyScripts, nowMs?: () => number): RateLimits {
  return valkeyRates({ scripts, prefix: 'test', fallback: nobody, nowMs })
}

test('rates: two gateways together give the verdicts that one memory gives', async () => {
  const seed = Number(process.env['VEILIG_SEED'] ?? 11)
  const random = mulberry32(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  await using server = await startValkey()
  await using here = await server.scripts()
  await using there = await server.scripts()
  let nowMs = 1_000 // minutes: keys end by the server's own clock, long after the test
  const gateways = [over(here, () => nowMs), over(there, () => nowMs)] as const
  const memory = ratesInMemory(() => nowMs)
  let refused = 0
  for (let step = 0; step < 2_000; step++) {
    nowMs += below(3) === 0 ? below(200_000) : below(500)
    const visitor = below(3)
    const question = { key: `v${visitor}`, perMinute: [1, 0.7, 0.1][visitor] ?? 1, burst: 3 }
    const together = await gateways[below(2) === 0 ? 0 : 1].take(question)
    const alone = await memory.take(question)
    if (alone > 0) refused++
    assert(Math.abs(together - alone) <= 1, `seed ${seed}, step ${step}: ${together}, ${alone}`)
    assert.equal(together > 0, alone > 0, `seed ${seed}, step ${step}`)
  }
  assert(refused > 200, 'the limits were reached')
})

test('rates: a burst is one for three gateways; while Valkey is away, one for each', async () => {
  await using server = await startValkey()
  await using application = await startUpstream((_, response) => response.end('ok'))
  await using stack = new AsyncDisposableStack()
  const rateLimits = [{ path: '/api', perMinute: 0.01, burst: 7 }]
  const ports: number[] = []
  for (let gateway = 0; gateway < 3; gateway++) {
    const scripts = stack.use(await server.scripts())
    const fallback = ratesInMemory(() => 0)
    const rates = valkeyRates({ scripts, prefix: 'test', fallback })
    const upstreams = { localhost: application.address }
    ports.push(stack.use(await startGateway(upstreams, { rateLimits }, { rates })).httpsPort)
  }
  const passed = async (requests: number): Promise<number> => {
    const text = 'GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    const asked = Array.from({ length: requests }, async (_, at) =>
      converse(await openTls(ports[at % ports.length] ?? 0), text),
    )
    const answers = await Promise.all(asked)
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 (?:200|429) /)
    return answers.filter((answer) => answer.startsWith('HTTP/1.1 200 ')).length
  }
  assert.equal(await passed(30), 7)
  await server.stop()
  assert.equal(await passed(30), 21)
})
