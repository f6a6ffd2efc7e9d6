/**
 * Client certificates: who needs one, whose is good, and that the password is asked all the same.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { sqlGatewayConfig } from '#services/sql-gateway/config.ts'
import { createTestAuthority, type TestCertificate } from '#kit/client-certificates.ts'
import { PASSWORD, startPostgres, SUPERUSER } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'

const server = await startPostgres()
await server.query("create role needs login password 'needs-password'")
await server.query("create role free login password 'free-password'")
const authority = await createTestAuthority()
const foreign = await createTestAuthority()
const gateway = await startSqlGateway(server, {
  clientCertificates: {
    authority: authority.pem,
    roles: { needs: ['application', 'second'], [SUPERUSER]: ['somebody else'] },
  },
})
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const application = await authority.issue({ name: 'application' })

/** The SQLSTATE a login fails with; '' when it succeeds. */
async function logIn(user: string, shown?: TestCertificate, password = `${user}-password`) {
  const client = new pg.Client({
    host: 'localhost',
    port: gateway.port,
    user,
    password,
    database: 'postgres',
    ssl: { ca: gatewayAuthority, ...shown },
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return ''
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  } finally {
    await client.end()
  }
}

test('certificates: a good one and the password let the role in, and stand in the record', async () => {
  assert.equal(await logIn('needs', application), '')
  const opened = gateway.trail.events.findLast(({ code }) => code === 'DB_SESSION_OPENED')
  assert.equal(opened?.detail['certificate'], 'application')
  assert.equal(await logIn('needs', application, 'wrong'), '28P01', 'it replaces no password')
})

test('certificates: none, or one that is not good for the role, is refused', async () => {
  const expired = await authority.issue({ name: 'application', endsMs: Date.now() - 1_000 })
  const ofServer = await authority.issue({ name: 'application', isForServers: true })
  const cases: readonly (readonly [string, TestCertificate | undefined])[] = [
    ['none', undefined],
    ['of another name', await authority.issue({ name: 'free' })],
    ['of another authority', await foreign.issue({ name: 'application' })],
    ['expired', expired],
    ['for servers', ofServer],
  ]
  for (const [what, shown] of cases) assert.equal(await logIn('needs', shown), '28000', what)
  assert.equal(await logIn(SUPERUSER, application, PASSWORD), '28000', 'good for another role')
  const refused = gateway.trail.events.filter(({ code }) => code === 'DB_SESSION_REFUSED')
  assert(refused.some(({ detail }) => detail['reason'] === 'DB_CERTIFICATE_DENIED'))
})

test('certificates: a role that needs none is let in with and without', async () => {
  assert.equal(await logIn('free'), '')
  assert.equal(await logIn('free', application), '')
  assert.equal(await logIn('free', await foreign.issue({ name: 'free' })), '')
})

test('certificates: in clear nobody can show one, so nobody who needs one gets in', async () => {
  await using inClear = await startSqlGateway(server, {
    tlsRequired: false,
    clientCertificates: { authority: authority.pem, roles: { '*': ['application'] } },
  })
  const client = new pg.Client({
    host: '127.0.0.1',
    port: inClear.port,
    user: 'free',
    password: 'free-password',
    database: 'postgres',
  })
  client.on('error', () => undefined)
  await assert.rejects(client.connect(), { code: '28000' })
})

test('certificates: what is no authority is refused with the configuration', () => {
  const said = (clientCertificates: unknown): string[] =>
    sqlGatewayConfig
      .safeParse({ clientCertificates })
      .error?.issues.map((issue) => issue.message) ?? []
  assert.deepEqual(said({ authority: authority.pem, roles: { a: ['b'] } }), [])
  assert.match(said({ authority: application.cert })[0] ?? '', /PEM/)
  assert.match(said({ authority: 'nonsense' })[0] ?? '', /PEM/)
  assert.match(said({ roles: { a: ['b'] } })[0] ?? '', /must be given/)
})
