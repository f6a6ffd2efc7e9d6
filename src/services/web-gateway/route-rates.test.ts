/** Limits of routes: each visitor has a count of his own, and is told what to do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { converse, openTls, startGateway, startUpstream } from '#kit/web-gateway.ts'
import { pageTexts } from './page-texts.ts'
import { ratesInMemory } from '#lib/rates.ts'
import { rateLimitedRoute, RouteRates } from './route-rates.ts'
import type { RequestHead } from '#protocol/http/head.ts'

test('rates: a burst passes, then one in each share of the minute', () => {
  let nowMs = 0
  const rates = ratesInMemory(() => nowMs)
  const question = { key: 'a', perMinute: 60, burst: 3 }
  const take = (): number => rates.take(question) as number
  assert.deepEqual([take(), take(), take(), take()], [0, 0, 0, 1000])
  assert.equal(take(), 1000, 'what is refused is not counted')
  nowMs = 999
  assert.equal(take(), 1)
  nowMs = 1000
  assert.equal(take(), 0)
  assert.equal(rates.take({ ...question, key: 'b' }), 0, 'another visitor')
  nowMs = 60_000
  assert.deepEqual(
    [take(), take(), take(), take()],
    [0, 0, 0, 1000],
    'rested, and no more than that',
  )
})

test('rates: a million visitors are not all remembered', () => {
  const rates = ratesInMemory(() => 0)
  for (let at = 0; at < 100_001; at++) {
    void rates.take({ key: `${at}`, perMinute: 1, burst: 1 })
  }
  assert.equal(rates.take({ key: '0', perMinute: 1, burst: 1 }), 0, 'the oldest is forgotten')
  assert.equal(rates.take({ key: '100000', perMinute: 1, burst: 1 }), 60_000)
})

test('rates: a route by session must name its cookie, and only that', () => {
  const by = (given: object): boolean =>
    rateLimitedRoute.safeParse({ path: '/api', perMinute: 1, ...given }).success
  assert(by({}) && by({ by: 'session', cookie: 'sid' }))
  assert(!by({ by: 'session' }) && !by({ cookie: 'sid' }))
})

test('rates: no spelling of the path goes around; other routes and methods are free', async () => {
  await using application = await startUpstream((_, response) => response.end('ok'))
  const rateLimits = [{ path: '/api', methods: ['GET', 'POST'], perMinute: 0.01, burst: 4 }]
  await using gateway = await startGateway({ localhost: application.address }, { rateLimits })
  const ask = async (path: string, more: string = '', method: string = 'GET'): Promise<string> => {
    const text = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${more}\r\n`
    return converse(await openTls(gateway.httpsPort), text)
  }
  for (const path of ['/api', '/API/x', '//api;v=1/x', '/%61pi%2fy?q']) {
    assert.match(await ask(path), /^HTTP\/1\.1 200 /, path)
  }
  assert.match(await ask('/apis'), /^HTTP\/1\.1 200 /)
  assert.match(await ask('/api', '', 'DELETE'), /^HTTP\/1\.1 200 /)
  for (const language of ['en', 'nl', 'fr'] as const) {
    const answer = await ask('/api', `Accept-Language: ${language}\r\n`)
    assert.match(answer, /^HTTP\/1\.1 429 [^]*retry-after: \d+\r\n/)
    const [title, , advice] = pageTexts.rate[language]
    const page = Buffer.from(answer, 'latin1').toString('utf8')
    assert(page.includes(title) && page.includes(advice), language)
  }
  assert.deepEqual(gateway.metrics.refused, { WEB_RATE_LIMITED: 3 })
})

test('rates: sessions are counted apart, and made-up ones together by their address', async () => {
  await using application = await startUpstream((_, response) => response.end('ok'))
  const rateLimits = [{ path: '/', perMinute: 0.01, burst: 2, by: 'session', cookie: 'sid' }]
  await using gateway = await startGateway({ localhost: application.address }, { rateLimits })
  const statusOf = async (session: string): Promise<string> => {
    const cookie = `Cookie: other=1; sid=${session}\r\n`
    const text = `GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${cookie}\r\n`
    return (await converse(await openTls(gateway.httpsPort), text)).slice(9, 12)
  }
  const lotte = [await statusOf('lotte'), await statusOf('lotte'), await statusOf('lotte')]
  assert.deepEqual(lotte, ['200', '200', '429'])
  assert.equal(await statusOf('mo'), '200')
  const madeUp: string[] = []
  for (let at = 0; at < 20; at++) madeUp.push(await statusOf(`made-up-${at}`))
  assert.equal(madeUp.filter((status) => status === '200').length, 17, 'twenty for one address')
})

test('rates: the narrowest count comes first; what it refuses is not counted', async () => {
  const head = { target: '/', method: 'GET', host: 'a', headers: ['cookie', 'sid=x'] }
  const route = { path: '/', perMinute: 1, burst: 1, by: 'session', cookie: 'sid' } as const
  const routes = [
    route,
    { ...route, path: '/a' },
    { path: '/', perMinute: 2, burst: 3, by: 'address' } as const,
  ]
  for (const isRemote of [false, true]) {
    const kinds: string[] = []
    const refuse = { s: 0, n: 0, a: 0 }
    const take = ({ key }: { key: string }): number | Promise<number> => {
      const kind = (key.split(' ').at(-2) ?? '') as keyof typeof refuse
      kinds.push(kind)
      return isRemote ? Promise.resolve(refuse[kind]) : refuse[kind]
    }
    const rates = new RouteRates(routes, { key: Buffer.alloc(32), rates: { take } })
    const admit = async (): Promise<number | undefined> =>
      (await rates.admit(head as unknown as RequestHead, '192.0.2.1'))?.retryAfterSeconds
    assert.equal(await admit(), undefined)
    assert.deepEqual(kinds.splice(0), ['s', 'n', 'a'])
    refuse.a = 1
    assert.equal(await admit(), 1, 'the last is heard, too')
    kinds.splice(0)
    refuse.s = 1001
    assert.equal(await admit(), 2, 'whole seconds, and none too few')
    assert.deepEqual(kinds, ['s'])
  }
})
