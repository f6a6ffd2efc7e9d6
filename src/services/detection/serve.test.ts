/** Alerts, from the event in the book to the webhook, the mailbox, the file and the database. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type pg from 'pg'
import { SMTPServer } from 'smtp-server'
import { openTrail } from '#audit/open.ts'
import { readEvents } from '#audit/read.ts'
import type { AuditEvent, AuditTrail } from '#audit/trail.ts'
import { signatureOf } from '#crypto/webhook-signature.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { Alert } from './alert.ts'
import { channelOf } from './channels.ts'
import { detectionConfig } from './config.ts'
import type { DetectionPorts } from './ports.ts'
import type { ServerSession } from '#protocol/postgres/server-session.ts'
import type { ServerLook } from './reconcile.ts'
import { serveDetection } from './serve.ts'
import { acknowledge, listIncidents, openStore } from './store.ts'

const SECRET = 'a secret of the webhook'
let server: TestPostgres
let pool: pg.Pool
let folder: string
before(async () => {
  server = await startPostgres()
  pool = openPool(server.connection)
  folder = await temporaryFolder('detection')
})
after(async () => {
  await pool.end()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const peer = { user: 'app', database: 'club', address: '192.0.2.7' }

function statement(sql: string, user = 'app'): AuditEvent {
  const detail = { ...peer, user, session: 's1', sequence: 1, kind: 'query', sql, sqlBytes: 9 }
  return { code: 'DB_STATEMENT', detail: { ...detail, truncated: false } }
}

const failedLogin: AuditEvent = { code: 'DB_LOGIN_FAILED', detail: { ...peer, sqlstate: '28P01' } }
const opened: AuditEvent = {
  code: 'DB_SESSION_OPENED',
  detail: { ...peer, session: 's1', application: 'app', replication: false },
}

function done(tag: string, rowsSent: number): AuditEvent {
  return { code: 'DB_STATEMENT_DONE', detail: { session: 's1', sequence: 1, tag, rowsSent } }
}

type Setting = AsyncDisposable & {
  readonly book: AuditTrail
  readonly own: RecordingTrail
  readonly service: RunningService
}

async function start(
  name: string,
  channels: readonly Record<string, unknown>[],
  more: Readonly<Record<string, unknown>> = {},
  server?: DetectionPorts['server'],
): Promise<Setting> {
  await pool.query('drop schema public cascade')
  await pool.query('create schema public')
  const place = { folder: join(folder, name), process: 'sql-gateway', node: 'test' }
  const book = await openTrail({ ...place, mode: 'written', disk: systemDisk, clock: systemClock })
  const config = detectionConfig.parse({ channels, ...more })
  const places = { clock: systemClock, file: join(folder, name, 'alerts.jsonl') }
  const own = new RecordingTrail()
  const service = await serveDetection(config, {
    trail: own,
    clock: systemClock,
    books: ['sql-gateway'],
    memory: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    server,
    follow: (_book, from, signal, atEnd) =>
      readEvents({ ...place, from, follow: { clock: systemClock, signal, pollMs: 10, atEnd } }),
    store: await openStore(pool),
    channels: config.channels.map((channel) => channelOf(channel, places)),
    newId: randomUUID,
    complain: () => undefined,
  })
  return {
    book,
    own,
    service,
    [Symbol.asyncDispose]: async () => {
      await service[Symbol.asyncDispose]()
      await book[Symbol.asyncDispose]()
    },
  }
}

async function until(what: () => boolean, turnsMax = 3_000): Promise<void> {
  for (let at = 0; at < turnsMax && !what(); at++) await systemClock.sleep(10)
  assert(what(), 'it did not come')
}

const codes = (trail: RecordingTrail): string[] => trail.events.map(({ code }) => code)
const detectorsIn = (trail: RecordingTrail): unknown[] =>
  trail.events.filter(({ code }) => code === 'ALERT_RAISED').map(({ detail }) => detail['detector'])

test('alerts: an injection reaches webhook, mailbox and file, in words', async () => {
  const calls: { body: string; headers: IncomingHttpHeaders }[] = []
  const hook = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      calls.push({ body, headers: request.headers })
      response.writeHead(calls.length === 1 ? 503 : 204).end() // the first try fails
    })
  })
  hook.listen(0, '127.0.0.1')
  await once(hook, 'listening')
  const letters: string[] = []
  const mailbox = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, callback) => {
      let text = ''
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      stream.on('end', () => {
        letters.push(text)
        callback()
      })
    },
  })
  const listening = mailbox.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const portOf = (address: unknown): number => (address as AddressInfo).port
  {
    await using running = await start('channels', [
      { kind: 'webhook', url: `http://127.0.0.1:${portOf(hook.address())}/`, secret: SECRET },
      {
        kind: 'mail',
        url: `smtp://127.0.0.1:${portOf(listening.address())}`,
        from: 'veilig@club.be',
        to: ['operator@club.be'],
      },
      { kind: 'file' },
    ])
    for (let at = 0; at < 5; at++)
      await running.book.append([statement(`select id from courts where club = ${at}`)])
    await running.book.append([statement('select id from courts where club = 1 or 1=1 --')])
    const delivered = (): number =>
      codes(running.own).filter((code) => code === 'ALERT_DELIVERED').length
    await until(() => delivered() === 3)
    const [, second] = calls
    assert(second)
    const alert = JSON.parse(second.body) as Alert
    assert.equal(alert.detector, 'sqli.structure')
    assert.match(alert.sentence, /^SQL injection, by the account app from 192\.0\.2\.7, /)
    const signature = String(second.headers['veilig-signature'])
    const seconds = Number(/^t=(\d+),/.exec(signature)?.[1])
    assert.equal(signature, signatureOf(SECRET, second.body, seconds * 1000))
    assert.match(letters.join(), /Subject: \[high\] SQL injection: app/)
    const line = await readFile(join(folder, 'channels', 'alerts.jsonl'), 'utf8')
    assert.equal((JSON.parse(line) as Alert).id, alert.id)
  }
  const [incident] = await listIncidents(pool, { drills: false, limit: 10 })
  assert.equal(incident?.detector, 'sqli.structure')
  hook.close()
  await new Promise<void>((resolve) => mailbox.close(() => resolve()))
})

test('alerts: what nobody acknowledged is told once more, on the channel for that', async () => {
  const escalation = { afterMinutes: 0.01, channels: ['louder'] }
  const channels = [
    { kind: 'file', name: 'file' },
    { kind: 'file', name: 'louder' },
  ]
  await using running = await start('escalated', channels, { escalation })
  const to = (): unknown[] =>
    running.own.events
      .filter(({ code }) => code === 'ALERT_DELIVERED')
      .map(({ detail }) => detail['channel'])
  await running.book.append([statement(`copy t from program 'id'`)])
  await until(() => to().includes('louder'), 3_000)
  assert.deepEqual(to(), ['file', 'louder'])
  const client = await pool.connect()
  const [incident] = await listIncidents(client, { drills: false, limit: 1 })
  assert.equal(await acknowledge(client, { id: incident!.id, by: 'Anna' }), 1)
  assert.equal(await acknowledge(client, { id: incident!.id, by: 'Bert' }), 0)
  const [after] = await listIncidents(client, { drills: false, limit: 1 })
  assert.equal(after?.acknowledged_by, 'Anna')
  client.release()
})

test('alerts: a session in the server that the gateway never opened', async () => {
  const startMs = Date.now()
  const peerOf = (pid: number, role: string): ServerSession => {
    return { pid, startMs, role, database: 'club', address: '', application: 'psql' }
  }
  let sessions: readonly ServerSession[] = []
  const server = (): Promise<ServerLook> => Promise.resolve({ sessions, calls: undefined })
  const reconcile = { everyMs: 100 }
  await using setting = await start('bypass', [{ kind: 'file' }], { reconcile }, server)
  await setting.book.append([{ ...opened, detail: { ...opened.detail, backendPid: 41 } }])
  sessions = [peerOf(41, 'app'), peerOf(42, 'stranger')]
  await until(() => detectorsIn(setting.own).includes('ring.bypass'))
  const raised = setting.own.of('ALERT_RAISED')
  assert.deepEqual(
    raised.map(({ detector, role }) => [detector, role]),
    [['ring.bypass', 'stranger']],
  )
})

test('alerts: the same attack again is the same incident', async () => {
  {
    await using running = await start('again', [{ kind: 'file' }])
    const attack = statement(`copy t from program 'id'`)
    await running.book.append([attack, attack, attack])
    await until(() => codes(running.own).includes('ALERT_DELIVERED'))
    await running.book.append([attack])
  }
  const incidents = await listIncidents(pool, { drills: false, limit: 10 })
  assert.equal(incidents.length, 1)
  assert((incidents[0]?.alerts ?? 0) >= 3)
})

test('alerts: wrong passwords, and the success after them', async () => {
  await using running = await start('logins', [{ kind: 'file' }])
  await running.book.append(Array.from({ length: 6 }, () => failedLogin))
  await running.book.append([opened])
  const both = ['login.brute-force', 'login.success-after-failures']
  await until(() => detectorsIn(running.own).length === 2)
  assert.deepEqual(detectorsIn(running.own), both)
})

test('alerts: rows far beyond the norm, read and deleted', async () => {
  await using running = await start('mass', [{ kind: 'file' }])
  await running.book.append([opened, done('SELECT 400', 400), done('UPDATE 3', 0)])
  await running.book.append([done('SELECT 4200', 4200)]) // below the floor
  await running.book.append([done('SELECT 90000', 90_000), done('DELETE 80000', 0)])
  await until(() => detectorsIn(running.own).length === 2)
  assert.deepEqual(detectorsIn(running.own), ['data.mass-read', 'data.mass-change'])
})

test('alerts: each drill is an incident, and goes only where drills are wanted', async () => {
  await using running = await start('drill', [
    { kind: 'file', name: 'quiet', drills: false },
    { kind: 'file', name: 'drills', drills: true },
  ])
  for (const nonce of ['a', 'b']) {
    const sql = `set role postgres -- veilig-drill-${nonce.repeat(32)}`
    await running.book.append([statement(sql, 'veilig_prober')])
  }
  const delivered = (): readonly AuditEvent[] =>
    running.own.events.filter(({ code }) => code === 'ALERT_DELIVERED')
  await until(() => delivered().length === 2)
  assert(delivered().every(({ detail }) => detail['channel'] === 'drills'))
})

test('alerts: after a stop it goes on where it was, and tells nothing twice', async () => {
  const place = { folder: join(folder, 'restart'), process: 'sql-gateway' }
  const own = { cursor: -1, memory: '' }
  const read: number[] = []
  await using book = await openTrail({
    ...place,
    node: 'test',
    mode: 'written',
    disk: systemDisk,
    clock: systemClock,
  })
  const life = async (off: readonly string[], enough: (seen: RecordingTrail) => boolean) => {
    const seen = new RecordingTrail()
    const service = await serveDetection(detectionConfig.parse({ off }), {
      trail: seen,
      clock: systemClock,
      books: ['sql-gateway'],
      memory: {
        load: () => Promise.resolve(own.memory === '' ? undefined : own.memory),
        save: (text) => Promise.resolve(void (own.memory = text)),
      },
      follow: (_book, from, signal) => {
        read.push(from)
        return readEvents({ ...place, from, follow: { clock: systemClock, signal, pollMs: 10 } })
      },
      store: {
        cursor: () => Promise.resolve(own.cursor < 0 ? undefined : own.cursor),
        advance: (_book, sequence) => Promise.resolve(void (own.cursor = sequence)),
        keep: () => Promise.resolve(),
        overdue: () => Promise.resolve([]),
        sanction: () => Promise.resolve(),
        sanctions: () => Promise.resolve([]),
        undone: () => Promise.resolve([]),
        delivered: () => Promise.resolve(),
      },
      channels: [],
      newId: randomUUID,
      complain: () => undefined,
    })
    await until(() => enough(seen))
    await service[Symbol.asyncDispose]()
    return detectorsIn(seen)
  }
  const raised = (count: number) => (seen: RecordingTrail) => detectorsIn(seen).length >= count
  await book.append([statement('set role postgres')])
  assert.deepEqual(await life([], raised(1)), ['escalation.set-role'])
  await book.append([statement(`copy t from program 'id'`)])
  assert.deepEqual(await life([], raised(1)), ['escalation.copy-program'])
  assert(read[1]! > 0, 'the book was read from its beginning')
  own.memory = own.memory.replace('"app"', '"apq"') // damaged: read again, told once
  await book.append([statement(`lock t`), statement(`load 'x'`)])
  assert.deepEqual(await life([], raised(1)), ['escalation.load-library'])
  assert.equal(read[2], 0)
  assert.deepEqual(await life(['sqli.timing'], raised(1)), ['ring.detector-off'])
})
