/** psycopg2 and psycopg 3, drivers on libpq, see through the gateway what they see directly. */
import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  debianPostgres,
  PASSWORD,
  startPostgres,
  SUPERUSER,
  temporaryFolder,
} from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'

const run = promisify(execFile)
const scenes = fileURLToPath(new URL('psycopg/scenes.py', import.meta.url))
const debian = debianPostgres()
assert(debian, 'these suites need the package postgresql-15')
const folder = await temporaryFolder('psycopg')
const authority = join(folder, 'ca.pem')
await writeFile(authority, gatewayAuthority)
after(() => rm(folder, { recursive: true, force: true }))

for (const binaries of [debian, undefined]) {
  test(`psycopg: 2 and 3 see the same, server ${binaries?.major ?? 18}`, async () => {
    const server = await startPostgres({}, binaries)
    const gateway = await startSqlGateway(server)
    try {
      const direct = { PGHOST: server.socketDir, PGPORT: String(server.port) }
      const through = {
        PGHOST: 'localhost',
        PGPORT: String(gateway.port),
        PGSSLMODE: 'verify-full',
        PGSSLROOTCERT: authority,
        PGCHANNELBINDING: 'require',
      }
      const wanted = await seen(direct)
      assert(wanted.length > 20, 'enough was tried to prove something')
      assert.deepEqual(await seen(through), wanted)
      const marks = gateway.trail.of('DB_STATEMENT').map(({ sql }) => String(sql))
      assert(marks.some((sql) => sql.startsWith('copy s (id, note) from stdin')))
    } finally {
      await gateway[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    }
  })
}

async function seen(way: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', PGUSER: SUPERUSER, PGPASSWORD: PASSWORD }
  const options = { env: { ...env, PGDATABASE: 'postgres', ...way }, timeout: 120_000 }
  const { stdout } = await run('/usr/bin/python3', [scenes], options)
  return JSON.parse(stdout) as unknown[]
}
