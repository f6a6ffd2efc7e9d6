/** Claim access.roles: least privilege for the application's role, and no way up. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import { accessRolesProbe } from '#services/prober/probes/access-roles.ts'
import { databaseView } from '../../../src/cli/run/prober-threats.ts'

let server: TestPostgres
before(async () => {
  server = await startPostgres()
  await server.query(`create role veilig_prober login password 'probing'`)
  await server.query('create role reservations_app login')
  await server.query('create database reservations')
  await server.query('revoke all on database reservations from public')
})
after(() => server[Symbol.asyncDispose]())

async function measure(): Promise<Measured> {
  await using gateway = await startSqlGateway(server)
  const { host, port } = gateway
  const ssl = { ca: gatewayAuthority, servername: 'localhost' }
  const user = { user: 'veilig_prober', password: 'probing', database: 'postgres' }
  const view = databaseView({ host, port, ssl, ...user })
  const target = { role: 'reservations_app', database: 'reservations', ...view }
  return await measureClaim('access.roles', accessRolesProbe(target))
}

test('access.roles: proven while nobody has more than its work needs', async () => {
  const { state, codes, values } = await measure()
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['ROLE_CLIMBS_REFUSED', 'ROLE_LEAST', 'ROLE_NOT_CROSSED'])
})

const faults: readonly (readonly [string, string, string, string])[] = [
  [
    'the application bypasses row security',
    'alter role reservations_app bypassrls',
    'alter role reservations_app nobypassrls',
    'ROLE_TOO_MUCH',
  ],
  [
    'the application is a member of another role',
    'grant pg_read_all_data to reservations_app',
    'revoke pg_read_all_data from reservations_app',
    'ROLE_TOO_MUCH',
  ],
  [
    'the application owns a table',
    'create table owned (); alter table owned owner to reservations_app',
    'drop table owned',
    'ROLE_TOO_MUCH',
  ],
  [
    'another role may run programs',
    'grant pg_execute_server_program to veilig_prober',
    'revoke pg_execute_server_program from veilig_prober',
    'ROLE_CLIMBED',
  ],
  [
    'another role may enter the database',
    'grant connect on database reservations to public',
    'revoke connect on database reservations from public',
    'ROLE_CROSSED',
  ],
]

for (const [name, fault, mend, code] of faults) {
  test(`access.roles: shown false when ${name}`, async () => {
    await server.query(fault)
    const { state, codes, values } = await measure()
    await server.query(mend)
    assert.equal(state, 'failing', values)
    assert.deepEqual(codes, [code])
  })
}
