/** The application from outside: who may do what, what every answer carries, what is said when. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { cookieOf, NOW_MS, ownForm, startReservations } from '../../test/kit.ts'
import { plantRows } from '../../test/planted-rows.ts'
import { demoAccounts } from '../demo/accounts.ts'
import { inClub } from '../database.ts'
import { courtsOf } from '../data/clubs.ts'
import type { Role } from '../model.ts'
import { instantOf, instantText } from '../time.ts'
import { createApp } from './app.tsx'

const service = await startReservations()
const { origin, superuser, database, zuiderpark, roseraie } = service
after(() => service[Symbol.asyncDispose]())

const accounts = demoAccounts['zuiderpark'] ?? assert.fail()
const member = await cookieOf(origin, 'zuiderpark', accounts.member)
const secretary = await cookieOf(origin, 'zuiderpark', accounts.secretary)
const courts = await inClub(database, zuiderpark.id, (tx) => courtsOf(tx, zuiderpark.id))

async function get(path: string, cookie = ''): Promise<Response> {
  return await fetch(origin + path, {
    headers: { cookie, 'accept-language': 'en' },
    redirect: 'manual',
  })
}

async function post(
  path: string,
  fields: Record<string, string>,
  cookie = '',
  headers: Record<string, string> = ownForm,
): Promise<Response> {
  return await fetch(origin + path, {
    method: 'POST',
    headers: { ...headers, cookie, 'accept-language': 'en' },
    body: new URLSearchParams(fields),
    redirect: 'manual',
  })
}

test('app: every answer carries the strict policy, pages and files and errors alike', async () => {
  for (const path of ['/', '/zuiderpark/day', '/zuiderpark/theme.css', '/healthz', '/none/day']) {
    const { headers } = await get(path)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/, path)
    assert.match(policy, /trusted-types 'none'/, path)
    assert.doesNotMatch(policy, /unsafe|nonce|\*/, path)
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path)
  }
  assert.equal((await get('/zuiderpark/day')).headers.get('cache-control'), 'no-store')
})

test('app: who comes back to the stream of a day is told that he missed something', async () => {
  const [row] = await superuser<{ version: string }[]>`
    SELECT coalesce(max(id), 0)::text AS version FROM changes WHERE club_id = ${zuiderpark.id}`
  const stop = new AbortController()
  const answer = await fetch(`${origin}/zuiderpark/day/live`, {
    headers: { 'last-event-id': '999999999' },
    signal: stop.signal,
  })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream')
  let heard = ''
  for await (const chunk of answer.body ?? []) {
    heard += Buffer.from(chunk).toString()
    if (heard.includes('event: changed')) break
  }
  stop.abort()
  assert(heard.includes(`id: ${row?.version ?? ''}\n`), heard)
})

test('app: no page holds inline script or style', async () => {
  for (const path of ['/', '/zuiderpark/day', '/zuiderpark/login', '/zuiderpark/bookings']) {
    const text = await (await get(path, member)).text()
    assert.doesNotMatch(text, /<style|style="|<script(?![^>]*src=)| on\w+="/, path)
  }
})

test('app: the session cookie is __Host-, Secure, HttpOnly and SameSite', async () => {
  const fields = { email: accounts.member, password: 'tie-break-7-6', to: '' }
  const [cookie = ''] = (await post('/zuiderpark/login', fields)).headers.getSetCookie()
  assert.match(cookie, /^__Host-session=[\w-]{43};/)
  for (const word of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) assert(cookie.includes(word))
  assert(!cookie.includes('Domain'))
  const [row] = await superuser`SELECT count(*)::int AS n FROM sessions
    WHERE encode(token_hash, 'base64') LIKE ${`%${cookie.slice(15, 30)}%`}`
  assert.equal(row?.['n'], 0, 'the token itself is not stored')
})

test('app: log-in never leads to another site', async () => {
  for (const to of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:1']) {
    const fields = { email: accounts.member, password: 'tie-break-7-6', to }
    const answer = await post('/zuiderpark/login', fields)
    assert.equal(answer.headers.get('location'), '/zuiderpark/day', to)
  }
})

test('app: ten wrong passwords make an account wait, another account not', async () => {
  const email = 'nobody@zuiderpark.example'
  for (let n = 0; n < 10; n++) {
    assert.equal((await post('/zuiderpark/login', { email, password: 'no' })).status, 401)
  }
  assert.equal((await post('/zuiderpark/login', { email, password: 'no' })).status, 429)
  assert.notEqual(await cookieOf(origin, 'zuiderpark', accounts.member), '')
})

test('app: a form from elsewhere is refused, whatever it says', async () => {
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const path = '/zuiderpark/logout'
  for (const headers of [
    type,
    { ...type, origin: 'https://evil.example' },
    { ...type, origin: 'null' },
    { ...type, origin: 'https://club.example', 'sec-fetch-site': 'cross-site' },
    { ...type, origin: 'https://club.example', 'sec-fetch-site': 'same-site' },
  ]) {
    assert.equal((await post(path, {}, member, headers)).status, 403, JSON.stringify(headers))
  }
  const old = { ...type, origin: 'https://club.example' } // a browser without Sec-Fetch-Site
  assert.equal((await post('/zuiderpark/notices/read', {}, member, old)).status, 303)
})

test('app: whatever of another club is asked for, the answer is 404 without a byte of it', () =>
  askForForeignRows())

test('app: so it is when row security is switched off: the queries hold alone', async () => {
  const tables = await superuser<{ name: string }[]>`SELECT relname AS name FROM pg_class
    WHERE relkind = 'r' AND relrowsecurity AND relnamespace = 'public'::regnamespace`
  assert(tables.length >= 20)
  const set = async (word: 'DISABLE' | 'ENABLE'): Promise<void> => {
    for (const { name } of tables) {
      await superuser.unsafe(`ALTER TABLE ${name} ${word} ROW LEVEL SECURITY`)
    }
  }
  await set('DISABLE')
  try {
    await askForForeignRows()
  } finally {
    await set('ENABLE')
  }
})

let planted: ReturnType<typeof plantRows> | undefined

async function askForForeignRows(): Promise<void> {
  const [foreign] = await superuser<{ id: string; court: string; owner: string; name: string }[]>`
    SELECT b.id, b.court_id AS court, b.owner_id AS owner, m.last_name AS name FROM bookings b
    JOIN members m ON m.id = b.owner_id WHERE b.club_id = ${roseraie.id}
      AND lower(b.during) > ${new Date(NOW_MS)} AND b.status = 'confirmed' LIMIT 1`
  const [closure] = await superuser<{ id: string }[]>`SELECT group_id AS id FROM bookings
    WHERE club_id = ${roseraie.id} AND kind = 'closure' AND upper(during) > ${new Date(NOW_MS)} LIMIT 1`
  assert(foreign && closure)
  const ids: Readonly<Record<string, string>> = {
    id: foreign.id,
    group: closure.id,
    ...(await (planted ??= plantRows(superuser, roseraie.id, foreign))),
  }
  // Past the proof of presence, so that it is not what keeps the foreign rows back.
  await superuser`UPDATE sessions SET proved_at = ${new Date(NOW_MS)}`
  const start = instantText(instantOf(zuiderpark.zone, '2026-11-27', 600))
  const fields = {
    count: '1',
    court: foreign.court,
    start,
    length: '60',
    partner: foreign.owner,
    owner: foreign.owner,
    member: foreign.owner,
    coach: foreign.owner,
    subscription: ids['subscription'] ?? '',
    act: ids['act'] ?? '',
    date: '2026-12-01',
    title: 'x',
    digest: 'x',
  }
  const shop = { database, publicOrigin: '', demo: false, nowMs: () => NOW_MS, pinSecret: 'x' }
  const routes = createApp(shop, () => undefined).routes.filter(({ path }) =>
    path.startsWith('/:club/'),
  )
  const params = new Set(routes.flatMap(({ path }) => path.match(/(?<=\/:)\w+/g) ?? []))
  for (const name of ['club', 'token', 'file']) params.delete(name) // secrets, not ids
  assert.deepEqual(
    [...params].filter((name) => !ids[name]),
    [],
    'every kind of id is tried',
  )
  const withId = (path: string): boolean => [...params].some((name) => path.includes(`:${name}`))
  assert(routes.filter(({ path }) => withId(path)).length >= 20, 'the routes with ids are found')
  for (const { path, method } of routes) {
    if (/logout|everywhere|theme|logo\.svg|login|notices|cut$|prove$|kiosk/.test(path)) continue
    const query = new URLSearchParams(fields)
    const real: string = path
      .replace(':club', 'zuiderpark')
      .replace(/:(token|file)/, 'A'.repeat(43))
      .replace(/:(\w+)/g, (_, name: string) => ids[name] ?? '')
    for (const cookie of [member, secretary]) {
      const answer: Response =
        method === 'GET' ? await get(`${real}?${query}`, cookie) : await post(real, fields, cookie)
      const where: string = `${method} ${path}: ${answer.status}`
      const text = await answer.text()
      if (withId(path) || path.endsWith('/book')) assert.equal(answer.status, 404, where)
      assert(!text.includes(foreign.name), where)
      assert(!text.includes('ROSERAIE'), where)
    }
  }
  const [still] = await superuser`SELECT status FROM bookings WHERE id = ${foreign.id}`
  assert.equal(still?.['status'], 'confirmed')
}

test('app: a session of one club is nobody in another', async () => {
  for (const path of ['/roseraie/bookings', '/roseraie/me', '/roseraie/office']) {
    const answer = await get(path, secretary)
    assert.equal(answer.status, 303, path)
    assert.match(answer.headers.get('location') ?? '', /^\/roseraie\/login/)
  }
})

/** Every address of the office, with those who may come in: the first word after `office`. */
const rooms: Readonly<Record<string, readonly Role[]>> = {
  '': ['assistant', 'secretary'],
  prove: ['assistant', 'secretary'],
  kiosk: ['assistant', 'secretary'],
  kiosks: ['assistant', 'secretary'],
  close: ['assistant', 'secretary'],
  reopen: ['assistant', 'secretary'],
  numbers: ['assistant', 'secretary'],
  'numbers.csv': ['assistant', 'secretary'],
  holidays: ['assistant', 'secretary'],
  series: ['assistant', 'secretary'],
  'series/preview': ['assistant', 'secretary'],
  members: ['secretary'],
  import: ['secretary'],
  alerts: ['secretary'],
  cut: ['secretary'],
  rules: ['secretary'],
  courts: ['secretary'],
  subscriptions: ['secretary'],
  quotas: ['secretary'],
  club: ['secretary'],
  money: ['secretary'],
  links: ['secretary'],
  staff: ['secretary'],
  journal: ['secretary'],
}

test('app: each role finds the rooms of the office that are its own, and no other exists', async () => {
  const shop = { database, publicOrigin: '', demo: false, nowMs: () => NOW_MS, pinSecret: 'x' }
  const isLast = (path: string): number => Number(path.endsWith('/kiosk')) // a kiosk is nobody's
  const routes = createApp(shop, () => undefined)
    .routes.filter(({ path }) => path.startsWith('/:club/office'))
    .toSorted((a, b) => isLast(a.path) - isLast(b.path))
  assert(routes.length > 50)
  const [subscription] = await superuser<{ id: string }[]>`
    SELECT id FROM subscriptions WHERE club_id = ${zuiderpark.id} LIMIT 1`
  const fields = { subscription: subscription?.id ?? '' }
  for (const role of ['member', 'coach', 'assistant', 'secretary'] as const) {
    await superuser`UPDATE members SET role = ${role} WHERE email = ${accounts.checked}`
    const cookie = await cookieOf(origin, 'zuiderpark', accounts.checked)
    for (const { path, method } of routes) {
      const real = path.replace(':club', 'zuiderpark').replace(/:\w+/g, randomUUID())
      const [, , , room = '', more] = path.split('/')
      const own = rooms[`${room}/${more}`] ?? rooms[room] ?? assert.fail(`${path} is in no room`)
      const isCoachs = role === 'coach' && room === 'series'
      if (path.includes('/:', 7) && (own.includes(role) || isCoachs)) continue // 404: no such id
      const answer =
        method === 'GET'
          ? await get(`${real}?${new URLSearchParams(fields)}`, cookie)
          : await post(real, fields, cookie)
      const teaches = isCoachs && more === undefined && method === 'GET'
      const isThere = own.includes(role) || teaches
      assert.equal(answer.status !== 404, isThere, `${role}: ${method} ${path}: ${answer.status}`)
    }
  }
  await superuser`UPDATE members SET role = 'member' WHERE email = ${accounts.checked}`
})

test('app: a coach moves and cancels a meeting of his own course, and of no other', async () => {
  const { checked } = accounts
  await superuser`UPDATE members SET role = 'coach' WHERE email = ${checked}`
  const coach = await cookieOf(origin, 'zuiderpark', checked)
  const [court = assert.fail()] = courts
  const plan = async (
    title: string,
    week: string,
  ): Promise<{ series: string; meeting: string }> => {
    const [row] = await superuser<{ series: string; meeting: string }[]>`
      WITH made AS (INSERT INTO series (club_id, court_id, title, coach_id, weekday, start_minute,
          length_minutes, first_date, last_date)
        SELECT ${zuiderpark.id}, ${court.id}, ${title}, (SELECT id FROM members
          WHERE club_id = ${zuiderpark.id} AND email = ${checked} AND ${title} = 'Own'),
          1, 60, 60, '2027-01-01', '2027-02-01' RETURNING id)
      INSERT INTO bookings (club_id, court_id, during, kind, title, series_id)
      SELECT ${zuiderpark.id}, ${court.id}, ${week}::tstzrange, 'course', ${title}, id FROM made
      RETURNING series_id AS series, id AS meeting`
    return row ?? assert.fail()
  }
  const own = await plan('Own', '[2027-01-11T10:00Z,2027-01-11T11:00Z)')
  const other = await plan('Other', '[2027-01-12T10:00Z,2027-01-12T11:00Z)')
  const office = '/zuiderpark/office/series'
  const list = await (await get(office, coach)).text()
  assert.match(list, /Own/)
  assert.doesNotMatch(list, /Other/)
  for (const { series, meeting } of [other, { ...other, series: own.series }]) {
    const path = `${office}/${series}/meetings/${meeting}`
    const to = { court: court.id, date: '2027-01-13', start: '600' }
    assert.equal((await post(path, to, coach)).status, 404)
    assert.equal((await post(`${path}/cancel`, {}, coach)).status, 404)
  }
  assert.equal((await post(`${office}/${own.series}/end`, {}, coach)).status, 404)
  const path = `${office}/${own.series}/meetings/${own.meeting}`
  const moved = await post(path, { court: court.id, date: '2027-01-14', start: '600' }, coach)
  assert.match(moved.headers.get('location') ?? '', /done=moved/)
  assert.match((await post(`${path}/cancel`, {}, coach)).headers.get('location') ?? '', /cancelled/)
  const rows = await superuser<{ title: string; status: string }[]>`
    SELECT title, status FROM bookings WHERE id IN (${own.meeting}, ${other.meeting}) ORDER BY title`
  assert.deepEqual(
    rows.map(({ title, status }) => `${title} ${status}`),
    ['Other confirmed', 'Own cancelled'],
  )
  await superuser`UPDATE members SET role = 'member' WHERE email = ${checked}`
})

test('app: a secretary gives roles, to others only, and the other officers hear of it', async () => {
  const staff = '/zuiderpark/office/staff'
  const first = await cookieOf(origin, 'zuiderpark', accounts.secretary)
  const give = (email: string, role: string): Promise<Response> =>
    post(staff, { email, role }, first)
  assert.match((await give(accounts.checked, 'secretary')).headers.get('location') ?? '', /prove/)
  await superuser`UPDATE sessions SET proved_at = ${new Date(NOW_MS)}`
  const former = await cookieOf(origin, 'zuiderpark', accounts.checked)
  assert.equal((await give(accounts.secretary, 'member')).status, 409)
  assert.equal((await give('nobody@zuiderpark.example', 'coach')).status, 409)
  assert.equal((await give('i.vandewoude@zuiderpark.example', 'secretary')).status, 409)
  assert.equal((await give(accounts.checked, 'owner')).status, 400)
  assert.equal((await give(accounts.checked, 'secretary')).status, 303)
  assert.equal((await get('/zuiderpark/me', former)).status, 303, 'he logs in again')
  const second = await cookieOf(origin, 'zuiderpark', accounts.checked)
  assert.match(await (await get('/zuiderpark/office', second)).text(), /gave somebody another role/)
  assert.match(await (await get('/zuiderpark/office/journal', second)).text(), /Role given/)
  assert.equal((await give(accounts.checked, 'member')).status, 303)
  assert.equal((await get('/zuiderpark/office', second)).status, 303)
  const direct = inClub(
    database,
    zuiderpark.id,
    (tx) => tx`UPDATE members SET role = 'secretary' WHERE email = ${accounts.member}`,
  )
  await assert.rejects(direct, /permission denied/, 'not even the application may, by itself')
})

test('app: visitors see what is free, and no name', async () => {
  const text = await (await get('/zuiderpark/day?date=2026-11-26')).text()
  assert.match(text, /Free/)
  const names = await superuser<{ name: string }[]>`
    SELECT last_name AS name FROM members WHERE club_id = ${zuiderpark.id}`
  for (const { name } of names) assert(!text.includes(name), name)
})

test('app: members never read the name of a minor, or of one who does not share it', async () => {
  const hidden = await superuser<{ name: string }[]>`
    SELECT first_name || ' ' || last_name AS name FROM members WHERE club_id = ${zuiderpark.id}
      AND role = 'member' AND (NOT shares_name OR birth_year > 2008)
      AND guardian_id IS NULL -- a parent does read the name of his child`
  assert(hidden.length > 0)
  const court = courts[0]?.id ?? ''
  const start = instantText(instantOf(zuiderpark.zone, '2026-11-26', 600))
  for (const path of [
    '/zuiderpark/day?date=2026-11-26',
    '/zuiderpark/day?date=2026-11-27',
    `/zuiderpark/book?court=${court}&start=${start}`,
  ]) {
    const text = await (await get(path, member)).text()
    for (const { name } of hidden) assert(!text.includes(name), `${path}: ${name}`)
  }
})

test('app: the interface for programs is open to any site, described, and without a name', async () => {
  const answers = new Map<string, Response>()
  for (const path of ['openapi.json', 'clubs/zuiderpark', 'clubs/zuiderpark/days/2026-11-26']) {
    answers.set(path, await get(`/api/v1/${path}`, secretary))
  }
  const free = await get('/api/v1/clubs/zuiderpark/days/2026-11-26/free?minutes=90', secretary)
  answers.set('free', free)
  const names = await superuser<{ name: string }[]>`SELECT last_name AS name FROM members`
  for (const [path, answer] of answers) {
    assert.equal(answer.status, 200, path)
    assert.equal(answer.headers.get('access-control-allow-origin'), '*', path)
    assert.equal(answer.headers.get('cross-origin-resource-policy'), 'cross-origin', path)
    const text = await answer.text()
    for (const { name } of names) assert(!text.includes(name), `${path}: ${name}`)
    assert.doesNotMatch(text, /owner|player|member/i, path)
    if (path === 'free') assert.match(text, /"minutes":\d+/)
  }
  for (const path of ['none', 'zuiderpark/days/2026-13-01', 'zuiderpark/days/1999-01-01/free']) {
    assert.equal((await get(`/api/v1/clubs/${path}`)).status, 404, path)
  }
})

test('app: a member takes all data along in one file, without those of others', async () => {
  const data = await (await get('/zuiderpark/me/data.json', member)).text()
  const { profile, bookings } = JSON.parse(data) as { profile: object; bookings: object[] }
  assert.equal('email' in profile && profile.email, accounts.member)
  assert(bookings.length >= 4)
  const others = await superuser<{ name: string }[]>`SELECT last_name AS name FROM members
    WHERE club_id = ${zuiderpark.id} AND email <> ${accounts.member} AND guardian_id IS NULL`
  for (const { name } of others) assert(!data.includes(name), name)
  assert.equal((await post('/zuiderpark/me/leave', { password: 'x' }, secretary)).status, 409)
  assert.equal((await post('/zuiderpark/me/leave', { password: 'x' }, member)).status, 401)
})

test('app: a calendar follows a member by its address alone, until it is taken back', async () => {
  const page = await (await post('/zuiderpark/me/feeds', {}, member)).text()
  const [, path = ''] = /club\.example(\/zuiderpark\/feed\/[\w-]{43}\.ics)/.exec(page) ?? []
  const text = await (await get(path)).text()
  assert.match(text, /^BEGIN:VCALENDAR\r\n/)
  assert((text.match(/BEGIN:VEVENT/g)?.length ?? 0) >= 3)
  assert.doesNotMatch(text, /Jonas|De Smet/)
  assert.equal((await get(path.replace('zuiderpark', 'roseraie'))).status, 404)
  const [, id = ''] = [...page.matchAll(/me\/feeds\/([\w-]{36})\/close/g)].at(-1) ?? []
  assert.equal((await post(`/zuiderpark/me/feeds/${id}/close`, {}, member)).status, 303)
  assert.equal((await get(path)).status, 404)
})

test('app: a screen in the clubhouse is nobody: no names, no officer, and it can be revoked', async () => {
  await superuser`UPDATE clubs SET checkin_minutes = 10 WHERE id = ${zuiderpark.id}`
  const officer = await cookieOf(origin, 'zuiderpark', accounts.secretary)
  assert.equal((await get('/zuiderpark/kiosk', officer)).status, 404)
  const made = await post('/zuiderpark/office/kiosk', {}, officer)
  const cookies = made.headers.getSetCookie()
  const screen = cookies.find((one) => one.startsWith('__Host-kiosk='))?.split(';')[0] ?? ''
  assert(cookies.some((one) => one.startsWith('__Host-session=;')))
  assert.equal((await get('/zuiderpark/office', officer)).status, 303, 'the officer is logged out')
  const page = await get('/zuiderpark/kiosk', screen)
  assert.equal(page.status, 200)
  const text = await page.text()
  const names = await superuser<{ name: string }[]>`SELECT last_name AS name FROM members`
  for (const { name } of names) assert(!text.includes(name), name)
  assert.equal((await post('/zuiderpark/kiosk', { pin: '000000' }, screen)).status, 409)
  assert.equal((await get('/roseraie/kiosk', screen)).status, 404)
  assert.equal((await post('/zuiderpark/kiosk', { pin: '000000' }, member)).status, 404)
  await post('/zuiderpark/office/kiosks/close', {}, secretary)
  assert.equal((await get('/zuiderpark/kiosk', screen)).status, 404)
  await superuser`UPDATE clubs SET checkin_minutes = 0 WHERE id = ${zuiderpark.id}`
})

test('app: a refusal names its rule and the time from which it passes', async () => {
  const start = instantText(instantOf(zuiderpark.zone, '2026-12-04', 600))
  const answer = await get(`/zuiderpark/book?court=${courts[2]?.id}&start=${start}`, member)
  const text = await answer.text()
  assert.match(text, /Rule “Volwassene”: you book up to 7 days ahead/)
  assert.match(text, /opens to you on Friday 27 November 07:00/)
})

test('app: addresses that make no sense are a page, not a fault', async () => {
  const court = courts[0]?.id ?? ''
  for (const path of [
    '/zuiderpark/day?date=2026-02-30',
    '/zuiderpark/day?date=1066-10-14',
    `/zuiderpark/book?court=${court}&start=now`,
    '/zuiderpark/book?court=1&start=2026-11-26T10:00Z',
    '/zuiderpark/bookings/1',
    "/zuiderpark/bookings/'%20OR%201=1",
    '/%00/day',
    '/zuiderpark/nowhere',
  ]) {
    assert.equal((await get(path, member)).status, 404, path)
  }
  assert.equal((await post('/zuiderpark/book', { court }, member)).status, 404)
  const start = instantText(instantOf(zuiderpark.zone, '2026-11-26', 600))
  assert.equal((await post('/zuiderpark/book', { court, start, length: 'x' }, member)).status, 400)
  const nul = { email: 'a\0@b', password: '\0' }
  assert.equal((await post('/zuiderpark/login', nul)).status, 401)
  const huge = { email: 'a'.repeat(70_000), password: '' }
  assert.equal((await post('/zuiderpark/login', huge)).status, 413)
})

test('app: while the database is away the page says so kindly, and comes back by itself', async () => {
  await service.postgres.cluster[Symbol.asyncDispose]()
  const away = await get('/zuiderpark/day')
  assert.equal(away.status, 503)
  assert.match(await away.text(), /Nothing is lost/)
  assert.equal((await get('/healthz')).status, 503)
  await service.postgres.restart()
  let status = 0
  for (let tries = 0; tries < 20 && status !== 200; tries++)
    status = (await get('/zuiderpark/day')).status
  assert.equal(status, 200)
})
