/**
 * Staff signing in with foreign programs: `oidc-provider` as the company's own provider, and codes
 * of `oathtool`.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { Agent, request } from 'node:https'
import {
  askConsole,
  consoleOrigin,
  csrfIn,
  enrolled,
  startConsole,
  type Page,
  type Person,
  type TestConsole,
} from '#kit/console.ts'
import { startProvider, type TestProvider } from '#kit/oidc-provider.ts'
import { testAuthority } from '#kit/web-gateway.ts'
import { systemClock } from '#system/clock.ts'

let provider: TestProvider
let desk: TestConsole
let lotte: Person
let aheadMs = 0
const stack = new AsyncDisposableStack()

before(async () => {
  provider = stack.use(
    await startProvider(consoleOrigin, {
      lotte: { email: 'lotte@club.example', email_verified: true, amr: ['pwd', 'mfa'] },
      daan: { email: 'daan@club.example', email_verified: false, amr: ['mfa'] },
      ines: { email: 'ines@club.example', email_verified: true, amr: ['pwd'] },
    }),
  )
  const { issuer, clientId, clientSecret, caFile } = provider
  const settings = { provider: { issuer, clientId, clientSecret, caFile, name: 'Club' } }
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
  desk = stack.use(await startConsole({ clock }, settings))
  lotte = await enrolled(desk, 'lotte@club.example', 'owner')
  await enrolled(desk, 'daan@club.example', 'operator')
  await enrolled(desk, 'ines@club.example', 'support')
})
after(() => stack.disposeAsync())

/** A code as another program reckons it, half a minute later each time. */
async function oathtool(seed: string): Promise<string> {
  aheadMs += 30_000
  const now = new Date(systemClock.nowMs() + aheadMs).toISOString().slice(0, 19)
  const args = ['--totp', '-b', `--now=${now.replace('T', ' ')} UTC`, seed]
  return (await promisify(execFile)('oathtool', args)).stdout.trim()
}

test('provider: a code of oathtool is the second proof', async () => {
  const fields = { name: lotte.name, password: lotte.password }
  const { cookie } = await askConsole(desk, 'POST', '/login', { fields })
  const csrf = csrfIn(await askConsole(desk, 'GET', '/second', { cookie }))
  const proof = { csrf, code: await oathtool(lotte.seed) }
  const done = await askConsole(desk, 'POST', '/second', { cookie, fields: proof })
  assert.equal(done.to, '/')
})

test('provider: the first time our own second proof is asked too', async () => {
  const back = await signInAt('lotte')
  assert.match(back.text, /url=\/second/)
  assert.equal((await askConsole(desk, 'GET', '/', back)).to, '/second')
  const csrf = csrfIn(await askConsole(desk, 'GET', '/second', back))
  const fields = { csrf, code: await oathtool(lotte.seed) }
  const done = await askConsole(desk, 'POST', '/second', { cookie: back.cookie, fields })
  assert.equal(done.to, '/')
  assert.equal(desk.trail.of('STAFF_PROVIDER_LINKED').length, 1)
})

test('provider: from then on two proofs seen there open the console', async () => {
  const back = await signInAt('lotte')
  assert.match(back.text, /url=\/"/)
  assert.equal((await askConsole(desk, 'GET', '/', back)).status, 200)
})

test('provider: one proof there is one proof here', async () => {
  for (let at = 0; at < 2; at++) {
    const back = await signInAt('ines')
    assert.equal((await askConsole(desk, 'GET', '/', back)).to, '/second')
  }
})

test('provider: an address nobody verified, and a person nobody invited, get nothing', async () => {
  for (const name of ['daan', 'stranger']) {
    const back = await signInAt(name)
    assert.equal(back.status, 422, name)
    assert.equal((await askConsole(desk, 'GET', '/', back)).to, '/login')
  }
})

test('provider: an answer of another login, replayed, altered or cut off, is a no', async () => {
  const good = await answerFor('lotte')
  const other = await answerFor('lotte')
  const bad: readonly (readonly [string, string])[] = [
    [good.url, other.cookie],
    [good.url, ''],
    [good.url.replace(/state=[^&]*/, 'state=x'), good.cookie],
    [good.url.replace(/iss=[^&]*/, 'iss=https%3A%2F%2Fevil.example'), good.cookie],
    ['/login/provider/back', good.cookie],
    ['/login/provider/back?error=access_denied', good.cookie],
  ]
  for (const [at, [url, cookie]] of bad.entries()) {
    const address = `203.0.113.${at}`
    assert.equal((await askConsole(desk, 'GET', url, { cookie, address })).status, 422, url)
  }
  const address = '203.0.113.99'
  const done = await askConsole(desk, 'GET', other.url, { cookie: other.cookie, address })
  assert.equal(done.status, 200)
  const again = await askConsole(desk, 'GET', other.url, { cookie: other.cookie, address })
  assert.equal(again.status, 422, 'a code counts once')
})

/** From the console's button to the console again, as a browser goes. */
async function signInAt(name: string): Promise<Page> {
  const { url, cookie } = await answerFor(name)
  return askConsole(desk, 'GET', url, { cookie, address: `198.51.100.${++visits}` })
}
let visits = 0

/** What the provider sends the browser back with, and what the browser carried meanwhile. */
async function answerFor(name: string): Promise<{ url: string; cookie: string }> {
  const start = await askConsole(desk, 'GET', '/login/provider')
  assert(start.to.startsWith(`${provider.issuer}/`), start.to)
  const jar = new Map<string, string>()
  let { to } = start
  for (let hop = 0; hop < 12 && !to.startsWith(consoleOrigin); hop++) {
    const page = await visit(jar, to)
    if (page.to !== '') to = new URL(page.to, to).href
    else {
      const action = /action="([^"]+)"/.exec(page.text)?.[1] ?? ''
      const form = new URLSearchParams({ login: name })
      const next = await visit(jar, action, form)
      assert.notEqual(next.to, '', next.text)
      to = new URL(next.to, action).href
    }
  }
  const { pathname, search } = new URL(to)
  return { url: pathname + search, cookie: start.cookie }
}

const agent = new Agent({ ca: testAuthority })

function visit(
  jar: Map<string, string>,
  url: string,
  form?: URLSearchParams,
): Promise<{ to: string; text: string }> {
  const body = form?.toString()
  const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = {
    cookie,
    ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
  }
  const method = body === undefined ? 'GET' : 'POST'
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, method, headers }, (response) => {
      for (const line of response.headers['set-cookie'] ?? []) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
        jar.set(name, value)
      }
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ to: response.headers.location ?? '', text }))
    })
    call.on('error', reject)
    call.end(body)
  })
}
