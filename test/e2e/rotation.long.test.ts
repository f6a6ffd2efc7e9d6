/**
 * Every credential that the ring can renew is renewed while pages are asked for, people sign in,
 * mail is handed in and connections are opened: nothing fails; what opened before opens nothing.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, rm, stat, utimes } from 'node:fs/promises'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as tlsConnect } from 'node:tls'
import pg from 'pg'
import { verifyBundle } from '#crypto/evidence-bundle.ts'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing } from '#kit/ring.ts'
import { gatewaySender } from '#services/status/breach/mailer.ts'
import { isWrongPassword } from '#system/postgres/pool.ts'
import { withSecret } from '#system/secret-file.ts'

const DAY_MS = 86_400_000
const folder = await temporaryFolder('rotation')
const data = join(folder, 'data')
const portBase = await freePortBase()
const ring = await startRing({ data, portBase })
after(async () => {
  await ring.interrupt()
  await rm(folder, { recursive: true, force: true })
})

const secret = (name: string): string => join(data, 'secrets', name)
const madeMs = async (name: string): Promise<number> => (await stat(secret(name))).mtimeMs
const ca = await readFile(join(data, 'ca', 'ca.pem'), 'utf8')

/** Roles that log in to a cluster themselves, and where their password stands. */
const logins = [
  ['protected', 'veilig_watch', 'detection/database-password'],
  ['protected', 'veilig_gateway', 'sql-gateway/database-password'],
  ['protected', 'veilig_access', 'access/database-password'],
  ['control', 'staff', 'staff/control-password'],
  ['control', 'status', 'status/control-password'],
  ['control', 'mail-gateway', 'mail-gateway/control-password'],
] as const

async function enter(cluster: string, user: string, password: string): Promise<void> {
  const host = join(data, 'run', cluster)
  const database = cluster === 'control' ? 'veilig' : 'postgres'
  const client = new pg.Client({ host, port: 5432, user, password, database })
  client.on('error', () => undefined) // said by connect()
  try {
    await client.connect()
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The status of a page; a POST when there is a body. */
async function ask(host: string, path: string, body?: string): Promise<number> {
  return (await textOf(host, path, body)).status
}

function textOf(
  host: string,
  path: string,
  body?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const place = `${host}:${8443 + portBase}`
    const headers = {
      host: place,
      origin: `https://${place}`,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body ?? ''),
    }
    const call = request({
      host: '127.0.0.1',
      port: 8443 + portBase,
      servername: host,
      ca,
      path,
      headers,
      method: body === undefined ? 'GET' : 'POST',
      agent: false,
    })
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    call.end(body)
  })
}

/** What is said in plain, to each door, before its handshake, and how it agrees. */
const shownBy: Readonly<Record<string, readonly [number, readonly [string, RegExp][]]>> = {
  'web-gateway': [8443, []],
  'sql-gateway': [6432, [['\0\0\0\x08\x04\xd2\x16\x2f', /^S/]]],
  'mail-gateway': [
    2525,
    [
      ['', /^220 /],
      ['EHLO localhost\r\n', /250 [^\n]*\n$/],
      ['STARTTLS\r\n', /^220 /],
    ],
  ],
}

/** The serial number of the certificate that each door shows to whoever comes now. */
function certificates(): Promise<string[]> {
  return Promise.all(
    Object.values(shownBy).map(async ([port, talk]) => {
      const socket = connect(port + portBase, '127.0.0.1')
      socket.on('error', () => undefined) // said by what waits
      for (const [line, agreed] of talk) {
        socket.write(line, 'latin1')
        let heard = ''
        while (!agreed.test(heard)) heard += String((await once(socket, 'data'))[0])
      }
      const secured = tlsConnect({ socket, ca, servername: 'localhost' })
      await once(secured, 'secureConnect')
      const { serialNumber } = secured.getPeerCertificate()
      secured.destroy()
      return serialNumber
    }),
  )
}

/** The evidence that anybody may download. */
async function evidence(): Promise<string> {
  const body = await textOf('trust.localhost', '/evidence.bundle')
  assert.equal(body.status, 200)
  return body.text
}

let mailed = 0
async function handIn(): Promise<void> {
  await withSecret(
    secret('status/submission-password'),
    (password) =>
      gatewaySender({
        host: '127.0.0.1',
        port: 2525 + portBase,
        ca,
        user: 'status',
        password,
        from: 'security@reservations.example',
      })({
        to: `person-${mailed++}@club.example`,
        subject: 'x',
        text: 'x',
        language: 'en',
        tenant: 'x',
      }),
    () => false,
  )
}

const works: Readonly<Record<string, () => Promise<unknown>>> = {
  'the application': () =>
    ask('localhost', '/zuiderpark/login').then((status) => assert.equal(status, 200)),
  'the console': async () => {
    const status = await ask('console.localhost', '/login', `name=x${mailed}&password=wrong`)
    assert([200, 400, 401, 403, 422, 429, 503].includes(status), String(status))
  },
  'the status page': () => ask('status.localhost', '/').then((status) => assert.equal(status, 200)),
  mail: handIn,
  ...Object.fromEntries(
    logins.map(([cluster, user, file]) => [
      `${user} logs in`,
      () => withSecret(secret(file), (password) => enter(cluster, user, password), isWrongPassword),
    ]),
  ),
}

test('rotation: by itself when old, by command under load, and nothing fails', async (t) => {
  const oldMs = Date.now() - 40 * DAY_MS
  const superuser = 'supervisor/database-password'
  await utimes(secret(superuser), new Date(oldMs), new Date(oldMs))

  const before = new Map<string, string>()
  for (const [, , file] of logins) before.set(file, await readFile(secret(file), 'utf8'))
  const begunMs = Date.now()
  const going = new AbortController()
  const failed = new Set<string>()
  let count = 0
  const load = Object.entries(works).map(async ([name, work]) => {
    while (!going.signal.aborted) {
      await work().then(
        () => count++,
        (error: Error) => failed.add(`${name}: ${error.message}`),
      )
      await delay(50)
    }
  })
  const named = [...before.keys(), 'backup/database-password', 'prober/database-password']
  const senders = ['application', 'prober', 'status', 'console']
  const submission = senders.map((sender) => `${sender}/submission-password`)
  const keys = ['console/session.key', 'web-gateway/device.key', 'prober/staff-password']
  const known = ['notary/evidence.key', 'drill/receipt.key', 'seal/seal.key']
  const pinned = verifyBundle(await evidence()).keyId
  const doors = Object.keys(shownBy).map((door) => `${door}/tls.key`)
  const shownBefore = await certificates()
  const all = [...named, ...submission, ...keys, ...known, ...doors]
  const planned = await ring.command('rotate', '--all', '--dry-run')
  for (const name of all) assert(planned.includes(`${name} (`), name)
  assert((await madeMs('notary/evidence.key')) < begunMs, 'a dry run changes nothing')
  const said = await ring.command('rotate', ...all, '--json')
  const tookMs = Date.now() - begunMs
  const application = JSON.parse(await ring.command('rotate', '--json')) as { to: string }
  assert.equal(application.to, 'reservations_app_b')
  await delay(500) // some more with what is new
  going.abort()
  await Promise.all(load)
  assert.deepEqual([...failed], [])
  assert.equal(said.trim().split('\n').length, all.length, said)
  assert.doesNotMatch(said, /failed/)
  for (const name of all) assert((await madeMs(name)) >= begunMs, name)
  t.diagnostic(`${count} requests, ${all.length} renewals in ${tookMs} ms`)
  await eventually('each door shows its new certificate', async () => {
    const shown = await certificates()
    return shown.every((one, at) => one !== shownBefore[at]) ? true : undefined
  })

  // Whoever pinned the key of before follows to the one that signs now; the books verify.
  const { terms } = verifyBundle(await evidence(), pinned).keys
  assert.deepEqual([terms.length, terms[0]?.keyId], [2, pinned])
  await ring.command('audit', 'verify')

  for (const [cluster, user, file] of logins)
    await assert.rejects(enter(cluster, user, before.get(file) ?? ''), { code: '28P01' }, user)

  // What was old when the ring looked the first time, it has renewed by itself.
  for (const _ of [1, 2, 3]) {
    if ((await madeMs(superuser)) > oldMs + DAY_MS) break
    await eventually('the superuser’s password, renewed', async () =>
      (await madeMs(superuser)) > oldMs + DAY_MS ? true : undefined,
    ).catch((error: Error) => t.diagnostic(error.message))
  }
  assert((await madeMs(superuser)) > oldMs + DAY_MS, 'the ring renews by itself')
  const listed = await ring.command('rotate', '--list', '--json')
  assert.match(listed, /"name":"supervisor\/database-password".*"days":0/)
  const sql = `select count(*) from events where code = 'CREDENTIAL_ROTATED'`
  const [line = ''] = (await ring.command('audit', 'query', sql, '--json')).split('\n')
  assert(Number(Object.values(JSON.parse(line) as object)[0]) >= named.length, line)
})

test('access: what was done with a broken glass is replayed, without its values', async () => {
  const glass = ['--account', 'lotte@club.example', '--reason', 'the console is away']
  const answer = await ring.command('access', 'break-glass', ...glass, '--json')
  const { role, url, rowSettings } = JSON.parse(answer) as Record<'role' | 'url', string> & {
    rowSettings: string[]
  }
  assert.deepEqual(rowSettings, ['app.club'], 'what row security waits for is said')
  const place = new URL(url)
  const client = new pg.Client({
    host: '127.0.0.1',
    port: Number(place.port),
    user: decodeURIComponent(place.username),
    password: decodeURIComponent(place.password),
    database: place.pathname.slice(1),
    ssl: { ca, servername: 'localhost' },
  })
  await client.connect()
  await client.query('select * from members where email = $1', ['somebody@club.example'])
  await assert.rejects(client.query('select email from public.members'), { code: '42501' })
  await client.end()
  const replayed = await eventually('the statements of the grant', async () => {
    const text = await ring.command('access', 'replay', role)
    return text.includes('public.members') ? text : undefined
  })
  const lines = replayed.trim().split('\n')
  assert.match(
    lines.at(-2) ?? '',
    /^\+\d\d:\d\d\.\d{3} {2}select \* from members where email = \$1/,
  )
  assert.match(
    lines.at(-1) ?? '',
    /select email from public\.members {2}\(refused: no right to it\)/,
  )
  assert(!replayed.includes('somebody@'))
})
