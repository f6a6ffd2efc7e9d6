/**
 * From the statement that a client sends to the webhook and to the mailbox that have its alert, in
 * a whole running ring, while others speak to the database: nobody, a program, and one whose every
 * text is new, which is the most that can be asked of detection. Drills are used as attacks, as
 * each is an incident of its own.
 *
 * `VEILIG_ATTACKS` (200 for each load), `VEILIG_NEW_PER_SECOND` (500).
 */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { SMTPServer } from 'smtp-server'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing } from '#kit/ring.ts'
import { openPool } from '#system/postgres/pool.ts'
import { protectedServer } from '../src/cli/exposure.ts'
import { pathsIn } from '../src/cli/paths.ts'
import { emit } from './kit/bench.ts'

const ATTACKS = Number(process.env['VEILIG_ATTACKS'] ?? 200)
const NEW_PER_SECOND = Number(process.env['VEILIG_NEW_PER_SECOND'] ?? 500)
/** From one attack to the next: each is told twice, so more would measure their number. */
const PAUSE_MS = 250
/** First ones of a load, which are not counted. */
const WARM_UP = 10
const PROGRAMS = 4
const TURN_MS = 20
const PATIENCE_MS = 120_000
const PASSWORD = 'of the bench alone'

type Load = {
  readonly name: string
  readonly perSecond: number
  readonly sql: (at: number) => string
}

const loads: readonly Load[] = [
  { name: 'nobody else', perSecond: 0, sql: () => '' },
  {
    name: '500 statements of a program a second',
    perSecond: 500,
    sql: (at) => `SELECT id, name FROM pg_roles_of_club WHERE club = ${at % 900} AND open`,
  },
  {
    name: `${NEW_PER_SECOND} texts a second, each new`,
    perSecond: NEW_PER_SECOND,
    sql: (at) =>
      `SELECT ${Array.from({ length: 12 }, (_, n) => `${at}::int8 AS c${at}_${n}`).join(', ')} ` +
      `FROM (VALUES (${at})) t${at} (v${at}) WHERE v${at} > ${at % 7} ORDER BY v${at}`,
  },
]

/** Incident → when each channel had it; drill → its incident. */
const hooks = new Map<string, { readonly id: string; readonly atMs: number }>()
const letters = new Map<string, number>()

const hook = createServer((request, response) => {
  const atMs = Date.now()
  let body = ''
  request.on('data', (bytes) => (body += String(bytes)))
  request.on('end', () => {
    const { drill, id } = JSON.parse(body) as { drill?: string; id: string }
    if (drill !== undefined) hooks.set(drill, { id, atMs })
    response.writeHead(204).end()
  })
})
const mailbox = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, _session, callback) => {
    let text = ''
    stream.on('data', (bytes) => (text += String(bytes)))
    stream.on('end', () => {
      const id = /x-veilig-incident: (\S+)/i.exec(text)?.[1]
      if (id !== undefined) letters.set(id, Date.now())
      callback()
    })
  },
})
hook.listen(0, '127.0.0.1')
await once(hook, 'listening')
const post = mailbox.listen(0, '127.0.0.1')
await once(post, 'listening')
const portOf = (address: unknown): number => (address as AddressInfo).port

const folder = await temporaryFolder('alert-latency')
const config = join(folder, 'veilig.yaml')
await writeFile(
  config,
  `detection:
  drillRoles: [veilig_prober, bench_attacker]
  channels:
    - {kind: webhook, url: 'http://127.0.0.1:${portOf(hook.address())}/', secret: ${PASSWORD.repeat(2)}, drills: true}
    - {kind: mail, url: 'smtp://127.0.0.1:${portOf(post.address())}', from: a@club.example, to: [b@club.example], drills: true}
`,
)
const data = join(folder, 'data')
const portBase = await freePortBase()
const ring = await startRing({ data, portBase, config })
const server = await protectedServer(pathsIn(data), 'postgres')
const owner = openPool({ ...server, application_name: 'veilig supervisor', max: 1 })
await owner.query(
  `create view pg_roles_of_club as select 1 as id, 'a' as name, 1 as club, true as open`,
)
for (const role of ['bench_attacker', 'bench_program']) {
  await owner.query(`create role ${role} login password '${PASSWORD}'`)
  await owner.query(`grant select on pg_roles_of_club to ${role}`)
}
const ca = await readFile(join(data, 'ca', 'ca.pem'), 'utf8')

for (const load of loads) await run(load)

await owner.end()
await ring.interrupt()
hook.close()
mailbox.close(() => undefined)
await rm(folder, { recursive: true, force: true })

function connect(user: string): pg.Client {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: 6432 + portBase,
    user,
    password: PASSWORD,
    database: 'postgres',
    ssl: { ca, servername: 'localhost' },
  })
  client.on('error', () => undefined)
  return client
}

async function run(load: Load): Promise<void> {
  const attacker = connect('bench_attacker')
  const programs = Array.from({ length: PROGRAMS }, () => connect('bench_program'))
  await Promise.all([attacker, ...programs].map((client) => client.connect()))
  const stop = new AbortController()
  const speaking = programs.map((client, at) => speak(client, at, load, stop.signal))
  const sent = new Map<string, number>()
  for (let attack = -WARM_UP; attack < ATTACKS; attack++) {
    if (attack === 0) sent.clear()
    const drill = `veilig-drill-${randomBytes(16).toString('hex')}`
    sent.set(drill, Date.now())
    await attacker.query(`set role postgres -- ${drill}`).catch(() => undefined)
    await delay(PAUSE_MS)
  }
  stop.abort()
  const said = (await Promise.all(speaking)).reduce((sum, some) => sum + some, 0)
  const untilMs = Date.now() + PATIENCE_MS
  const isTold = (drill: string): boolean => letters.has(hooks.get(drill)?.id ?? '')
  while (Date.now() < untilMs && ![...sent.keys()].every(isTold)) await delay(10)
  await Promise.all([attacker, ...programs].map((client) => client.end()))
  const took = (when: (drill: string) => number | undefined): number[] =>
    [...sent].flatMap(([drill, atMs]) => {
      const told = when(drill)
      return told === undefined ? [] : [told - atMs]
    })
  const subject = `${load.name} (${said} said)`
  tell(
    subject,
    'webhook',
    took((drill) => hooks.get(drill)?.atMs),
  )
  tell(
    subject,
    'mailbox',
    took((drill) => letters.get(hooks.get(drill)?.id ?? '')),
  )
}

/** @returns How many statements were said by this one of several. */
async function speak(
  client: pg.Client,
  which: number,
  { perSecond, sql }: Load,
  signal: AbortSignal,
): Promise<number> {
  const begunMs = Date.now()
  let said = 0
  while (perSecond > 0 && !signal.aborted) {
    const due = ((Date.now() - begunMs) * perSecond) / PROGRAMS / 1_000
    while (said < due && !signal.aborted) await client.query(sql(said++ * PROGRAMS + which))
    await delay(TURN_MS)
  }
  return said
}

function tell(subject: string, channel: string, tookMs: readonly number[]): void {
  const sorted = tookMs.toSorted((a, b) => a - b)
  for (const share of [0.5, 0.99, 1]) {
    const value = sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
    const metric = `${channel}, p${share * 100}, ${sorted.length} of ${ATTACKS}`
    emit({ bench: 'alert-latency', subject, metric, value, unit: 'ms' })
  }
}
