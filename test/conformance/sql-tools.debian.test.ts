/**
 * PostgreSQL's own tools behave through the SQL gateway as on a direct connection: psql, pgbench,
 * pg_dump and pg_restore of PostgreSQL 15 and 18, before a server 15 and the embedded 18.
 *
 * Dumps are made and restored by the tools of the server's own version.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { PostgresBinaries } from '#system/postgres/binaries.ts'
import {
  debianPostgres,
  PASSWORD,
  startPostgres,
  SUPERUSER,
  temporaryFolder,
} from '#kit/postgres.ts'
import { eventually } from '#kit/eventually.ts'
import { postgres18Tools } from '#kit/postgres-18-tools.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'

const debian = debianPostgres()
assert(debian, 'these suites need the package postgresql-15')
const tools18 = postgres18Tools()
assert(tools18, 'these suites need what .ci/postgresql-18-tools unpacks')
const folder = await temporaryFolder('sql-tools')
const authority = join(folder, 'ca.pem')
await writeFile(authority, gatewayAuthority)
after(() => rm(folder, { recursive: true, force: true }))

type Said = { readonly code: number | null; readonly out: string; readonly err: string }
type Way = Readonly<Record<string, string>>

const libpq = { PATH: '/usr/bin:/bin', LC_ALL: 'C', PGPASSWORD: PASSWORD, PGUSER: SUPERUSER }

/** Runs a program with libpq's environment for one way to the server. */
function runProgram(way: Way, program: string, args: readonly string[], input = ''): Promise<Said> {
  const { promise, resolve } = Promise.withResolvers<Said>()
  const child = spawn(program, args, { env: { ...libpq, ...way } })
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => (out += String(text)))
  child.stderr.on('data', (text) => (err += String(text)))
  child.once('close', (code) => resolve({ code, out, err }))
  child.stdin.end(input)
  return promise
}

const script = `
\\set ON_ERROR_STOP off
BEGIN;
CREATE TEMP TABLE t (id int PRIMARY KEY, note text);
COPY t FROM STDIN;
1\tone
2\ttwo
\\.
\\copy t TO STDOUT
SELECT * FROM t ORDER BY id;
SAVEPOINT s;
INSERT INTO t VALUES (1, 'again');
ROLLBACK TO s;
PREPARE p (int) AS SELECT note FROM t WHERE id = $1;
EXECUTE p (2);
DEALLOCATE p;
DECLARE c CURSOR FOR SELECT generate_series(1, 5);
FETCH 2 FROM c;
FETCH ALL FROM c;
SELECT 1 \\; SELECT 2;
SELECT 'NaN'::float8, NULL, E'tab\\there' \\gx
DO $$ BEGIN RAISE NOTICE 'careful'; END $$;
\\d t
SELECT 1/0;
COMMIT;
SELECT no_such_function();
\\set FETCH_COUNT 10
SELECT generate_series(1, 25);
SELECT $1 \\bind 7 \\g
`

const sleeping = "SELECT 1 AS found FROM pg_stat_activity WHERE wait_event = 'PgSleep'"

type Tools = { readonly major: number; readonly bin: string }

function suite(tools: Tools, binaries: PostgresBinaries | undefined): void {
  const major = binaries?.major ?? 18
  describe(`tools ${tools.major}, server ${major}`, async () => {
    const run = (way: Way, tool: string, args: readonly string[], input?: string): Promise<Said> =>
      runProgram(way, join(tools.bin, tool), args, input)
    const psql = (way: Way, sql: string): Promise<Said> =>
      run(way, 'psql', ['-X', '-q', '-d', 'postgres', '-v', 'VERBOSITY=verbose'], sql)
    const server = await startPostgres({}, binaries)
    const gateway: TestSqlGateway = await startSqlGateway(server)
    after(async () => {
      await gateway[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })
    const direct: Way = { PGHOST: server.socketDir, PGPORT: String(server.port) }
    const through: Way = {
      PGHOST: 'localhost',
      PGPORT: String(gateway.port),
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: authority,
    }

    test('psql: a script with errors, COPY, cursors and notices says the same', async () => {
      const said = async (way: Way): Promise<string> =>
        JSON.stringify(await psql(way, script)).replace(/pg_temp_\d+/g, 'pg_temp')
      const wanted = await said(direct)
      assert.match(wanted, /one/)
      assert.equal(await said(through), wanted)
    })

    test('psql: Ctrl-C cancels the statement', async () => {
      const args = ['-X', '-d', 'postgres', '-c', 'SELECT pg_sleep(30)']
      await gateway.trail.clearSettled()
      const child = spawn(join(tools.bin, 'psql'), args, { env: { ...libpq, ...through } })
      let err = ''
      child.stderr.on('data', (text) => (err += String(text)))
      await eventually('the statement', () => gateway.trail.of('DB_STATEMENT')[0])
      await eventually('the server at work on it', async () => (await server.query(sleeping))[0])
      child.kill('SIGINT')
      await new Promise((resolve) => child.once('close', resolve))
      assert.match(err, /canceling statement due to user request/)
      const done = await eventually('its end', () => gateway.trail.of('DB_STATEMENT_DONE').at(-1))
      assert.equal(done['sqlstate'], '57014')
    })

    test('psql: without TLS, and without a password, nobody gets in', async () => {
      const plain = await psql({ ...through, PGSSLMODE: 'disable' }, 'SELECT 1')
      assert.match(plain.err, /Only encrypted connections/)
      const wrong = await psql({ ...through, PGPASSWORD: 'wrong' }, 'SELECT 1')
      assert.match(wrong.err, /password authentication failed/)
    })

    test('psql: channel binding can be required, and TLS begin at once', async () => {
      const ways: Way[] = [{ PGCHANNELBINDING: 'require' }]
      if (tools.major >= 17) ways.push({ PGCHANNELBINDING: 'require', PGSSLNEGOTIATION: 'direct' })
      if (tools.major >= 18) ways.push({ PGMINPROTOCOLVERSION: '3.2', PGMAXPROTOCOLVERSION: '3.2' })
      for (const way of ways) {
        await gateway.trail.clearSettled()
        const { out, err } = await psql({ ...through, ...way }, 'SELECT 7 AS seven')
        assert.match(out, /7/, err)
        const opened = await eventually(
          'the record',
          () => gateway.trail.of('DB_SESSION_OPENED')[0],
        )
        assert.equal(opened['method'], 'SCRAM-SHA-256-PLUS')
      }
    })

    test('psql: 200,000 rows by COPY in and out are the same bytes', async () => {
      const rows = Array.from({ length: 200_000 }, (_, n) => `${n}\trow number ${n}\n`).join('')
      const load = `CREATE TABLE bulk (n int, t text);\nCOPY bulk FROM STDIN;\n${rows}\\.\n`
      assert.equal((await psql(through, load)).err, '')
      const dump = 'COPY (SELECT * FROM bulk ORDER BY n) TO STDOUT;\n'
      assert.equal((await psql(through, dump)).out, rows)
      const copied = await eventually('both ends', () => {
        const done = gateway.trail.of('DB_STATEMENT_DONE')
        const copies = done.filter(({ tag }) => tag === 'COPY 200000')
        return copies.length < 2 ? undefined : copies
      })
      const endMark = tools.major < 18 ? '\\.\n'.length : 0 // older ones send it as data
      assert.deepEqual(
        copied.map(({ bytesIn, bytesOut, rows: count }) => [bytesIn, bytesOut, count]),
        [
          [rows.length + endMark, 0, 200_000],
          [0, rows.length, 200_000],
        ],
      )
    })

    test('pgbench: simple, extended and prepared succeed, every statement recorded', async () => {
      const made = await run(through, 'pgbench', ['-i', '-q', '-s', '1', 'postgres'])
      assert.equal(made.code, 0, made.err)
      for (const mode of ['simple', 'extended', 'prepared']) {
        await gateway.trail.clearSettled()
        const args = ['-n', '-M', mode, '-c', '4', '-j', '1', '-t', '25', 'postgres']
        const said = await run(through, 'pgbench', args)
        assert.equal(said.code, 0, said.err)
        assert.match(said.out, /number of transactions actually processed: 100\/100/)
        const executed = gateway.trail.of('DB_STATEMENT').filter(({ kind }) => kind !== 'parse')
        const updates = executed.filter(({ sql }) =>
          String(sql).startsWith('UPDATE pgbench_accounts'),
        )
        assert.equal(updates.length, 100, mode)
        assert(executed.length >= 700, `${mode}: ${executed.length}`)
      }
    })

    test('pgbench: a pipeline of a hundred statements is told apart', async () => {
      const file = join(folder, 'pipeline.sql')
      const select = 'SELECT count(*) FROM pgbench_branches;\n'
      await writeFile(file, `\\startpipeline\n${select.repeat(100)}\\endpipeline\n`)
      await gateway.trail.clearSettled()
      const args = ['-n', '-M', 'extended', '-t', '3', '-f', file, 'postgres']
      const said = await run(through, 'pgbench', args)
      assert.equal(said.code, 0, said.err)
      await eventually('300 ends', () => {
        const done = gateway.trail.of('DB_STATEMENT_DONE').filter(({ tag }) => tag === 'SELECT 1')
        return done.length >= 300 || undefined
      })
    })

    // A pg_dump refuses newer servers, and what a newer one writes is not for an older server.
    if (tools.major !== major) return
    test('pg_dump and pg_restore: what went out comes back the same', async () => {
      const custom = join(folder, 'dump')
      const plain = (way: Way, database: string) =>
        run(way, 'pg_dump', ['--restrict-key=x', database])
      const wanted = await plain(direct, 'postgres')
      assert.equal(wanted.code, 0, wanted.err)
      assert.deepEqual(await plain(through, 'postgres'), wanted)
      const dumped = await run(through, 'pg_dump', ['-Fc', '-f', custom, 'postgres'])
      assert.equal(dumped.code, 0, dumped.err)
      const restored = await run(through, 'pg_restore', [
        '--create',
        '-d',
        'postgres',
        '-l',
        custom,
      ])
      assert.equal(restored.code, 0, restored.err)
      await psql(through, 'CREATE DATABASE copy;')
      const back = await run(through, 'pg_restore', ['-d', 'copy', '-j', '2', custom])
      assert.equal(back.code, 0, back.err)
      assert.equal((await plain(through, 'copy')).out, wanted.out)
    })
  })
}

for (const tools of [
  { major: 15, bin: debian.bin },
  { major: 18, bin: tools18 },
]) {
  suite(tools, debian)
  suite(tools, undefined)
}
