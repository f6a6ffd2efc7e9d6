/**
 * Drivers of other languages see through the gateway what they see directly: psycopg 2 and 3 on
 * libpq; asyncpg and pgjdbc, which speak the protocol themselves.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
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
const scenes = (name: string): string => fileURLToPath(new URL(`drivers/${name}`, import.meta.url))
const debian = debianPostgres()
assert(debian, 'these suites need the package postgresql-15')
const folder = await temporaryFolder('drivers')
const authority = join(folder, 'ca.pem')
await writeFile(authority, gatewayAuthority)
const JAR = '/usr/share/java/postgresql.jar'
const QUICK_START = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto']
await run('/usr/bin/ecj', [
  '-17',
  '-proc:none',
  '-cp',
  JAR,
  '-d',
  folder,
  scenes('JdbcScenes.java'),
])
after(() => rm(folder, { recursive: true, force: true }))

type Way = Readonly<Record<string, string>>

for (const binaries of [debian, undefined]) {
  describe(`drivers, server ${binaries?.major ?? 18}`, async () => {
    const server = await startPostgres({}, binaries)
    const gateway = await startSqlGateway(server)
    const pipe = await startPipe(`${server.socketDir}/.s.PGSQL.${server.port}`)
    after(async () => {
      pipe.close()
      await gateway[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })
    const direct: Way = { PGHOST: server.socketDir, PGPORT: String(server.port) }
    const port = String(gateway.port)
    const root = { PGHOST: 'localhost', PGPORT: port, PGSSLROOTCERT: authority }
    const through: Way = { ...root, PGSSLMODE: 'verify-full' }
    const recorded = (part: string): boolean =>
      gateway.trail.of('DB_STATEMENT').some(({ sql }) => String(sql).includes(part))

    test('psycopg 2 and 3, with channel binding', async () => {
      const wanted = await pythonSees('psycopg_scenes.py', direct)
      assert(wanted.length > 20, 'enough was tried to prove something')
      const bound = { ...through, PGCHANNELBINDING: 'require' }
      assert.deepEqual(await pythonSees('psycopg_scenes.py', bound), wanted)
      assert(recorded('copy s (id, note) from stdin'))
    })

    test('asyncpg, a protocol of its own', async () => {
      const wanted = await pythonSees('asyncpg_scenes.py', direct)
      assert(wanted.length > 20, 'enough was tried to prove something')
      assert.deepEqual(await pythonSees('asyncpg_scenes.py', through), wanted)
      assert(recorded('select id, note, raw from t where id < $1'))
    })

    test('pgjdbc, a protocol of its own', async () => {
      const { port: own } = pipe.address() as AddressInfo
      const wanted = await javaSees(`jdbc:postgresql://127.0.0.1:${own}/postgres?sslmode=disable`)
      assert(wanted.length > 20, 'enough was tried to prove something')
      const tls = `sslmode=verify-full&sslrootcert=${authority}`
      const url = `jdbc:postgresql://localhost:${gateway.port}/postgres?${tls}`
      assert.deepEqual(await javaSees(url), wanted)
      assert(recorded('select note, raw from t where id = $1'))
    })
  })
}

async function pythonSees(file: string, way: Way): Promise<readonly unknown[]> {
  const stdout = await program('/usr/bin/python3', [scenes(file)], way)
  return JSON.parse(stdout) as unknown[]
}

async function javaSees(url: string): Promise<readonly string[]> {
  const args = [...QUICK_START, '-cp', `${folder}:${JAR}`, 'JdbcScenes', url]
  const stdout = await program('/usr/bin/java', args, {})
  return stdout.trim().split('\n')
}

async function program(path: string, args: readonly string[], way: Way): Promise<string> {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8', PGUSER: SUPERUSER, PGPASSWORD: PASSWORD }
  const options = { env: { ...env, PGDATABASE: 'postgres', ...way }, timeout: 300_000 }
  return (await run(path, args, options)).stdout
}

/** The server itself at a TCP port: pgjdbc cannot reach a socket in a folder. */
async function startPipe(path: string): Promise<ReturnType<typeof createServer>> {
  const pipe = createServer((client) => {
    const server = connect(path)
    client.on('error', () => server.destroy()).pipe(server)
    server.on('error', () => client.destroy()).pipe(client)
  })
  pipe.listen(0, '127.0.0.1')
  await once(pipe, 'listening')
  return pipe
}
