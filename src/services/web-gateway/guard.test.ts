/** The login guard, with real connections: what the application is spared, and who gets in. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { startGateway, startUpstream, testAuthority, type TestGateway } from '#kit/web-gateway.ts'
import { DEVICE_COOKIE } from '#lib/lockout/device-cookie.ts'

const RIGHT = 'tie-break'
const loginGuard = [
  {
    path: '/:club/login',
    accountField: 'email',
    accountsPer: 'path',
    success: { setsCookie: 'session' },
  },
]

type Seen = { readonly body: string; readonly cookie: string | undefined; readonly path: string }

/** An application that answers a login as most do, and remembers what it saw. */
async function startApplication(): Promise<{
  readonly seen: Seen[]
  readonly application: Awaited<ReturnType<typeof startUpstream>>
}> {
  const seen: Seen[] = []
  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(incoming)
    seen.push({ body, cookie: incoming.headers.cookie, path: incoming.url ?? '' })
    if (body.includes(RIGHT)) response.writeHead(303, { 'set-cookie': 'session=1', location: '/' })
    else response.writeHead(401, { 'content-type': 'text/html' }).write('wrong')
    response.end()
  }
  const application = await startUpstream((incoming, response) => void answer(incoming, response))
  return { seen, application }
}

type Answer = {
  readonly status: number
  readonly body: string
  readonly device: string | undefined
  readonly retryAfter: string | undefined
}

async function post(
  gateway: TestGateway,
  body: string,
  options: { path?: string; headers?: Record<string, string>; device?: string | undefined } = {},
): Promise<Answer> {
  const { device } = options
  const call = request({
    host: '127.0.0.1',
    port: gateway.httpsPort,
    servername: 'localhost',
    ca: testAuthority,
    agent: false,
    method: 'POST',
    path: options.path ?? '/club/login',
    headers: {
      host: 'localhost',
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
      ...(device === undefined ? {} : { cookie: `a=1; ${DEVICE_COOKIE}=${device}; b=2` }),
      ...options.headers,
    },
  })
  call.end(body)
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  const lines = response.headers['set-cookie'] ?? []
  const line = lines.find((each) => each.startsWith(DEVICE_COOKIE))
  return {
    status: response.statusCode ?? 0,
    body: await text(response),
    device: line?.split(';', 1)[0]?.slice(DEVICE_COOKIE.length + 1),
    retryAfter: response.headers['retry-after'],
  }
}

const form = (email: string, password: string): string =>
  new URLSearchParams({ email, password }).toString()

test('guard: after five wrong passwords none is evaluated; a known device gets in', async () => {
  const { seen, application } = await startApplication()
  await using _application = application
  await using gateway = await startGateway({ localhost: application.address }, { loginGuard })
  const first = await post(gateway, form('lotte@club.example', RIGHT))
  assert.equal(first.status, 303)
  assert(first.device !== undefined, 'a success makes the device known')

  const statuses: number[] = []
  for (const email of ['lotte@club.example', ' LOTTE@club.example', 'Lotte@Club.Example']) {
    for (let at = 0; at < 3; at++) statuses.push((await post(gateway, form(email, 'x'))).status)
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429, 429])
  const evaluated = seen.length
  const refused = await post(gateway, form('lotte@club.example', RIGHT))
  assert.equal(refused.status, 429, 'even the right password of a stranger is not looked at')
  assert.equal(seen.length, evaluated)
  assert(Number(refused.retryAfter) > 20 && Number(refused.retryAfter) <= 30)
  assert.match(refused.body, /wrong password/)

  const owner = await post(gateway, form('lotte@club.example', RIGHT), { device: first.device })
  assert.equal(owner.status, 303)
  assert.equal(seen.at(-1)?.cookie, 'a=1; b=2', 'the device cookie is ours alone')
  const other = await post(gateway, form('jonas@club.example', 'x'), { device: first.device })
  assert.equal(other.status, 401, 'another account is not touched')
  const elsewhere = await post(gateway, form('lotte@club.example', 'x'), { path: '/other/login' })
  assert.equal(elsewhere.status, 401, 'nor the same name at another club')
})

test('guard: no spelling of the path, type of body or double field goes around it', async () => {
  const { seen, application } = await startApplication()
  await using _application = application
  await using gateway = await startGateway({ localhost: application.address }, { loginGuard })
  const paths = [
    '/club/login/',
    '//club/login',
    '/club/login;jsessionid=1',
    '/club/%6cogin',
    '/CLUB/login?x=1',
  ]
  for (const path of paths) await post(gateway, form('a', 'x'), { path })
  for (const path of ['/club/./login', '/x/%2e%2e/club/login', '/club/login%00']) {
    assert.equal((await post(gateway, form('a', 'x'), { path })).status, 400, path)
  }
  assert.equal((await post(gateway, form('a', 'x'))).status, 429)
  const before = seen.length
  const json = { 'content-type': 'application/json' }
  const unreadable: readonly (readonly [string, object])[] = [
    ['email=a&email=b&password=x', {}],
    ['password=x', {}],
    ['email=a&password=x', { path: '/club/login?email=b' }],
    ['email=a', { headers: { 'content-type': 'multipart/form-data; boundary=x' } }],
    ['email=a', { headers: { 'content-encoding': 'gzip' } }],
    ['{"email":"a","email":"b"}', { headers: json }],
    ['{"email":"a","\\u0065mail":"b"}', { headers: json }],
    ['{"email":["a"]}', { headers: json }],
    ['{"user":{"email":"a"}}', { headers: json }],
    ['not json', { headers: json }],
  ]
  for (const [body, options] of unreadable) {
    assert.equal((await post(gateway, body, options)).status, 400, body)
  }
  assert.equal((await post(gateway, `email=a&x=${'x'.repeat(70_000)}`)).status, 413)
  assert.equal(seen.length, before, 'the application saw none of them')
  assert.equal(
    (await post(gateway, '{"email":"b","n":{"email":1}}', { headers: json })).status,
    401,
  )
  assert.equal(seen.at(-1)?.body, '{"email":"b","n":{"email":1}}', 'the body comes as it was sent')
})

test('guard: an expectation is answered; a missing application costs nobody a try', async () => {
  const { application } = await startApplication()
  await using gateway = await startGateway({ localhost: application.address }, { loginGuard })
  const expecting = await post(gateway, form('a', 'x'), { headers: { expect: '100-continue' } })
  assert.equal(expecting.status, 401)
  await application[Symbol.asyncDispose]()
  for (let at = 0; at < 10; at++) {
    assert.equal((await post(gateway, form('b', 'x'))).status, 502)
  }
})

test('guard: failures, refusals and a late success are recorded without a name', async () => {
  const { application } = await startApplication()
  await using _application = application
  await using gateway = await startGateway({ localhost: application.address }, { loginGuard })
  for (let at = 0; at < 4; at++) await post(gateway, form('lotte@club.example', 'x'))
  await post(gateway, form('lotte@club.example', RIGHT))
  for (let at = 0; at < 7; at++) await post(gateway, form('lotte@club.example', 'x'))
  const codes = new Set(gateway.events.map(({ code }) => code))
  assert.deepEqual([...codes].toSorted(), [
    'LOGIN_AFTER_FAILURES',
    'LOGIN_FAILED',
    'LOGIN_THROTTLED',
  ])
  assert.equal(
    gateway.events.find(({ code }) => code === 'LOGIN_AFTER_FAILURES')?.detail['failures'],
    4,
  )
  assert(!JSON.stringify(gateway.events).includes('lotte'))
})

test('guard: the page says what to do, in the visitor’s language, to programs too', async () => {
  const { application } = await startApplication()
  await using _application = application
  await using gateway = await startGateway({ localhost: application.address }, { loginGuard })
  for (let at = 0; at < 5; at++) await post(gateway, form('a', 'x'))
  const said = async (headers: Record<string, string>): Promise<string> =>
    (await post(gateway, form('a', 'x'), { headers })).body
  assert.match(await said({ 'accept-language': 'nl-BE' }), /toestel waarop u al aanmeldde/)
  assert.match(await said({ 'accept-language': 'fr' }), /appareil déjà connu/)
  assert.match(await said({ accept: 'application/json' }), /"status":429/)
})
