/** What attackers try at the console's door, one test each. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { generate } from 'otplib'
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
import { eventually } from '#kit/eventually.ts'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import { systemClock } from '#system/clock.ts'
import { askStaff } from './client.ts'
import { usePasskey } from './factors.ts'
import { hashPassword, passwordIsRight, PasswordLanes } from './passwords.ts'

let desk: TestConsole
let lotte: Person
let daan: Person
let aheadMs = 0
const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
before(async () => {
  desk = await startConsole({
    clock,
    loginLimits: limitsInMemory(() => systemClock.monotonicMs() + aheadMs),
  })
  lotte = await enrolled(desk, 'lotte@club.example', 'owner')
  daan = await enrolled(desk, 'daan@club.example', 'operator')
})
after(() => desk[Symbol.asyncDispose]())

/** Another half minute, so that a code is new. */
const code = async (person: Person): Promise<string> => {
  aheadMs += 30_000
  return generate({ secret: person.seed, epoch: Math.floor(clock.nowMs() / 1000) })
}

let addresses = 0
const login = (name: string, password: string, more: object = {}): Promise<Page> =>
  askConsole(desk, 'POST', '/login', {
    fields: { name, password },
    address: `198.51.100.${++addresses}`,
    ...more,
  })

async function signIn(person: Person, cookie = ''): Promise<Page> {
  const first = await login(person.name, person.password, cookie === '' ? {} : { cookie })
  const second = await askConsole(desk, 'GET', '/second', { cookie: first.cookie })
  const fields = { csrf: csrfIn(second), code: await code(person) }
  return askConsole(desk, 'POST', '/second', { cookie: first.cookie, fields })
}

test('attack: user enumeration by text: a name answers as one that does not exist', async () => {
  const [there, away] = [await login(lotte.name, 'no'), await login('nobody@club.example', 'no')]
  assert.deepEqual([there.status, there.text, there.cookie], [away.status, away.text, away.cookie])
})

test('attack: user enumeration by timing: the same hash is spent, account or none', async () => {
  const kept = await hashPassword('whatever it is')
  const spent = { nobody: 0, somebody: 0 }
  for (let at = 0; at < 6; at++) {
    for (const [who, hash] of [['nobody', undefined] as const, ['somebody', kept] as const]) {
      const before = process.cpuUsage() // of all threads: another process takes nothing from it
      await passwordIsRight(hash, 'a guess')
      const { user, system } = process.cpuUsage(before)
      spent[who] += user + system
    }
  }
  assert(spent.nobody > spent.somebody / 2, JSON.stringify(spent))
})

test('attack: user enumeration by timing: so it is at the door, not only in the hash', async () => {
  const { name } = await enrolled(desk, 'mia@club.example', 'support')
  const spent = { nobody: 0, somebody: 0 }
  for (let at = 0; at < 4; at++) {
    for (const [who, typed] of [
      ['nobody', 'no-mia@club.example'] as const,
      ['somebody', name] as const,
    ]) {
      const before = process.cpuUsage()
      assert.equal((await login(typed, 'a guess')).status, 422)
      const { user, system } = process.cpuUsage(before)
      spent[who] += user + system
    }
  }
  assert(spent.nobody > spent.somebody / 2, JSON.stringify(spent))
})

test('attack: session fixation: every stage begins a token, the old one is dead', async () => {
  const planted = '__Host-veilig-staff=planted-by-somebody'
  const first = await login(lotte.name, lotte.password, { cookie: planted })
  assert.notEqual(first.cookie.split(';')[0], planted)
  const page = await askConsole(desk, 'GET', '/second', { cookie: first.cookie })
  const fields = { csrf: csrfIn(page), code: await code(lotte) }
  const second = await askConsole(desk, 'POST', '/second', { cookie: first.cookie, fields })
  assert.notEqual(second.cookie.split(';')[0], first.cookie.split(';')[0])
  assert.equal((await askConsole(desk, 'GET', '/', { cookie: first.cookie })).to, '/login')
  assert.equal((await askConsole(desk, 'GET', '/', { cookie: planted })).to, '/login')
  assert.equal((await askConsole(desk, 'GET', '/', { cookie: second.cookie })).status, 200)
})

test('attack: session fixation: a living session that was planted ends at a sign-in', async () => {
  const isDead = async (cookie: string): Promise<boolean> =>
    (await askConsole(desk, 'GET', '/', { cookie })).to === '/login'
  // The attacker's own, signed in or halfway, put into the browser before its owner signs in.
  const halfway = await login(daan.name, daan.password)
  for (const planted of [(await signIn(daan)).cookie, halfway.cookie]) {
    assert(!(await isDead(planted)))
    const { cookie } = await signIn(lotte, planted)
    assert(await isDead(planted), 'who knows it has nothing')
    const page = await askConsole(desk, 'GET', '/account', { cookie })
    assert.match(page.text, /lotte@club\.example/)
  }
  // So it is when an invitation is taken up in that browser.
  const planted = (await signIn(daan)).cookie
  const who = { name: 'piet@club.example', role: 'support' }
  const { link } = (await askStaff(desk.adminSocket, '/invite', who)) as { link: string }
  const fields = { token: link.split('/').at(-1) ?? '', password: 'three slow boats at noon' }
  const taken = await askConsole(desk, 'POST', '/invitation', { cookie: planted, fields })
  assert.equal(taken.to, '/enrol')
  assert(await isDead(planted))
})

test('attack: session fixation: a wrong password ends nobody’s session', async () => {
  const { cookie } = await signIn(daan)
  await login(lotte.name, 'not it', { cookie })
  assert.equal((await askConsole(desk, 'GET', '/', { cookie })).status, 200)
})

test('attack: CSRF: without our origin or the token of the form, nothing is done', async () => {
  const { cookie } = lotte
  const invite = { name: 'mallory@evil.example', role: 'owner' }
  const csrf = csrfIn(await askConsole(desk, 'GET', '/staff', { cookie }))
  for (const more of [
    { origin: 'https://evil.example', fields: { ...invite, csrf } },
    { origin: 'null', fields: { ...invite, csrf } },
    { fields: invite },
    { fields: { ...invite, csrf: csrf.replace(/^./, (one) => (one === 'A' ? 'B' : 'A')) } },
  ]) {
    assert.equal((await askConsole(desk, 'POST', '/staff/invite', { cookie, ...more })).status, 403)
  }
  const list = (await askStaff(desk.adminSocket, '/list')) as { name: string }[]
  assert(!list.some(({ name }) => name.includes('mallory')))
})

test('attack: open redirect: after the second proof one goes to a page of ours only', async () => {
  const { cookie } = await signIn(lotte)
  for (const back of ['https://evil.example', '//evil.example', '/\\evil.example', '/alerts/:id']) {
    const page = await askConsole(desk, 'GET', `/prove?back=${encodeURIComponent(back)}`, {
      cookie,
    })
    assert(!page.text.includes('evil'), back)
    const fields = { csrf: csrfIn(page), code: 'wrong', back }
    const wrong = await askConsole(desk, 'POST', '/prove', { cookie, fields })
    assert(!wrong.text.includes('evil'), back)
  }
})

test('attack: host header: links name the configured origin, whatever it says', async () => {
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example' }
  const { cookie } = await signIn(daan)
  const door = await askConsole(desk, 'GET', '/', { headers })
  assert.equal(door.to, '/login')
  const { link } = (await askStaff(desk.adminSocket, '/invite', {
    name: 'new@club.example',
    role: 'support',
  })) as { link: string }
  assert(link.startsWith(`${consoleOrigin}/`))
  const page = await askConsole(desk, 'GET', '/account', { cookie, headers })
  assert(!page.text.includes('evil.example'))
})

test('attack: replayed TOTP: a code counts once, at whatever address it is shown', async () => {
  const first = await login(lotte.name, lotte.password)
  const page = await askConsole(desk, 'GET', '/second', { cookie: first.cookie })
  const used = await code(lotte)
  const fields = { csrf: csrfIn(page), code: used }
  const done = await askConsole(desk, 'POST', '/second', { cookie: first.cookie, fields })
  assert.equal(done.to, '/')
  const again = await login(lotte.name, lotte.password)
  const form = await askConsole(desk, 'GET', '/second', { cookie: again.cookie })
  const replay = { csrf: csrfIn(form), code: used }
  const refused = await askConsole(desk, 'POST', '/second', {
    cookie: again.cookie,
    fields: replay,
  })
  assert.equal(refused.status, 422)
  const prove = await askConsole(desk, 'GET', '/prove', { cookie: done.cookie })
  const proof = { csrf: csrfIn(prove), code: used }
  const more = { cookie: done.cookie, fields: proof }
  assert.equal((await askConsole(desk, 'POST', '/prove', more)).status, 422)
})

test('attack: cloned passkey: a counter that does not go on is of a copied key', async () => {
  await desk.pool.query(
    `insert into passkey (id, account_id, public_key, counter, transports)
     select 'cloned', id, 'x', 7, '{}' from account where name = $1`,
    [daan.name],
  )
  assert.equal(await usePasskey(desk.pool, 'cloned', 8), true)
  assert.equal(await usePasskey(desk.pool, 'cloned', 8), false, 'the copy')
  assert.equal(
    await usePasskey(desk.pool, 'cloned', 0),
    false,
    'a copy that says it counts nothing',
  )
  await desk.pool.query(`delete from passkey where id = 'cloned'`)
})

test('attack: a stolen session does nothing dangerous some minutes later', async () => {
  const { cookie } = await signIn(lotte)
  aheadMs += 6 * 60_000
  const csrf = csrfIn(await askConsole(desk, 'GET', '/staff', { cookie }))
  const fields = { csrf, name: 'mallory@evil.example', role: 'owner' }
  const refused = await askConsole(desk, 'POST', '/staff/invite', { cookie, fields })
  assert.equal(refused.to, '/prove?back=%2Fstaff')
  const page = await askConsole(desk, 'GET', '/prove?back=/staff', { cookie })
  const proof = { csrf: csrfIn(page), back: '/staff', code: await code(lotte) }
  const proved = await askConsole(desk, 'POST', '/prove', { cookie, fields: proof })
  assert.equal(proved.to, '/staff')
  assert.equal(
    (await askConsole(desk, 'GET', '/', { cookie })).to,
    '/login',
    'the token from before',
  )
  const form = await askConsole(desk, 'GET', '/staff', { cookie: proved.cookie })
  const wanted = { csrf: csrfIn(form), name: 'ines@club.example', role: 'support' }
  const more = { cookie: proved.cookie, fields: wanted }
  assert.match((await askConsole(desk, 'POST', '/staff/invite', more)).text, /invitation\//)
})

test('attack: one person alone approves nothing of what takes two', async () => {
  const [one, two] = [await signIn(lotte), await signIn(daan)]
  const ask = { act: 'read-recovery-key', subject: 'recovery.key', reason: 'to print it' }
  const csrf = csrfIn(await askConsole(desk, 'GET', '/approvals', { cookie: one.cookie }))
  await askConsole(desk, 'POST', '/approvals/ask', { cookie: one.cookie, fields: { ...ask, csrf } })
  const [asked] = (await askStaff(desk.adminSocket, '/approval/list')) as { id: string }[]
  const id = asked?.id ?? ''
  const use = (): Promise<unknown> =>
    askStaff(desk.adminSocket, '/approval/use', { act: ask.act, subject: ask.subject })
  await assert.rejects(use(), { code: 'APPROVAL_MISSING' })
  const own = { cookie: one.cookie, fields: { csrf, id } }
  assert.equal((await askConsole(desk, 'POST', '/approvals/approve', own)).status, 403)
  const machine = (person: Person, given: string): Promise<unknown> =>
    askStaff(desk.adminSocket, '/approval/approve', { id, account: person.name, code: given })
  await assert.rejects(machine(lotte, await code(lotte)), { code: 'APPROVAL_OWN' })
  await assert.rejects(machine(daan, '000000'), { code: 'STAFF_PROOF_WRONG' })
  await assert.rejects(use(), { code: 'APPROVAL_MISSING' })
  const other = csrfIn(await askConsole(desk, 'GET', '/approvals', { cookie: two.cookie }))
  const given = { cookie: two.cookie, fields: { csrf: other, id } }
  assert.equal((await askConsole(desk, 'POST', '/approvals/approve', given)).to, '/approvals')
  await use()
  await assert.rejects(use(), { code: 'APPROVAL_MISSING' }, 'an approval counts once')
})

test('attack: tried passwords: the owner is told, and one click ends every session', async () => {
  const { cookie } = await signIn(daan)
  aheadMs += 7 * 3_600_000 // whatever was noticed before is long ago
  const live = await signIn(daan)
  const told = desk.mails.length
  for (let at = 0; at < 12; at++) await login(daan.name, `guess ${at}`)
  await eventually('the notice', () => desk.mails[told])
  for (let at = 0; at < 5; at++) await login(daan.name, `guess ${at}`)
  const mail = desk.mails.at(-1)
  assert.equal(mail?.to, daan.name)
  const link = new URL(/https:\S+/.exec(mail?.text ?? '')?.[0] ?? '')
  // Scanners of mail follow links: a visit does nothing.
  assert.equal((await askConsole(desk, 'GET', link.pathname)).status, 200)
  assert.equal((await askConsole(desk, 'GET', '/', { cookie: live.cookie })).status, 200)
  const token = link.pathname.split('/').at(-1) ?? ''
  const done = await askConsole(desk, 'POST', '/not-me', { fields: { token } })
  assert.match(done.text, /opens\s+nothing any more/)
  for (const ended of [cookie, live.cookie])
    assert.equal((await askConsole(desk, 'GET', '/', { cookie: ended })).to, '/login')
  aheadMs += 3_600_000
  assert.equal((await login(daan.name, daan.password)).status, 422, 'the old password')
  const password = 'an umbrella in the desert'
  const mailboxAlone = { token, password, code: '123456' }
  const alone = await askConsole(desk, 'POST', '/renew', { fields: mailboxAlone })
  assert.equal(alone.status, 422, 'a mailbox is one proof')
  const both = { token, password, code: await code(daan) }
  assert.equal((await askConsole(desk, 'POST', '/renew', { fields: both })).to, '/login')
  assert.equal((await askConsole(desk, 'POST', '/renew', { fields: both })).status, 422, 'once')
  aheadMs += 3_600_000
  assert.equal((await login(daan.name, password)).to, '/second')
  assert.equal(desk.mails.length, told + 1, 'nobody is bombed with notices')
  assert.deepEqual(desk.faults, [])
})

test('attack: guesses over many names share one lane, with few places', async () => {
  const lanes = new PasswordLanes()
  const gate = Promise.withResolvers<boolean>()
  const strangers = Array.from({ length: 40 }, () => lanes.run(false, () => gate.promise))
  const known = lanes.run(true, () => Promise.resolve(true))
  assert.equal(await known, true, 'a known device does not wait for strangers')
  gate.resolve(false)
  const answers = await Promise.all(strangers)
  assert.equal(answers.filter((one) => one === false).length, 5)
  assert.equal(answers.filter((one) => one === 'busy').length, 35)
})

test('attack: a session ends when idle, and however busy at its absolute end', async () => {
  const idle = await signIn(lotte)
  aheadMs += 31 * 60_000
  assert.equal((await askConsole(desk, 'GET', '/', { cookie: idle.cookie })).to, '/login')
  let { cookie } = await signIn(lotte)
  let minutes = 0
  for (; minutes < 660; minutes += 25) {
    const page = await askConsole(desk, 'GET', '/prove?back=/', { cookie })
    if (page.to === '/login') break
    // The second proof shown again makes a new token, and the session no younger.
    const fields = { csrf: csrfIn(page), back: '/', code: await code(lotte) }
    cookie = (await askConsole(desk, 'POST', '/prove', { cookie, fields })).cookie
    aheadMs += 25 * 60_000
  }
  assert(minutes >= 575 && minutes <= 625, `it lived ${minutes} minutes`)
})
