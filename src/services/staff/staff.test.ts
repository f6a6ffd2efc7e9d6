/** The console's door: no address skips a stage, the lock or the origin. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { generate } from 'otplib'
import { askConsole, csrfIn, startConsole, type Page, type TestConsole } from '#kit/console.ts'
import { askStaff } from './client.ts'
import { passwordFault } from './passwords.ts'
import { routes } from './doors.ts'
import { SESSION_COOKIE } from './guard.ts'
import { SECOND_TRIES_MAX } from './policy.ts'

const NAME = 'lotte@club.example'
const PASSWORD = 'a quiet river at dawn'
let desk: TestConsole
let seed = ''
let owner = ''
/** What the owner's browser keeps when he signs out: that it is his. */
const device = (): string =>
  owner
    .split('; ')
    .filter((one) => !one.startsWith(SESSION_COOKIE))
    .join('; ')
before(async () => {
  desk = await startConsole()
})
after(() => desk[Symbol.asyncDispose]())

test('staff: an invitation is good once, and leads only to the second proof', async () => {
  const answer = await askStaff(desk.adminSocket, '/invite', { name: NAME, role: 'owner' })
  const token = new URL((answer as { link: string }).link).pathname.split('/').at(-1) ?? ''
  const fields = { token, password: PASSWORD }
  const weak = await askConsole(desk, 'POST', '/invitation', {
    fields: { token, password: 'password1' },
  })
  assert.equal(weak.status, 422)
  const { cookie, to } = await askConsole(desk, 'POST', '/invitation', { fields })
  assert.equal(to, '/enrol')
  assert.equal((await askConsole(desk, 'GET', '/', { cookie })).to, '/enrol')
  assert.equal((await askConsole(desk, 'POST', '/invitation', { fields })).status, 422)
  const page = await askConsole(desk, 'GET', '/enrol', { cookie })
  seed = /class="seed">([^<]+)/.exec(page.text)?.[1]?.replaceAll(' ', '') ?? ''
  const code = await generate({ secret: seed })
  const done = await askConsole(desk, 'POST', '/enrol/totp', {
    cookie,
    fields: { csrf: csrfIn(page), code },
  })
  assert.equal(done.text.match(/<code>/g)?.length, 10)
  owner = done.cookie
  assert.equal((await askConsole(desk, 'GET', '/', { cookie: owner })).status, 200)
  assert.equal((await askConsole(desk, 'GET', '/enrol', { cookie })).to, '/login', 'the old token')
})

test('staff: a code counts once, and after some wrong ones the login starts again', async () => {
  const login = await askConsole(desk, 'POST', '/login', {
    fields: { name: NAME, password: PASSWORD },
  })
  assert.equal(login.to, '/second')
  const { cookie } = login
  const csrf = csrfIn(await askConsole(desk, 'GET', '/second', { cookie }))
  const used = await generate({ secret: seed })
  let last = await askConsole(desk, 'POST', '/second', { cookie, fields: { csrf, code: used } })
  assert.equal(last.status, 422, 'a replayed code')
  for (let at = 0; at < SECOND_TRIES_MAX; at++) {
    last = await askConsole(desk, 'POST', '/second', { cookie, fields: { csrf, code: '000000' } })
  }
  assert(last.to === '/login' || last.status === 429, String(last.status))
})

for (const [name, demand] of Object.entries(routes)) {
  const [method = '', path = ''] = name.split(' ')
  test(`staff: ${name} keeps to its line of the table`, async () => {
    const nobody = await askConsole(desk, method, path)
    if (demand.stage !== 'nobody') {
      assert.equal(method === 'GET' ? nobody.to : nobody.status, method === 'GET' ? '/login' : 401)
    }
    if (method !== 'POST') return
    const origin = 'https://evil.example'
    const foreign = await askConsole(desk, method, path, { origin, cookie: owner })
    assert.equal(foreign.status, 403, 'from another site')
    if (demand.stage === 'full') {
      const forged = await askConsole(desk, method, path, { cookie: owner, fields: { csrf: 'x' } })
      assert.equal(forged.status, 403, 'without the token of the form')
    }
  })
  // A program is no browser and sends no form: what it tries is counted in requests.test.ts.
  if (demand.evaluates === undefined || demand.stage !== 'nobody' || demand.program) continue
  test(`staff: ${name} evaluates a few tries, and then none`, async () => {
    const seen: number[] = []
    const address = `198.51.100.${Object.keys(routes).indexOf(name)}`
    for (let at = 0; at < 8; at++) {
      const fields = { name: 'victim@club.example', password: `wrong ${at}`, token: 'x' }
      seen.push((await askConsole(desk, method, path, { fields, address })).status)
    }
    assert.equal(seen.at(-1), 429, seen.join(' '))
  })
}

test('staff: a stranger cannot tell a name that exists from one that does not', async () => {
  const ask = (name: string, at: number): Promise<Page> =>
    askConsole(desk, 'POST', '/login', {
      fields: { name, password: 'wrong one' },
      address: `203.0.113.${at}`,
    })
  const [there, away] = [await ask(NAME, 1), await ask('nobody@club.example', 2)]
  assert.deepEqual([there.status, there.text, there.cookie], [away.status, away.text, away.cookie])
})

test('staff: while strangers are locked out, the device that signed in before is not', async () => {
  const fields = { name: NAME, password: 'guess' }
  let status = 0
  for (let at = 0; at < 10; at++) {
    const address = `192.0.2.${100 + at}`
    status = (await askConsole(desk, 'POST', '/login', { fields, address })).status
  }
  assert.equal(status, 429)
  const right = { name: NAME, password: PASSWORD }
  const known = await askConsole(desk, 'POST', '/login', { fields: right, cookie: device() })
  assert.equal(known.to, '/second')
})

test('staff: keys change while somebody is signed in, and nobody notices', async () => {
  const seeds = (): Promise<{ seed: Buffer }[]> =>
    desk.query('select seed from staff.totp order by account_id')
  const page = await askConsole(desk, 'GET', '/account', { cookie: owner })
  const before = await seeds()
  assert.deepEqual(await askStaff(desk.adminSocket, '/read-again'), { resealed: before.length })
  const now = await seeds()
  for (const [at, { seed: sealed }] of before.entries()) assert.notDeepEqual(now[at]?.seed, sealed)
  const end = (): Promise<Page> =>
    askConsole(desk, 'POST', '/account/end-others', {
      cookie: owner,
      fields: { csrf: csrfIn(page) },
    })
  assert.equal((await end()).status, 303, 'a page that was open')
  const right = { name: NAME, password: PASSWORD }
  const known = await askConsole(desk, 'POST', '/login', { fields: right, cookie: device() })
  assert.equal(known.to, '/second', 'its device is known still')
  await askStaff(desk.adminSocket, '/read-again')
  assert.equal((await end()).status, 403, 'the key of that page is accepted no longer')
})

test('staff: what an API proved of an outside service is counted, if we know it', async () => {
  const ask = (path: string, body: object = {}): Promise<unknown> =>
    askStaff(desk.adminSocket, path, body)
  await ask('/outside/keep', {
    name: 'Code',
    purpose: 'source',
    owner: NAME,
    secondFactor: 'yes',
    personalData: 'none',
    credentialChangedOn: new Date().toISOString().slice(0, 10),
  })
  const figures = (): Promise<unknown> => ask('/outside/figures')
  const plain = { services: 1, measured: 0, withoutSecond: 0, due: 0, oldestDays: 0 }
  assert.deepEqual(await figures(), plain)
  assert.deepEqual(await ask('/outside/prove', { service: 'Mail', secondFactor: 'yes' }), {
    known: false,
  })
  assert.deepEqual(await ask('/outside/prove', { service: 'Code', secondFactor: 'no' }), {
    known: true,
  })
  assert.deepEqual(await figures(), { ...plain, measured: 1, withoutSecond: 1 })
  assert.match((await askConsole(desk, 'GET', '/outside', { cookie: owner })).text, /, measured</)
  await ask('/outside/review', { name: 'code' })
  await assert.rejects(ask('/outside/remove', { name: 'Nobody' }), { code: 'OUTSIDE_INVALID' })
  await ask('/outside/remove', { name: 'Code' })
  assert.deepEqual(await ask('/outside/list'), [])
})

test('staff: no name, password or code stands in the record', () => {
  const record = JSON.stringify(desk.trail.events)
  for (const secret of [NAME, 'lotte', PASSWORD, seed]) assert(!record.includes(secret))
  assert(desk.trail.of('STAFF_SECOND_SET_UP').length > 0)
})

test('staff: passwords are judged by length and by the lists of attackers', () => {
  assert.match(passwordFault('short', 'x') ?? '', /eight|8/)
  assert.match(passwordFault('Qwertyuiop', 'x') ?? '', /attackers/)
  assert.match(passwordFault('lotte is here', 'lotte@x') ?? '', /own name/)
  assert.equal(passwordFault('correct horse battery', 'x'), undefined)
})
