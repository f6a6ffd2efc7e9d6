/**
 * PostgreSQL's own tools behave through the SQL gateway as on a direct connection: psql, pgbench,
 * pg_dump and pg_restore of Debian's PostgreSQL 15, before a server 15 and the embedded 18.
 *
 * pg_dump 15 refuses a server 18 ("server version mismatch"), so dumps are made of 15 alone.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  debianPostgres,
  PASSWORD,
  startPostgres,
  SUPERUSER,
  temporaryFolder,
  type TestPostgres,
} from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'

const debian = debianPostgres()
assert(debian, 'these suites need the package postgresql-15')
const { bin } = debian
const folder = await temporaryFolder('sql-tools')
const authority = join(folder, 'ca.pem')
await writeFile(authority, gatewayAuthority)
after(() => rm(folder, { recursive: true, force: true }))

type Said = { readonly code: number | null; readonly out: string; readonly err: string }
type Way = Readonly<Record<string, string>>

/** Runs a tool with libpq's environment for one way to the server. */
function run(way: Way, tool: string, args: readonly string[], input = ''): Promise<Said> {
  const { promise, resolve } = Promise.withResolvers<Said>()
  const env = {
    PATH: '/usr/bin:/bin',
    LC_ALL: 'C',
    PGPASSWORD: PASSWORD,
    PGUSER: SUPERUSER,
    ...way,
  }
  const child = spawn(join(bin, tool), args, { env })
  let [out, err] = ['', '']
  child.stdout.on('data', (text) => (out += String(text)))
  child.stderr.on('data', (text) => (err += String(text)))
  child.once('close', (code) => resolve({ code, out, err }))
  child.stdin.end(input)
  return promise
}

const psql = (way: Way, script: string): Promise<Said> =>
  run(way, 'psql', ['-X', '-q', '-d', 'postgres', '-v', 'VERBOSITY=verbose'], script)

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

function suite(name: string, start: () => Promise<TestPostgres>, canDump: boolean): void {
  describe(name, async () => {
    const server = await start()
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
      const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', PGPASSWORD: PASSWORD, PGUSER: SUPERUSER }
      const args = ['-X', '-d', 'postgres', '-c', 'SELECT pg_sleep(30)']
      const child = spawn(join(bin, 'psql'), args, { env: { ...env, ...through } })
      let err = ''
      child.stderr.on('data', (text) => (err += String(text)))
      gateway.trail.clear()
      while (gateway.trail.of('DB_STATEMENT').length === 0) await delay(20)
      await delay(100)
      child.kill('SIGINT')
      await new Promise((resolve) => child.once('close', resolve))
      assert.match(err, /canceling statement due to user request/)
      assert.equal(gateway.trail.of('DB_STATEMENT_DONE').at(-1)?.['sqlstate'], '57014')
    })

    test('psql: without TLS, and without a password, nobody gets in', async () => {
      const plain = await psql({ ...through, PGSSLMODE: 'disable' }, 'SELECT 1')
      assert.match(plain.err, /Only encrypted connections/)
      const wrong = await psql({ ...through, PGPASSWORD: 'wrong' }, 'SELECT 1')
      assert.match(wrong.err, /password authentication failed/)
    })

    test('psql: 200,000 rows by COPY in and out are the same bytes', async () => {
      const rows = Array.from({ length: 200_000 }, (_, n) => `${n}\trow number ${n}\n`).join('')
      const load = `CREATE TABLE bulk (n int, t text);\nCOPY bulk FROM STDIN;\n${rows}\\.\n`
      assert.equal((await psql(through, load)).err, '')
      const dump = 'COPY (SELECT * FROM bulk ORDER BY n) TO STDOUT;\n'
      assert.equal((await psql(through, dump)).out, rows)
      const copied = gateway.trail
        .of('DB_STATEMENT_DONE')
        .filter(({ tag }) => tag === 'COPY 200000')
      assert.deepEqual(
        copied.map(({ bytesIn, bytesOut, rows: count }) => [bytesIn, bytesOut, count]),
        [
          [rows.length + 3, 0, 200_000], // psql 15 sends its own end mark as data
          [0, rows.length, 200_000],
        ],
      )
    })

    test('pgbench: simple, extended and prepared succeed, every statement recorded', async () => {
      const made = await run(through, 'pgbench', ['-i', '-q', '-s', '1', 'postgres'])
      assert.equal(made.code, 0, made.err)
      for (const mode of ['simple', 'extended', 'prepared']) {
        gateway.trail.clear()
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
      gateway.trail.clear()
      const args = ['-n', '-M', 'extended', '-t', '3', '-f', file, 'postgres']
      const said = await run(through, 'pgbench', args)
      assert.equal(said.code, 0, said.err)
      const done = gateway.trail.of('DB_STATEMENT_DONE').filter(({ tag }) => tag === 'SELECT 1')
      assert(done.length >= 300)
    })

    if (!canDump) return
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

suite('PostgreSQL 15', () => startPostgres({}, debian), true)
suite('PostgreSQL 18', () => startPostgres(), false)
