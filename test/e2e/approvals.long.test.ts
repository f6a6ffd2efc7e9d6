/**
 * The way to the database in a running ring: asked for by one, approved by another from a mail or
 * by the team's own program, begun, used with an ordinary client, and ended with its sessions.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { isSignedNow, signatureOf } from '#crypto/webhook-signature.ts'
import { askConsole, consoleOrigin, csrfIn, enrolled, type Person } from '#kit/console.ts'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing } from '#kit/ring.ts'

const SECRET = 'what the team and its program share'
const NOOR = 'noor@club.example'
const told: { readonly body: string; readonly signature: string }[] = []
const team = createServer((incoming, outgoing) => {
  let body = ''
  incoming.setEncoding('utf8')
  incoming.on('data', (part: string) => (body += part))
  incoming.on('end', () => {
    told.push({ body, signature: String(incoming.headers['x-veilig-signature']) })
    outgoing.writeHead(204).end()
  })
}).listen(0, '127.0.0.1')
await once(team, 'listening')

const folder = await temporaryFolder('approvals')
const data = join(folder, 'data')
const config = join(folder, 'veilig.yaml')
const { port: teamPort } = team.address() as AddressInfo
const settings = {
  staff: { publicOrigin: consoleOrigin },
  access: {
    approveByLink: true,
    webhookUrl: `http://127.0.0.1:${teamPort}/hook`,
    webhookSecret: SECRET,
  },
}
await writeFile(config, JSON.stringify(settings))
const portBase = await freePortBase()
const ring = await startRing({ data, portBase, config })
after(async () => {
  await ring.interrupt()
  team.closeAllConnections()
  team.close()
  await rm(folder, { recursive: true, force: true })
})
const ca = await readFile(join(data, 'ca', 'ca.pem'), 'utf8')
const desk = {
  socket: join(data, 'run', 'console.sock'),
  adminSocket: join(data, 'run', 'staff.sock'),
}
const lotte = await enrolled(desk, 'lotte@club.example', 'support')
await enrolled(desk, NOOR, 'owner')

/** As somebody outside asks, through the web-gateway. */
function outside(
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({
      host: '127.0.0.1',
      port: 8443 + portBase,
      servername: 'console.localhost',
      ca,
      method,
      path,
      agent: false,
      headers: { host: 'console.localhost', 'content-length': Buffer.byteLength(body), ...headers },
    })
    call.on('error', reject)
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.end(body)
  })
}

type Request = { readonly id: string; readonly state: string; readonly approvedBy: string | null }

async function asked(reason: string): Promise<string> {
  const what = ['--role', 'read', '--minutes', '15', '--reason', reason, '--json']
  const said = await ring.command('access', 'request', '--account', lotte.name, ...what)
  return (JSON.parse(said) as { id: string }).id
}

async function stateOf(id: string): Promise<Request | undefined> {
  const all = JSON.parse(await ring.command('access', 'list', '--json')) as readonly Request[]
  return all.find((one) => one.id === id)
}

/** The address that the console shows its owner, once. */
async function begun({ cookie }: Person, id: string): Promise<pg.Client> {
  const csrf = csrfIn(await askConsole(desk, 'GET', '/access', { cookie }))
  const page = await askConsole(desk, 'POST', '/access/start', { cookie, fields: { csrf, id } })
  const url = /postgres(?:ql)?:\/\/[^'&<\s]+/.exec(page.text.replaceAll('&#39;', "'"))?.[0] ?? ''
  assert(url, page.text)
  const place = new URL(url)
  const client = new pg.Client({
    host: '127.0.0.1',
    port: 6432 + portBase,
    user: decodeURIComponent(place.username),
    password: decodeURIComponent(place.password),
    database: place.pathname.slice(1),
    ssl: { ca, servername: 'localhost' },
  })
  client.on('error', () => undefined) // said by what waits
  await client.connect()
  return client
}

async function linkTo(address: string, reason: string): Promise<string | undefined> {
  const kept = join(data, 'mail', 'mailbox')
  for (const name of await readdir(kept).catch(() => [])) {
    if (!name.endsWith('.json')) continue
    const mail = JSON.parse(await readFile(join(kept, name), 'utf8')) as {
      to: string[]
      content: string
    }
    if (!mail.to.includes(address)) continue
    const text = Buffer.from(mail.content, 'base64')
      .toString('latin1')
      .replaceAll(/=\r?\n/g, '') // quoted-printable, as far as an address has any
      .replaceAll('=3D', '=')
    if (text.includes(reason)) return /\/access\/link\/\S+/.exec(text)?.[0]
  }
  return undefined
}

test('approvals: from a mail, by a click without a sign-in, and ended', async (t) => {
  const beganMs = performance.now()
  const id = await asked('by mail: a club cannot log in')
  const path = await eventually('the mail to the owner', () => linkTo(NOOR, 'by mail: a club'))
  const mailMs = performance.now() - beganMs
  const page = await outside('GET', path)
  assert.equal(page.status, 200)
  assert.match(page.text, /by mail: a club cannot log in/)
  assert.equal((await stateOf(id))?.state, 'requested', 'a visit changes nothing')
  const form = new URLSearchParams({ token: path.split('/').at(-1) ?? '' }).toString()
  const headers = { origin: consoleOrigin, 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal((await outside('POST', '/access/link', headers, form)).status, 200)
  const approved = await stateOf(id)
  assert.deepEqual([approved?.state, approved?.approvedBy], ['approved', NOOR])

  const startMs = performance.now()
  const client = await begun(lotte, id)
  const { rows } = await client.query<{ one: number }>('select 1 as one')
  assert.deepEqual(rows, [{ one: 1 }])
  const grantMs = Math.round(performance.now() - startMs)
  const cut = new Promise((resolve) => client.once('end', () => resolve(undefined)))
  const csrf = csrfIn(await askConsole(desk, 'GET', '/access', lotte))
  const endMs = performance.now()
  const fields = { csrf, id }
  await Promise.all([askConsole(desk, 'POST', '/access/end', { ...lotte, fields }), cut])
  await assert.rejects(client.query('select 1'))
  const figures = `mail after ${Math.round(mailMs)} ms, from start to answer ${grantMs} ms`
  t.diagnostic(`${figures}, ended with its session in ${Math.round(performance.now() - endMs)} ms`)
})

test('approvals: by the team’s own program, which is told, and signs', async (t) => {
  const beganMs = performance.now()
  const id = await asked('by hook: a report is wrong')
  const word = await eventually('the word to the team', () =>
    told.find(({ body }) => body.includes('by hook: a report')),
  )
  assert(isSignedNow(SECRET, word.body, word.signature, Date.now()), 'it is the ring that says it')
  const { request: of, by, approveAt } = JSON.parse(word.body) as Record<string, string>
  assert.deepEqual([of, by], [id, lotte.name])
  const path = new URL(approveAt ?? '').pathname
  const body = JSON.stringify({ request: id, approver: NOOR })
  const type = { 'content-type': 'application/json' }
  const forged = { ...type, 'x-veilig-signature': signatureOf(`${SECRET}!`, body, Date.now()) }
  assert.equal((await outside('POST', path, forged, body)).status, 403)
  assert.equal((await stateOf(id))?.state, 'requested')
  const signed = { ...type, 'x-veilig-signature': signatureOf(SECRET, body, Date.now()) }
  const answer = await outside('POST', path, signed, body)
  assert.deepEqual(
    [answer.status, JSON.parse(answer.text)],
    [200, { approved: true, message: 'approved' }],
  )
  const client = await begun(lotte, id)
  await client.query('select 1')
  t.diagnostic(`from the request to the first answer ${Math.round(performance.now() - beganMs)} ms`)
  await client.end()
  const sql = "select count(*) from events where code = 'ACCESS_APPROVED'"
  const [line = ''] = (await ring.command('audit', 'query', sql, '--json')).split('\n')
  assert.equal(Number(Object.values(JSON.parse(line) as object)[0]), 2)
})
