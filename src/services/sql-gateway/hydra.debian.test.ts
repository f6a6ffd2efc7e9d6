/**
 * `hydra`, as it comes from Debian, at PostgreSQL: one that listens gives the password away, the
 * ring's is not to be reached, and the SQL gateway looks at a handful of guesses.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'

const ROLE = 'reports'
const RIGHT = 'the right one of them'
const GUESSES = 120
const HYDRA_MS = 300_000

let server: TestPostgres
let folder: string
/** The server as if it listened: every byte passes. */
let open: Server
before(async () => {
  folder = await temporaryFolder('hydra-sql')
  const guesses = Array.from({ length: GUESSES }, (_, at) => `guess number ${at}`)
  guesses[100] = RIGHT
  await writeFile(join(folder, 'passwords'), `${guesses.join('\n')}\n`)
  server = await startPostgres()
  await server.query(`create role ${ROLE} login password '${RIGHT}'`)
  const socket = join(server.socketDir, `.s.PGSQL.${server.port}`)
  open = createServer((client) => {
    const there = connect(socket)
    for (const end of [client, there]) end.on('error', () => end.destroy())
    client.pipe(there).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(open, 'listening')
})
after(async () => {
  open.close()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** What it found and said. */
async function hydra(at: number): Promise<string> {
  const who = ['-l', ROLE, '-P', join(folder, 'passwords'), '-t', '4', '-I']
  const args = [...who, '-s', String(at), '127.0.0.1', 'postgres', 'postgres']
  // It hands libpq no port, and libpq then takes the environment's.
  const options = { cwd: folder, timeout: HYDRA_MS, env: { ...process.env, PGPORT: String(at) } }
  return promisify(execFile)('hydra', args, options).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr,
  )
}

/** The role's owner, from his own machine. */
async function owner(at: number, localAddress: string): Promise<void> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: at,
    user: ROLE,
    password: RIGHT,
    database: 'postgres',
    ssl: { ca: gatewayAuthority },
    stream: () => {
      const socket = new Socket()
      const reach = socket.connect.bind(socket)
      socket.connect = ((to: number, host: string) =>
        reach({ port: to, host, localAddress })) as Socket['connect']
      return socket
    },
  })
  await client.connect()
  await client.end()
}

test('hydra: a PostgreSQL that listens gives the password away', async () => {
  const { port } = open.address() as AddressInfo
  assert.match(await hydra(port), /1 valid password found/)
})

test('hydra: at the SQL gateway it is given the right one and does not get in', async (t) => {
  const upstream = {
    ...server,
    query: (sql: string, values: unknown[]) => server.query(sql, values),
  }
  await using gateway = await startSqlGateway(upstream, { allow: ['127.0.0.0/8'] })
  await owner(gateway.port, '127.0.0.2')
  const said = await hydra(gateway.port)
  assert.doesNotMatch(said, /[1-9]\d* valid password/)
  const tries = gateway.trail.of('DB_LOGIN_FAILED').map(({ reason }) => reason)
  const evaluated = tries.filter((reason) => reason === 'SCRAM_PROOF_WRONG').length
  t.diagnostic(`${tries.length} tries, ${evaluated} evaluated`)
  assert(tries.length >= 20, said)
  assert(evaluated <= 10, `${evaluated} were evaluated`)
  await owner(gateway.port, '127.0.0.2') // at the first try, while it goes on
  await assert.rejects(owner(gateway.port, '127.0.0.1'), { code: '28P01' })
})

test('hydra: the ring’s own PostgreSQL listens on nothing that it could reach', async () => {
  assert.deepEqual(await server.query('show listen_addresses'), [{ listen_addresses: '' }])
})
