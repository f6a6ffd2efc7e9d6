/**
 * Three hundred Set-Cookie lines in Chromium, once as the application sends them and once through
 * the gateway: the browser keeps the same cookies, and none of them is weaker.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { Browser, Cookie } from 'playwright-core'
import { startBrowser } from '#kit/browser.ts'
import { mulberry32 } from '#kit/random.ts'
import { readVectors } from '#kit/vectors.ts'
import { startGateway, startUpstream, testCertificate } from '#kit/web-gateway.ts'

const LINES = 300
const AT_ONCE = 50 // a browser keeps some 180 cookies of a host

let browser: Browser
before(async () => {
  browser = await startBrowser()
})
after(() => browser.close())

const pieces = {
  name: ['sid', 'theme', 'csrftoken', '__Host-a', '__Secure-b', 'a.b', 'x_y', 'lang', 'PHPSESSID'],
  value: [
    '1',
    '',
    '"q"',
    'a=b',
    'a b',
    '{"a":1}',
    'eyJ.x.y',
    '%20',
    "it's",
    'a,b',
    'v'.repeat(900),
  ],
  path: ['', '; Path=/', '; path=/a', '; Path=', '; Path=relative', '; PATH=/; Path=/a'],
  domain: ['', '', '; Domain=localhost', '; domain=.localhost', '; Domain=', '; Domain=evil.test'],
  life: [
    '',
    '; Max-Age=3600',
    '; Expires=Wed, 09 Jun 2027 10:18:14 GMT',
    '; expires=Wednesday, 09-Jun-27 10:18:14 GMT',
    '; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    '; Max-Age=x',
  ],
  rest: [
    '',
    '; Secure',
    '; HttpOnly',
    '; SameSite=Strict',
    '; samesite=lax; secure',
    '; SameSite=None; Secure',
    '; SameSite=bogus',
    '; Priority=High',
    ';;; HttpOnly=yes ;',
    '; Unknown=1; Secure',
  ],
} as const

/** Each with a name of its own, so that none pushes out another. */
function* lines(): Generator<string> {
  const vectors = readVectors(new URL('testdata/cookies.vectors', import.meta.url))
  let made = 0
  for (const { line, host } of vectors) {
    // Escapes and other hosts are for the vectors' own test.
    if (line === undefined || host !== undefined || /[\\\u0080-\uffff]/.test(line)) continue
    yield line.replace(/^(sid|t|__Host-sid|__Secure-sid)=/, `$1${made}=`)
    made++
  }
  const random = mulberry32(5)
  const one = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
  for (; made < LINES; made++) {
    const { name, value, path, domain, life, rest } = pieces
    const attributes = [path, domain, life, rest].map(one).join('')
    yield `${one(name)}${made}=${one(value)}${attributes}`
  }
}

async function kept(port: number, page: string): Promise<Cookie[]> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  try {
    const tab = await context.newPage()
    await tab.goto(`https://localhost:${port}/a?${page}`)
    return await context.cookies()
  } finally {
    await context.close()
  }
}

const strength: Readonly<Record<string, number>> = { None: 0, Lax: 1, Strict: 2 }

test('cookies: Chromium keeps 300 lines as without the gateway, and none weaker', async (t) => {
  const all = [...lines()]
  assert(all.length >= LINES)
  const pages = Array.from({ length: Math.ceil(all.length / AT_ONCE) }, (_, at) =>
    all.slice(at * AT_ONCE, (at + 1) * AT_ONCE),
  )
  const linesOf = (url: string | undefined): readonly string[] =>
    pages[Number(url?.split('?', 2)[1])] ?? []
  await using application = await startUpstream((incoming, response) => {
    response.setHeader('set-cookie', [...linesOf(incoming.url)]).end('hello')
  })
  const limits = { limits: { headMax: 256 * 1024 } }
  await using gateway = await startGateway({ localhost: application.address }, limits)
  const { certificatePem: cert, keyPem: key } = testCertificate
  const direct = createSecureServer({ cert, key }, (incoming, response) => {
    response.setHeader('set-cookie', [...linesOf(incoming.url)]).end('hello')
  })
  direct.listen(0, '127.0.0.1')
  await once(direct, 'listening')
  let compared = 0
  try {
    for (const at of pages.keys()) {
      const plain = await kept((direct.address() as AddressInfo).port, String(at))
      const ours = await kept(gateway.httpsPort, String(at))
      const byName = new Map(ours.map((cookie) => [`${cookie.name} ${cookie.path}`, cookie]))
      for (const cookie of plain) {
        const mine = byName.get(`${cookie.name} ${cookie.path}`)
        assert(mine, `lost: ${JSON.stringify(cookie)}`)
        assert.deepEqual([mine.value, mine.domain], [cookie.value, cookie.domain], cookie.name)
        assert(Math.abs(mine.expires - cookie.expires) < 60, `${cookie.name} lives another time`)
        assert(mine.secure && (mine.httpOnly || !cookie.httpOnly), cookie.name)
        assert((strength[mine.sameSite] ?? 0) >= (strength[cookie.sameSite] ?? 0), cookie.name)
        compared++
      }
    }
  } finally {
    direct.close()
  }
  t.diagnostic(`${all.length} lines, ${compared} cookies that a browser keeps`)
  assert(compared > LINES / 2, `${compared} cookies`)
})
