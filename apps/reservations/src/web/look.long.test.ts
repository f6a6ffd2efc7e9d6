/** The club's own look, as its secretary changes it and as everybody sees it. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cookieOf, ownForm, startReservations } from '../../test/kit.ts'
import { pngOf } from '../../test/png.ts'
import { DEMO_PASSWORD, demoAccounts } from '../demo/accounts.ts'
import { inClub } from '../database.ts'
import { contrast, hex } from './theme.ts'

const service = await startReservations()
const { origin, superuser, database, zuiderpark, roseraie } = service
after(() => service[Symbol.asyncDispose]())

const accounts = demoAccounts['zuiderpark'] ?? assert.fail()
const secretary = await cookieOf(origin, 'zuiderpark', accounts.secretary)
const room = '/zuiderpark/office/club'

async function get(path: string, cookie = secretary): Promise<Response> {
  return await fetch(origin + path, { headers: { cookie, 'accept-language': 'en' } })
}

async function post(path: string, fields: object, cookie = secretary): Promise<Response> {
  const headers = { ...ownForm, cookie, 'accept-language': 'en' }
  const body = new URLSearchParams({ ...fields })
  return await fetch(origin + path, { method: 'POST', headers, body, redirect: 'manual' })
}

async function upload(file: Uint8Array, version: number): Promise<Response> {
  const body = new FormData()
  body.set('file', new File([new Uint8Array(file)], 'logo.png', { type: 'image/png' }))
  const headers = { cookie: secretary, 'sec-fetch-site': 'same-origin', 'accept-language': 'en' }
  const path = `${origin}${room}/logo?version=${version}`
  return await fetch(path, { method: 'POST', headers, body, redirect: 'manual' })
}

type Stored = { readonly name: string; readonly colour: string; readonly version: number }

async function stored(): Promise<Stored & { readonly logo: string | null }> {
  const [row] = await superuser<(Stored & { logo: string | null })[]>`
    SELECT name, colour, look_version AS version, logo_id AS logo FROM clubs
    WHERE id = ${zuiderpark.id}`
  return row ?? assert.fail()
}

const fields = { act: 'save', name: 'TC Zuid', town: 'Gent', language: 'fr', colour: '#7a1f4b' }

/** Undoes the newest deed of the kind, as an officer does: looks, then puts back. */
async function undo(kind: string): Promise<string> {
  await post('/zuiderpark/office/prove', { password: DEMO_PASSWORD })
  const [act] = await superuser<{ id: string }[]>`SELECT id FROM acts
    WHERE club_id = ${zuiderpark.id} AND kind = ${kind} ORDER BY at DESC LIMIT 1`
  const path = `/zuiderpark/office/journal/${act?.id ?? ''}/undo`
  const page = await (await get(path)).text()
  const [, digest = ''] = /name="digest" value="([^"]+)"/.exec(page) ?? []
  assert.match((await post(path, { digest })).headers.get('location') ?? '', /back=1&left=0/)
  return page
}

test('look: a name and a colour are seen by all at once, and can be put back', async () => {
  const { version } = await stored()
  assert.match(
    (await post(room, { ...fields, version })).headers.get('location') ?? '',
    /done=saved/,
  )
  const page = await (await get('/zuiderpark/day', '')).text()
  assert.match(page, /TC Zuid/)
  assert.match(page, new RegExp(`theme\\.css\\?v=${version + 1}"`))
  const theme = await (await get('/zuiderpark/theme.css', '')).text()
  assert.match(theme, /--accent: #7a1f4b/)
  const journal = await (await get('/zuiderpark/office/journal')).text()
  assert.match(journal, /Name and colour of the club: TC Zuid/)
  const difference = await undo('look')
  assert.match(difference, /#7a1f4b → #0b7a5b/)
  assert.equal((await stored()).name, zuiderpark.name)
  assert.equal((await stored()).colour, zuiderpark.colour)
})

test('look: of two officers the second is told, and nothing of the first is lost', async () => {
  const { version } = await stored()
  const both = ['TC Een', 'TC Twee'].map((name) => post(room, { ...fields, name, version }))
  const answers = await Promise.all(both)
  assert.deepEqual(
    answers.map(({ status }) => status).toSorted((a, b) => a - b),
    [303, 409],
  )
  const late = answers.find(({ status }) => status === 409) ?? assert.fail()
  const text = await late.text()
  assert.match(text, /Somebody else changed this meanwhile/)
  assert(text.includes(`value="${(await stored()).name}"`), 'what holds now is shown')
  assert.equal((await stored()).version, version + 1)
})

test('look: a colour nobody could read is refused, and the nearest one offered and taken', async () => {
  const before = await stored()
  const yellow = { ...fields, colour: '#ffd400', version: before.version }
  const refused = await post(room, yellow)
  assert.equal(refused.status, 409)
  const page = await refused.text()
  assert.match(page, /Text in #ffd400, or white text on it, is hard to read: contrast 1\.3/)
  const [, nearest = ''] = /name="nearest" value="(#[0-9a-f]{6})"/.exec(page) ?? []
  assert(contrast(hex(nearest), hex('#ffffff')) >= 4.5)
  assert.deepEqual(await stored(), before)
  const { act: _, ...pressed } = yellow
  const offered = await (await post(room, { ...pressed, nearest })).text()
  assert(offered.includes(`value="${nearest}"`))
  assert.deepEqual(await stored(), before, 'it is shown, and not yet saved')
  assert.equal((await post(room, { ...yellow, colour: nearest })).status, 303)
  assert.equal((await stored()).colour, nearest)
})

test('look: a preview shows both kinds of page and saves nothing', async () => {
  const before = await stored()
  const seen = await post(room, { ...fields, act: 'preview', version: before.version })
  assert.equal(seen.status, 200)
  const [, sheet = ''] = /href="([^"]+preview\.css[^"]+)"/.exec(await seen.text()) ?? []
  const css = await (await get(sheet.replaceAll('&amp;', '&'))).text()
  assert.match(css, /\.shot-light .*\n.*--accent: #7a1f4b/)
  assert.deepEqual(await stored(), before)
  for (const wrong of [{ name: ' ' }, { name: 'x'.repeat(81) }, { colour: 'red;}*{' }]) {
    const bad = await post(room, { ...fields, ...wrong, version: before.version })
    assert.equal(bad.status, 409)
    assert.match(await bad.text(), /Give the club a name/)
  }
  const odd = await post(room, { ...fields, language: 'xx', version: before.version })
  assert.equal(odd.status, 400)
  assert.deepEqual(await stored(), before)
})

test('look: a logo is served as an image and nothing else, dropped, and found again', async () => {
  const png = pngOf(128, 128)
  const { version } = await stored()
  assert.equal((await upload(png, version)).status, 303)
  const page = await (await get('/zuiderpark/day', '')).text()
  const [, address = ''] = /<img src="(\/zuiderpark\/logo\/[0-9a-f-]{36})"/.exec(page) ?? []
  const image = await get(address, '')
  assert.equal(image.headers.get('content-type'), 'image/png')
  assert.equal(image.headers.get('x-content-type-options'), 'nosniff')
  const policy = image.headers.get('content-security-policy') ?? ''
  assert.match(policy, /default-src 'none'.*sandbox/)
  assert.doesNotMatch(policy, /self|unsafe/)
  assert(Buffer.from(await image.arrayBuffer()).equals(png))
  const elsewhere = address.replace('zuiderpark', 'roseraie')
  assert.equal((await get(elsewhere, '')).status, 404, 'another club has no such logo')
  const now = await stored()
  const dropped = await post(`${room}/logo/drop`, { version: now.version })
  assert.equal(dropped.status, 303)
  assert.equal((await stored()).logo, null)
  assert.match(await undo('logo-dropped'), /Drawn for the club.* → .*club’s own/)
  assert.equal((await stored()).logo, now.logo)
})

test('look: what is no logo is one sentence, and nothing is kept', async () => {
  const before = await stored()
  const cases: readonly (readonly [Uint8Array, RegExp])[] = [
    [Buffer.from('<svg onload="alert(1)">'), /This is no PNG image/],
    [Buffer.alloc(65_537), /larger than 64 kB/],
    [pngOf(600, 10), /larger than 512 × 512/],
    [pngOf(20, 20).subarray(0, 90), /damaged/],
  ]
  for (const [file, words] of cases) {
    const answer = await upload(file, before.version)
    assert.equal(answer.status, 409)
    assert.match(await answer.text(), words)
  }
  assert.equal((await upload(pngOf(10, 10), before.version - 1)).status, 409, 'too late')
  assert.deepEqual(await stored(), before)
})

test('look: an old logo is forgotten when no undo can want it; one that may be stays', async () => {
  const { version, logo } = await stored()
  const [old] = await superuser<{ id: string }[]>`INSERT INTO logos (club_id, png, created_at)
    VALUES (${zuiderpark.id}, ${pngOf(9, 9)}, now() - interval '40 days') RETURNING id`
  await superuser`UPDATE logos SET created_at = now() - interval '40 days' WHERE id = ${logo}`
  assert.equal((await upload(pngOf(11, 11), version)).status, 303)
  const rows = await superuser<{ id: string }[]>`SELECT id FROM logos
    WHERE club_id = ${zuiderpark.id}`
  const ids = rows.map(({ id }) => id)
  assert(!ids.includes(old?.id ?? ''))
  assert(ids.includes(logo ?? ''), 'the one before can still be put back')
})

test('look: the database lets a club change no other club', async () => {
  const done = await inClub(
    database,
    zuiderpark.id,
    (tx) => tx`UPDATE clubs SET name = 'x' WHERE id = ${roseraie.id} RETURNING id`,
  )
  assert.equal(done.length, 0)
})
