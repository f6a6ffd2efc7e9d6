/** A stolen officer's cookie, and files from elsewhere: what they get, and who hears of it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cookieOf, ownForm, startReservations } from '../../test/kit.ts'
import { NAMES_MAX } from '../data/officers.ts'
import { DEMO_PASSWORD, demoAccounts } from '../demo/accounts.ts'
import { addDays } from '../time.ts'

const service = await startReservations()
const { origin, superuser, zuiderpark: club } = service
after(() => service[Symbol.asyncDispose]())
const accounts = demoAccounts['zuiderpark'] ?? assert.fail()
// A large club, whose members keep their names to themselves, and a second officer.
await superuser`UPDATE members SET shares_name = false WHERE club_id = ${club.id} AND role = 'member'`
await superuser`UPDATE members SET role = 'secretary' WHERE email = ${accounts.checked}`
const names = await superuser<{ name: string; email: string }[]>`
  SELECT first_name || ' ' || last_name AS name, email FROM members
  WHERE club_id = ${club.id} AND role = 'member'`
const office = '/zuiderpark/office'

async function get(path: string, cookie: string): Promise<Response> {
  const headers = { cookie, 'accept-language': 'en' }
  return await fetch(origin + path, { headers, redirect: 'manual' })
}

async function post(path: string, fields: object, cookie: string): Promise<Response> {
  const body = new URLSearchParams(fields as Record<string, string>)
  const headers = { ...ownForm, cookie, 'accept-language': 'en' }
  return await fetch(origin + path, { method: 'POST', headers, body, redirect: 'manual' })
}

async function send(content: string | Uint8Array<ArrayBuffer>, cookie: string): Promise<Response> {
  const body = new FormData()
  body.set('file', new File([content], 'members.csv'))
  const headers = { cookie, 'sec-fetch-site': 'same-origin', 'accept-language': 'en' }
  return await fetch(`${origin}${office}/import`, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
  })
}

async function provedCookie(): Promise<string> {
  const cookie = await cookieOf(origin, 'zuiderpark', accounts.secretary)
  const answer = await post(`${office}/prove`, { password: DEMO_PASSWORD, to: office }, cookie)
  assert.equal(answer.status, 303)
  return cookie
}

test('officers: a stolen cookie names 25 members at most, whatever it asks for, and no address', async () => {
  const stolen = await cookieOf(origin, 'zuiderpark', accounts.secretary)
  const paths = Array.from(
    { length: 31 },
    (_, at) => `/zuiderpark/day?past=1&date=${addDays('2026-11-04', at)}`,
  )
  const bookings = await superuser<{ id: string; court: string; start: string }[]>`
    SELECT id, court_id AS court, to_char(lower(during) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')
      AS start FROM bookings WHERE club_id = ${club.id} AND kind = 'play' LIMIT 5`
  for (const { id, court, start } of bookings) {
    paths.push(`/zuiderpark/bookings/${id}`, `/zuiderpark/book?court=${court}&start=${start}`)
    paths.push(
      `${office}/close?court=${court}&fromDate=2026-11-25&fromMinute=0&toDate=2026-12-20&toMinute=0&title=x`,
    )
    paths.push(
      `${office}/series/preview?court=${court}&title=x&weekday=4&start=1080&length=480&first=2026-11-25&last=2026-12-20`,
    )
  }
  paths.push(`${office}/members`, `${office}/members?q=a`, `${office}/import`, `${office}/journal`)
  paths.push(`${office}/journal/moment?date=2026-11-20&time=10:00`)
  const seen = new Set<string>()
  const texts = await Promise.all(paths.map(async (path) => await (await get(path, stolen)).text()))
  for (const text of texts) {
    for (const { name, email } of names) {
      if (text.includes(name)) seen.add(name)
      assert(!text.includes(email), email)
    }
  }
  assert(seen.size > 0 && seen.size <= NAMES_MAX, `${seen.size} names of ${names.length}`)
  assert.equal((await post(`${office}/members/export`, {}, stolen)).status, 303)
  const guess = await post(`${office}/prove`, { password: 'wrong', to: office }, stolen)
  assert.equal(guess.status, 401)
})

test('officers: a list that leaves is told to the other officer, is counted, and its cookie cut', async () => {
  const other = await cookieOf(origin, 'zuiderpark', accounts.checked)
  const cookie = await provedCookie()
  for (let times = 0; times < 3; times++) {
    const answer = await post(`${office}/members/export`, {}, cookie)
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /"first name";"last name"/)
  }
  const fourth = await post(`${office}/members/export`, {}, cookie)
  assert.equal(fourth.status, 429)
  assert.match(await fourth.text(), /three times a day/)
  const page = await (await get(office, other)).text()
  assert.match(page, /took the member list \(\d+\)/)
  assert.doesNotMatch(await (await get(office, cookie)).text(), /took the member list/)
  const [, suspect = assert.fail()] = /name="member" value="([^"]+)"/.exec(page) ?? []
  const cut = await post(`${office}/cut`, { member: suspect }, other)
  assert.equal(cut.status, 303)
  assert.match((await get(office, cookie)).headers.get('location') ?? '', /login/)
  await post(`${office}/alerts/read`, {}, other)
  assert.doesNotMatch(await (await get(office, other)).text(), /took the member list/)
})

test('officers: the first use of the decoy address raises the alarm', async () => {
  const fields = { email: 'i.vandewoude@zuiderpark.example', password: 'guess', to: '' }
  assert.equal((await post('/zuiderpark/login', fields, '')).status, 401)
  const officer = await cookieOf(origin, 'zuiderpark', accounts.checked)
  assert.match(await (await get(office, officer)).text(), /decoy address/)
})

const heading = 'Voornaam;Naam;E-mail;Geboortedatum;Abonnement\n'

test('import: hostile rows are refused one by one, and what is good is seen before it is done', async () => {
  const cookie = await provedCookie()
  const long = 'x'.repeat(61)
  const rows = [
    'An;Peeters;an@post.example;12/03/1980;Volwassene',
    '=HYPERLINK("http://evil");Peeters;b@post.example;1980;Volwassene',
    '+31;Peeters;c@post.example;1980;Volwassene',
    'An;Again;AN@post.example;1980;Volwassene',
    ';Peeters;d@post.example;1980;Volwassene',
    'E;Peeters;not an address;1980;Volwassene',
    'F;Peeters;f@post.example;2999;Volwassene',
    'G;Peeters;g@post.example;1980;Onbestaand',
    `${long};Peeters;h@post.example;1980;Volwassene`,
    'Zoë 🎾;محمد;i@post.example;2012;Jeugd',
    `Secretaris;X;${accounts.secretary};1980;Volwassene`,
    '"Jan ""Jantje""";"O’Brien; junior";j@post.example;1990-01-31;Volwassene',
  ]
  const shown = await send(heading + rows.join('\n'), cookie)
  assert.equal(shown.status, 303)
  const address = shown.headers.get('location') ?? ''
  const page = await (await get(address, cookie)).text()
  for (const words of [
    '3 new',
    '9 refused',
    'looks like a formula',
    'is there twice',
    'too long',
  ]) {
    assert(page.includes(words), words)
  }
  const [before] =
    await superuser`SELECT count(*)::int AS n FROM members WHERE club_id = ${club.id}`
  const [, digest = ''] = /name="digest" value="([^"]+)"/.exec(page) ?? []
  const stale = await post(address, { digest: 'x' }, cookie)
  assert.match(stale.headers.get('location') ?? '', /problem=moved/)
  const done = await post(address, { digest }, cookie)
  assert.match(done.headers.get('location') ?? '', /added=3&changed=0/)
  const added = await superuser<{ name: string; year: number }[]>`
    SELECT first_name || '|' || last_name AS name, birth_year AS year FROM members
    WHERE email LIKE '%@post.example' ORDER BY email`
  assert.deepEqual(
    added.map(({ name, year }) => `${name} ${year}`),
    ['An|Peeters 1980', 'Zoë 🎾|محمد 2012', 'Jan "Jantje"|O’Brien; junior 1990'],
  )
  const [after] = await superuser`SELECT count(*)::int AS n FROM members WHERE club_id = ${club.id}`
  assert.equal(after?.['n'], Number(before?.['n']) + 3)
  assert.equal((await post(address, { digest }, cookie)).status, 404, 'a file is brought in once')
})

test('import: every encoding of a spreadsheet is read, and what is no list gets a sentence', async () => {
  const cookie = await provedCookie()
  const text = 'prénom,nom,courriel,année de naissance\nZoé,Lefèvre,zoe@post.example,1999\n'
  const latin = Uint8Array.from(Array.from(text, (letter) => letter.codePointAt(0) ?? 0))
  const wide = Uint8Array.from([0xff, 0xfe, ...Buffer.from(text, 'utf16le')])
  for (const bytes of [`\ufeff${text}`, latin, wide]) {
    const shown = await send(bytes, cookie)
    assert.equal(shown.status, 303)
    const page = await (await get(shown.headers.get('location') ?? '', cookie)).text()
    assert.match(page, /Zoé Lefèvre/)
    assert.match(page, /subscription unknown/)
  }
  const row = 'Jan;Jansen;jan@post.example;1980;Volwassene\n'
  for (const [content, words] of [
    [heading + row.repeat(100_000), /at most 5,000 members/],
    ['', /file is empty/],
    [heading, /file is empty/],
    ['a;b;c\n1;2;3\n', /must name the columns/],
    ['PK\u0003\u0004\0\0', /no CSV file/],
    [`"${'x;"'.repeat(9_000)}`, /empty|columns/],
  ] as const) {
    const answer = await send(content, cookie)
    assert.equal(answer.status, 422)
    assert.match(await answer.text(), words)
  }
})

test('join: the invitation sets a password once, and then is used up', async () => {
  const token = 'A'.repeat(43)
  await superuser`INSERT INTO invitations (club_id, token_hash, member_id, expires_at)
    SELECT club_id, sha256(${token}::text::bytea), id, '2026-12-01' FROM members
    WHERE email = 'an@post.example'`
  const path = `/zuiderpark/join/${token}`
  assert.match(await (await get(path, '')).text(), /Hello An/)
  assert.equal((await post(path, { password: 'short' }, '')).status, 422)
  const [cookie = ''] = (
    await post(path, { password: 'a good long one' }, '')
  ).headers.getSetCookie()
  assert.equal((await get('/zuiderpark/me', cookie.split(';')[0] ?? '')).status, 200)
  assert.equal((await post(path, { password: 'a good long one' }, '')).status, 410)
  assert.equal((await get('/roseraie/join/' + token, '')).status, 410)
})
