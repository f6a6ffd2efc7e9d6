/**
 * The SQL gateway before a server that is not the ring's own: a real PostgreSQL over TCP and TLS,
 * made ready as the service's README says.
 */
import assert from 'node:assert/strict'
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { pino } from 'pino'
import { freePort } from '#kit/ports.ts'
import { PASSWORD, SUPERUSER, temporaryFolder } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { systemClock } from '#system/clock.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { embeddedPostgres } from '#system/postgres/binaries.ts'
import { createCluster, startCluster } from '#system/postgres/cluster.ts'
import { postgresAccount } from '#system/postgres/user.ts'
import { veiligConfig } from '../config.ts'
import { pathsIn } from '../paths.ts'
import { runSqlGateway } from './sql-gateway.ts'

const ASKER_PASSWORD = 'the gateway may ask'
const folder = await temporaryFolder('remote')
const authority = await createLocalAuthority(systemClock.nowMs())
const stranger = await createLocalAuthority(systemClock.nowMs())
const stack = new AsyncDisposableStack()
stack.defer(() => rm(folder, { recursive: true, force: true }))
after(() => stack.disposeAsync())

const account = postgresAccount()
const binaries = await embeddedPostgres(account, join(tmpdir(), 'veilig-kit'))
const place = { binaries, account, dataDir: join(folder, 'cluster') }
await createCluster(place, { name: SUPERUSER, password: PASSWORD })
const leaf = await issueCertificate(authority, ['db.localhost'], systemClock.nowMs())
for (const [name, pem] of Object.entries({ crt: leaf.certificatePem, key: leaf.keyPem })) {
  const file = join(place.dataDir, `server.${name}`)
  await writeFile(file, pem, { mode: 0o600 })
  if (account) await chown(file, account.uid, account.gid)
}
const cluster = stack.use(
  await startCluster(place, {
    socketDir: join(folder, 's'),
    port: await freePort(),
    logFile: join(folder, 'log'),
    settings: { listen_addresses: '127.0.0.1', ssl: 'on', shared_buffers: '16MB' },
  }),
)
await prepare()

/** As the README says, word for word. */
async function prepare(): Promise<void> {
  const readme = new URL('../../services/sql-gateway/README.md', import.meta.url)
  const [, sql = ''] = /```sql\n([^]*?)```/.exec(await readFile(readme, 'utf8')) ?? []
  const { socketDir: host, port } = cluster
  const own = { host, port, user: SUPERUSER, password: PASSWORD, database: 'postgres' }
  const client = new pg.Client(own)
  await client.connect()
  await client.query(sql.replace('…', ASKER_PASSWORD))
  await client.query(`create role till login password 'till'`)
  await client.end()
}

const server = { host: '127.0.0.1', port: cluster.port, servername: 'db.localhost' }

/** A gateway composed as in the ring, before the server as the configuration names it. */
async function before(
  named: Readonly<Record<string, unknown>>,
): Promise<AsyncDisposable & { readonly port: number; readonly trail: RecordingTrail }> {
  const sqlGateway = { server: { ...server, ...named }, listen: ['127.0.0.1'] }
  const config = veiligConfig.parse({ sqlGateway })
  const paths = pathsIn(join(folder, 'data'))
  const shown = await issueCertificate(authority, ['localhost'], systemClock.nowMs())
  const certificate = paths.secret('sql-gateway', 'tls.pem')
  await mkdir(dirname(certificate), { recursive: true })
  await writeFile(certificate, shown.certificatePem)
  await writeFile(paths.secret('sql-gateway', 'tls.key'), shown.keyPem)
  const port = await freePort()
  const others = { https: 0, redirect: 0, mail: 0, application: 0, payments: 0 }
  const trail = new RecordingTrail()
  const log = pino({ level: 'silent' })
  const ports = { ...others, sql: port }
  const running = await runSqlGateway({
    config,
    configFile: undefined,
    paths,
    ports,
    clock: systemClock,
    log,
    trail,
  })
  return { port, trail, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

/** What the server says of a session's leg to it. */
async function legSeen(port: number, enableChannelBinding: boolean): Promise<unknown> {
  const who = { user: 'till', password: 'till', database: 'postgres' }
  const ssl = { ca: authority.certificatePem, servername: 'localhost' }
  const client = new pg.Client({ host: '127.0.0.1', port, ssl, enableChannelBinding, ...who })
  await client.connect()
  try {
    const sql = 'select current_user as who, ssl from pg_stat_ssl where pid = pg_backend_pid()'
    return (await client.query(sql)).rows[0]
  } finally {
    await client.end()
  }
}

test('server elsewhere: both legs are TLS, and SCRAM is bound to each certificate', async () => {
  await using gateway = await before({ ca: authority.certificatePem, password: ASKER_PASSWORD })
  assert.deepEqual(await legSeen(gateway.port, true), { who: 'till', ssl: true })
  assert.equal(gateway.trail.of('DB_SESSION_OPENED')[0]?.['method'], 'SCRAM-SHA-256-PLUS')
})

test('server elsewhere: where no verifier may be asked for, the proof passes through', async () => {
  await using gateway = await before({ ca: authority.certificatePem })
  assert.deepEqual(await legSeen(gateway.port, false), { who: 'till', ssl: true })
  assert.equal(gateway.trail.of('DB_SESSION_OPENED')[0]?.['method'], 'SCRAM-SHA-256')
})

test('server elsewhere: one that is not who it says is not spoken to', async () => {
  const wrong = [
    { ca: stranger.certificatePem },
    { ca: authority.certificatePem, servername: 'other.localhost' },
  ]
  for (const named of wrong) {
    await using gateway = await before(named)
    await assert.rejects(legSeen(gateway.port, false), { code: '57P03' })
  }
})

test('server elsewhere: on another machine it is reached by TLS, or not at all', () => {
  const parse = (named: unknown) => veiligConfig.parse({ sqlGateway: { server: named } })
  assert.throws(() => parse({ host: 'db.example' }), /must be given for a server on another/)
  assert.throws(() => parse({ host: 'db.example', ca: leaf.certificatePem }), /may issue others/)
  const near = parse({ host: '127.0.0.1', port: 5433 })
  assert.equal(near.sqlGateway.server?.user, 'veilig_gateway')
})
