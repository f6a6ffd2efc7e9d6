/**
 * The drill: a stolen password reads part of the members of two customers. From the record to two
 * complete notices, each with that customer's own exact numbers, and a proof that is checked
 * without us; then what the reckoning must not swallow.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import {
  mailAuthority,
  PASSWORD,
  startMailGateway,
  type TestMailGateway,
} from '#kit/mail-gateway.ts'
import { veilig } from '#kit/ring.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { startStatus, type TestStatus } from '#kit/status.ts'
import { openTrail } from '#audit/open.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { gatewaySender } from '#services/status/breach/mailer.ts'
import type { Breach } from '#services/status/breach/register.ts'
import { askStatus } from '#services/status/control/client.ts'
import { statusConfig } from '#services/status/config.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { assess, recordedStatements, type Assessed, type Suspect } from '../../src/cli/exposure.ts'
import { sendNotices } from '../../src/cli/notices.ts'
import { writeProofBundle } from '../../src/cli/proof-bundle.ts'

const run = promisify(execFile)
const [NOORD, ZUID, WEST] = ['n', 'z', 'w'].map((letter) =>
  `${letter.charCodeAt(0).toString(16)}0000000-0000-4000-8000-000000000000`.slice(-36),
) as [string, string, string]
const BOUND_MS = 72 * 60_000

const stack = new AsyncDisposableStack()
let mail: TestMailGateway
let gateway: TestSqlGateway
let status: TestStatus
let book: AuditTrail & AsyncDisposable
let folder = ''
const config = statusConfig.parse({ operator: 'Clubkit' })
const startedMs = Date.now()

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'veilig-breach-'))
  stack.defer(() => rm(folder, { recursive: true }))
  mail = stack.use(await startMailGateway())
  const { server } = mail
  await server.query(`
    create role club_app login password '${PASSWORD}';
    create table clubs (id uuid primary key, name text, language text);
    create table members (club_id uuid references clubs, id uuid default gen_random_uuid(),
      email text, first_name text, birth_year int, role text default 'member',
      active boolean default true, primary key (club_id, id));
    alter table members enable row level security;
    alter table members force row level security;
    create policy own on members using
      (club_id = nullif(current_setting('app.club', true), '')::uuid);
    grant select on clubs, members to club_app;
    insert into clubs values ('${NOORD}', 'TC Noord', 'nl'), ('${ZUID}', 'Club Sud', 'fr'),
      ('${WEST}', 'West', 'en');
    insert into members (club_id, email, first_name, birth_year, role)
      select c.id, 'm' || n || '@' || left(c.id::text, 2) || '.example', 'M' || n, 1940 + n % 80,
        case when n = 1 then 'secretary' else 'member' end
      from clubs c, generate_series(1, 400) n;`)
  book = await openTrail({
    folder: join(folder, 'audit'),
    process: 'sql-gateway',
    node: 'n1',
    mode: 'written',
    disk: systemDisk,
    clock: systemClock,
  })
  stack.use(book)
  gateway = stack.use(await startSqlGateway(server, {}, book))
  status = stack.use(await startStatus({ folder, server, config: { operator: 'Clubkit' } }))
})
after(() => stack.disposeAsync())

async function steal(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'club_app',
    password: PASSWORD,
    database: 'postgres',
    ssl: { ca: gatewayAuthority, servername: 'localhost' },
  })
  await client.connect()
  await work(client)
  await client.end()
}

function suspect(fromMs = startedMs): Suspect {
  return { account: 'club_app', address: '', fromMs, toMs: Date.now() }
}

async function assessed(fromMs = startedMs): Promise<Assessed> {
  await book.flush()
  const connect = (): Promise<pg.ClientConfig> => Promise.resolve(mail.server.connection)
  return assess(suspect(fromMs), { folder: join(folder, 'audit'), config: config.breach, connect })
}

let breach: Breach

test('drill: two customers are told, each its own exact numbers, 10 of 11 fields', async (t) => {
  await steal(async (client) => {
    await client.query(`set app.club = '${NOORD}'`)
    await client.query('select first_name, email from members where birth_year < 1960')
    await client.query('select email from members where birth_year between 1950 and 1969')
    await client.query('begin')
    await client.query(`select set_config('app.club', '${ZUID}', true)`)
    await client.query('select * from members m order by m.email limit 7')
    await client.query('commit')
    await client.query('select email from members where birth_year > 2500')
  })
  const alertMs = performance.now()
  const { exposure, unclear } = await assessed()
  assert.deepEqual(unclear, [])
  const truth = await mail.server.query<{ n: number }>(
    `select count(*)::int as n from members where club_id = '${NOORD}' and birth_year < 1970`,
  )
  const [noord, zuid, ...others] = exposure.tenants.toSorted((a, b) => b.persons - a.persons)
  assert.deepEqual(others, [], 'the third customer is not concerned')
  assert.deepEqual(
    [noord?.name, noord?.persons, noord?.records],
    ['TC Noord', truth[0]?.n, truth[0]?.n],
  )
  assert.deepEqual(noord?.columns, ['members.email', 'members.first_name'])
  assert.deepEqual([zuid?.name, zuid?.persons, zuid?.language], ['Club Sud', 7, 'fr'])
  assert(zuid?.categories.includes('identity') && zuid.columns.includes('members.birth_year'))
  breach = (await askStatus(status.controlSocket, {
    ask: 'breach-record',
    detail: {
      detectedMs: startedMs,
      awareMs: Date.now(),
      tenants: exposure.tenants.map(({ tenant }) => tenant),
      categories: [],
      nature: '',
      consequences: '',
      measures: '',
      exposure,
    },
  })) as Breach
  const send = gatewaySender({
    host: '127.0.0.1',
    port: mail.port,
    ca: mailAuthority,
    user: 'status',
    password: PASSWORD,
    from: 'security@reservations.example',
  })
  const notify = (more: boolean): ReturnType<typeof sendNotices> =>
    sendNotices(breach.id, { controlSocket: status.controlSocket, send, more })
  const sent = await notify(false)
  assert.deepEqual(
    sent.map(({ outcome }) => outcome),
    ['sent', 'sent'],
  )
  for (const { fields, filled } of sent) assert(filled / fields >= 0.9, `${filled} of ${fields}`)
  const machineSeconds = (performance.now() - alertMs) / 1000
  t.diagnostic(`from the alert to two notices: ${machineSeconds.toFixed(1)} s of the machine`)
  const mails = await mail.receiver.arrived(2)
  const to = (name: string): string =>
    unfolded(mails.find(({ text }) => unfolded(text).includes(name))?.text ?? '')
  assert.match(to('TC Noord'), new RegExp(`Personen \\(ongeveer\\): ${truth[0]?.n}\\b`))
  assert.match(to('Club Sud'), /Personnes \(environ\): 7\b/)
  assert(!to('Club Sud').includes('TC Noord'), 'no customer reads of another')
  const { breaches } = (await askStatus(status.controlSocket, { ask: 'breaches' })) as {
    breaches: Breach[]
  }
  for (const { doneMs } of breaches[0]?.duties ?? [])
    assert((doneMs ?? Infinity) - startedMs <= BOUND_MS)
  assert.deepEqual(await notify(false), [], 'nobody is told twice of the same')
  const change = { measures: 'Le mot de passe a été remplacé. Het wachtwoord is vervangen.' }
  await askStatus(status.controlSocket, { ask: 'breach-correct', id: breach.id, change })
  const later = await notify(true)
  assert(later.every(({ filled, fields }) => filled === fields))
  assert.match(unfolded((await mail.receiver.arrived(4)).at(-1)?.text ?? ''), /Aanvulling|Compl=?/)
})

test('drill: the proof is checked offline, and one changed byte shows', async () => {
  const into = join(folder, 'proof')
  const { statements } = await recordedStatements(join(folder, 'audit'), suspect())
  assert(statements.length >= 8)
  const names = await writeProofBundle(into, {
    files: [['breach.json', JSON.stringify(breach)]],
    audit: join(folder, 'audit'),
    processes: ['sql-gateway', 'status'],
  })
  await run('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: into })
  await run(veilig, ['audit', 'verify', '--data', into])
  const again = writeProofBundle(into, { files: [], audit: folder, processes: [] })
  await assert.rejects(again, { code: 'BUNDLE_EXISTS' })
  const segment = names.find((name) => name.startsWith('audit/sql-gateway/')) ?? ''
  const bytes = await readFile(join(into, segment))
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  await systemDisk.replace(join(into, segment), bytes)
  await assert.rejects(run(veilig, ['audit', 'verify', '--data', into]))
  await appendFile(join(into, 'breach.json'), ' ')
  await assert.rejects(run('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd: into }))
})

test('drill: what changed since, or cannot be asked again, is said and not guessed', async () => {
  const fromMs = Date.now()
  await steal(async (client) => {
    await client.query(`set app.club = '${WEST}'`)
    await client.query('select count(*) from members')
    await client.query('select email from members where birth_year = $1', [1950])
    await client.query('select email from members where birth_year = 1951')
  })
  await mail.server.query(
    `delete from members where birth_year = 1951 and first_name = 'M11' and club_id = '${WEST}'`,
  )
  const place = { folder: join(folder, 'audit'), process: 'access', node: 'n1' }
  await using access = await openTrail({
    ...place,
    mode: 'written',
    disk: systemDisk,
    clock: systemClock,
  })
  await access.append([
    { code: 'GRANT_ENDED', detail: { name: 'jit_x', reason: 'time', sessionsCut: 0 } },
    { code: 'CREDENTIAL_ROTATED', detail: { credential: 'a', from: 'other', to: 'x', drainMs: 1 } },
    {
      code: 'CREDENTIAL_ROTATED',
      detail: { credential: 'a', from: 'club_app', to: 'x', drainMs: 1 },
    },
  ])
  await access.flush()
  const { exposure, unclear } = await assessed(fromMs)
  assert((exposure.closedMs ?? 0) >= fromMs, 'the rotation is found among other events')
  assert.deepEqual(
    unclear.map(({ why }) => why.replaceAll(/\d+/g, 'N')),
    [
      'it adds up rows',
      'the values of its parameters were not recorded',
      'it read N rows then, and N now',
    ],
  )
  assert.equal(exposure.unclear, 3)
  const [west, ...others] = exposure.tenants
  assert.deepEqual([west?.name, west?.persons, others], ['West', 4, []], 'what is there still')
})

/** Quoted-printable, as far as these texts need it. */
function unfolded(text: string): string {
  return text.replaceAll(/=\r?\n/g, '').replaceAll('\u202f', ' ')
}
