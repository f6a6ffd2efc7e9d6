/** Doors and webhooks, as a door system and a club's program meet them. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { cookieOf, ownForm, startReservations } from '../../test/kit.ts'
import { pinOf } from '../data/checkins.ts'
import { webhooksOf } from '../data/webhooks.ts'
import { inClub, type Transaction } from '../database.ts'
import { demoAccounts, DEMO_PASSWORD } from '../demo/accounts.ts'
import { hookSecret, openHooks } from '../hooks.ts'
import { poster } from '../outside.ts'

const PATIENCE_MS = 30_000
const SECRET = 'a secret of the tests only'

const service = await startReservations()
const { origin, superuser, database, zuiderpark, roseraie } = service
after(() => service[Symbol.asyncDispose]())

const accounts = demoAccounts['zuiderpark'] ?? assert.fail()
const member = await cookieOf(origin, 'zuiderpark', accounts.member)
const secretary = await cookieOf(origin, 'zuiderpark', accounts.secretary)

async function post(path: string, fields: object, cookie: string): Promise<Response> {
  const body = new URLSearchParams({ ...fields })
  const headers = { ...ownForm, cookie, 'accept-language': 'en' }
  return await fetch(origin + path, { method: 'POST', headers, body, redirect: 'manual' })
}

type Heard = { readonly headers: NodeJS.Dict<string | string[]>; readonly body: string }

/** A club's own program: it answers as it is told to and keeps what it hears. */
async function startReceiver(): Promise<
  AsyncDisposable & { url: string; heard: Heard[]; status: number }
> {
  const heard: Heard[] = []
  const receiver = { heard, status: 204, url: '' }
  const server = createServer((request, answer) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      heard.push({ headers: request.headers, body })
      answer.writeHead(receiver.status).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  return Object.assign(receiver, {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    assert(performance.now() < deadline, 'it did not come to pass')
    await delay(20)
  }
}

async function prove(): Promise<void> {
  const answer = await post('/zuiderpark/office/prove', { password: DEMO_PASSWORD }, secretary)
  assert.equal(answer.status, 303)
}

/** As the application does it: the database writes what there is to tell for the club it works for. */
async function asClub<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
  return await inClub(database, zuiderpark.id, work)
}

async function bookingOf(day: string): Promise<string> {
  const [row] = await asClub(
    (tx) => tx<{ id: string }[]>`
      INSERT INTO bookings (club_id, court_id, during, kind, owner_id)
      SELECT ${zuiderpark.id}, c.id, tstzrange(${day + 'T03:00Z'}, ${day + 'T04:00Z'}), 'play', m.id
      FROM courts c, members m
      WHERE c.club_id = ${zuiderpark.id} AND m.club_id = c.club_id AND m.email = ${accounts.member}
      ORDER BY c.position LIMIT 1 RETURNING id`,
  )
  return row?.id ?? assert.fail()
}

async function cancel(booking: string): Promise<void> {
  await asClub(
    (tx) => tx`UPDATE bookings SET status = 'cancelled', cancelled_at = now()
      WHERE club_id = ${zuiderpark.id} AND id = ${booking}`,
  )
}

test('connections: they open only with the officer’s password, and to nobody else', async () => {
  const path = '/zuiderpark/office/links'
  const asMember = await fetch(origin + path, { headers: { cookie: member } })
  assert.equal(asMember.status, 404)
  const first = await fetch(origin + path, { headers: { cookie: secretary }, redirect: 'manual' })
  assert.match(first.headers.get('location') ?? '', /\/office\/prove\?to=/)
  await prove()
  assert.equal((await fetch(origin + path, { headers: { cookie: secretary } })).status, 200)
})

test('connections: a door fetches the codes of its day with its key, until that is revoked', async () => {
  await prove()
  assert.equal(
    (await post('/zuiderpark/office/links/doors', { minutes: 10 }, secretary)).status,
    303,
  )
  const made = await post('/zuiderpark/office/links/keys', { name: 'Padelhal' }, secretary)
  const [, key = ''] = /value="([\w-]{43})"/.exec(await made.text()) ?? []
  const booking = await bookingOf('2026-11-26')
  const ask = async (club: string, authorization: string): Promise<Response> =>
    await fetch(`${origin}/api/v1/clubs/${club}/doors`, { headers: { authorization } })
  const answer = await ask('zuiderpark', `Bearer ${key}`)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.equal(answer.headers.get('access-control-allow-origin'), null)
  const { openings } = (await answer.json()) as { openings: Record<string, string>[] }
  const opening = openings.find((one) => one['booking'] === booking)
  assert.equal(opening?.['from'], '2026-11-26T02:50Z')
  assert.equal(opening?.['until'], '2026-11-26T04:00Z')
  assert.equal(opening?.['pin'], pinOf(SECRET, booking))
  const page = await fetch(`${origin}/zuiderpark/bookings/${booking}`, {
    headers: { cookie: member },
  })
  assert((await page.text()).includes(pinOf(SECRET, booking)), 'who plays sees the code')
  for (const [club, authorization] of [
    ['roseraie', `Bearer ${key}`],
    ['zuiderpark', ''],
    ['zuiderpark', `Bearer ${'x'.repeat(43)}`],
    ['zuiderpark', `Basic ${key}`],
  ] as const) {
    const refused = await ask(club, authorization)
    assert.equal(refused.status, 401)
    assert(!(await refused.text()).includes('pin'))
  }
  const [row] = await superuser<{ id: string; used: Date | null }[]>`
    SELECT id, used_at AS used FROM door_keys WHERE name = 'Padelhal'`
  assert(row?.used)
  await post(`/zuiderpark/office/links/keys/${row.id}/drop`, {}, secretary)
  assert.equal((await ask('zuiderpark', `Bearer ${key}`)).status, 401)
})

test('connections: what is no address is refused, and a new one is told to the other officers', async () => {
  await prove()
  const add = (url: string): Promise<Response> =>
    post('/zuiderpark/office/links/hooks', { url }, secretary)
  for (const url of ['ftp://door.example', 'https://a:b@door.example/', 'door.example', '']) {
    assert.equal((await add(url)).status, 409, url)
  }
  assert.equal((await add('https://door.invalid/hook')).status, 303)
  const alerts = await superuser<{ kind: string }[]>`SELECT kind FROM alerts
    WHERE club_id = ${zuiderpark.id} AND kind = 'link' AND at > now() - interval '1 minute'`
  assert(alerts.length > 0)
  const page = await fetch(`${origin}/zuiderpark/office/links`, { headers: { cookie: secretary } })
  assert.match(await page.text(), /whsec_[A-Za-z0-9+/=]{44}/)
  await superuser`DELETE FROM webhooks`
})

test('connections: each booking is told once, signed, in order, and no name is in it', async () => {
  await using receiver = await startReceiver()
  const [hook] = await superuser<{ id: string }[]>`
    INSERT INTO webhooks (club_id, url) VALUES (${zuiderpark.id}, ${receiver.url}) RETURNING id`
  assert(hook)
  const [foreign] = await superuser<{ id: string }[]>`
    INSERT INTO webhooks (club_id, url) VALUES (${roseraie.id}, ${receiver.url}) RETURNING id`
  await using hooks = openHooks({
    database,
    post: poster('anywhere'),
    secret: SECRET,
    nowMs: () => Date.now(),
    report: () => undefined,
  })
  const booking = await bookingOf('2026-11-27')
  await asClub(
    (tx) => tx`UPDATE bookings SET during = '[2026-11-27T04:00Z,2026-11-27T05:00Z)'
      WHERE club_id = ${zuiderpark.id} AND id = ${booking}`,
  )
  await cancel(booking)
  hooks.soon('zuiderpark')
  await until(() => receiver.heard.length >= 3)
  await hooks.all()
  const messages = receiver.heard.map(({ body }) => JSON.parse(body) as Message)
  const kinds = ['booking.created', 'booking.moved', 'booking.cancelled']
  assert.deepEqual(
    messages.map(({ type }) => type),
    kinds,
  )
  for (const { data } of messages) {
    assert.equal(data['booking'], booking)
    const known = ['booking', 'club', 'court', 'doorMinutes', 'from', 'kind', 'pin', 'until']
    assert(Object.keys(data).every((key) => known.includes(key)))
  }
  assert.equal(messages[2]?.data['pin'], undefined, 'what is cancelled opens nothing')
  const [first] = receiver.heard
  assert(first)
  const { headers, body } = first
  // Checked by a program that is not ours.
  const key = Buffer.from(hookSecret(SECRET, hook.id).slice('whsec_'.length), 'base64')
  const signed = execFileSync(
    'openssl',
    ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key.toString('hex')}`, '-binary'],
    { input: `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}` },
  )
  assert.equal(headers['webhook-signature'], `v1,${signed.toString('base64')}`)
  const ids = receiver.heard.map((one) => one.headers['webhook-id'])
  assert.equal(new Set(ids).size, 3)
  await superuser`DELETE FROM webhooks WHERE id IN (${hook.id}, ${foreign?.id ?? hook.id})`
})

type Message = { readonly type: string; readonly data: Readonly<Record<string, unknown>> }

test('connections: what was not taken waits and comes again; three days in vain end it', async () => {
  await using receiver = await startReceiver()
  receiver.status = 500
  const [hook] = await superuser<{ id: string }[]>`
    INSERT INTO webhooks (club_id, url) VALUES (${zuiderpark.id}, ${receiver.url}) RETURNING id`
  assert(hook)
  await using hooks = openHooks({
    database,
    post: poster('anywhere'),
    secret: SECRET,
    nowMs: () => Date.now(),
    report: () => undefined,
  })
  const stateOf = async (): ReturnType<typeof webhooksOf> =>
    await inClub(database, zuiderpark.id, (tx) => webhooksOf(tx, zuiderpark.id))
  const hurry = (): Promise<unknown> =>
    superuser`UPDATE deliveries SET next_at = now() WHERE webhook_id = ${hook.id}`
  const booking = await bookingOf('2026-11-28')
  await cancel(booking)
  await hooks.all()
  await until(async () => (await stateOf())[0]?.problem === 'HTTP_500')
  const [failing] = await stateOf()
  assert.equal(failing?.waiting, 2)
  assert.equal(receiver.heard.length, 1, 'the second waits for the first')
  await hooks.all()
  assert.equal(receiver.heard.length, 1, 'and the first for its time')
  receiver.status = 200
  await hurry()
  await hooks.all()
  await until(async () => (await stateOf())[0]?.waiting === 0)
  const [fine] = await stateOf()
  assert.equal(fine?.failingSinceMs, undefined)
  assert.equal(receiver.heard.length, 3)
  receiver.status = 500
  await bookingOf('2026-11-29')
  await hooks.all()
  await until(async () => (await stateOf())[0]?.problem === 'HTTP_500')
  await superuser`UPDATE webhooks SET failing_since = now() - interval '73 hours'
    WHERE id = ${hook.id}`
  await hurry()
  await hooks.all()
  await until(async () => (await stateOf())[0]?.isStopped === true)
  const [stopped] = await stateOf()
  assert.equal(stopped?.waiting, 0)
  const alerts = await superuser`SELECT FROM alerts
    WHERE club_id = ${zuiderpark.id} AND kind = 'webhook'`
  assert.equal(alerts.length, 1)
  const heard = receiver.heard.length
  await bookingOf('2026-11-30')
  await hooks.all()
  assert.equal(receiver.heard.length, heard, 'it is told no more')
})
