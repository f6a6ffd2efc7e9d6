/**
 * The summary of the log of Debian's PostgreSQL 15 against PostgreSQL's own `pg_waldump`, on a
 * workload of every kind of change, however the log is cut; and the page checksum against pages
 * that the server wrote.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chown, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import pg from 'pg'
import { mulberry32 } from '#kit/random.ts'
import { debianPostgres, startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { formatLsn, parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { pageIsSound } from '#protocol/postgres/page-checksum.ts'
import { serverSettingsFor } from '../server-settings.ts'
import type { ChangedBlocks } from './changed-blocks.ts'
import { LogSummary } from './log-summary.ts'
import { decodeSummary, encodeSummary } from './summary-bytes.ts'

const execute = promisify(execFile)
const binaries = debianPostgres()
assert(binaries, 'this suite needs the Debian package postgresql-15')
const SEGMENT = 16 * 1024 * 1024
const PAGE = 8192
const BLOCKS_MAX = 1_000_000

let server: TestPostgres
let log: { startLsn: number; endLsn: number; bytes: Buffer }
/** A segment begins there, after some tables were made. */
let middleLsn: number

/** Blocks as `tablespace/database/relation block`, cuts as the same with the first lost block. */
type Told = {
  readonly blocks: ReadonlySet<string>
  readonly cuts: ReadonlyMap<string, number>
  readonly databases: ReadonlySet<string>
}

before(async () => {
  server = await startPostgres(
    {
      ...serverSettingsFor(15),
      max_prepared_transactions: '5',
      wal_keep_size: '4GB',
      autovacuum: 'off',
    },
    binaries,
  )
  await workload()
  const [row] = await server.query<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn')
  log = await readLog(Number(parseLsn(row!.lsn)))
})

after(() => server[Symbol.asyncDispose]())

test('log summary: what pg_waldump says, block for block, however the log is cut', async () => {
  const all = await dump(log.startLsn)
  assert(all.blocks.size > 5000, `${all.blocks.size} blocks`)
  assert(all.cuts.size > 50 && all.databases.size >= 4)
  for (const seed of [1, 2, 3]) same(toldBy(summed(seed)), all)
  const later = await dump(middleLsn)
  assert(
    [...later.cuts.values()].some((block) => block > 0),
    'a table was cut off',
  )
  assert(later.blocks.size < all.blocks.size)
  same(toldBy(summed(4, middleLsn - log.startLsn)), later)
})

test('log summary: another process goes on with what the one before had saved', () => {
  const whole = toldBy(summed(0))
  const random = mulberry32(7)
  for (let round = 0; round < 3; round++) {
    const cut = Math.floor(random() * log.bytes.length)
    const first = summed(round, 0, cut)
    const second = decodeSummary(encodeSummary(first))
    assert(second)
    feed(second, second.wantsFrom(log.startLsn + cut) - log.startLsn, log.bytes.length, round)
    same(toldBy(second), whole)
  }
})

test('log summary: a bit that is wrong anywhere in a record ends it, and so does a hole', () => {
  const random = mulberry32(11)
  const whole = Buffer.from(log.bytes)
  let found = 0
  for (let round = 0; round < 20; round++) {
    const at = Math.floor(random() * log.bytes.length)
    // To where a record is whole that the byte is part of, if it is.
    const end = Math.min(log.bytes.length, at + 64 * PAGE)
    const right = summed(round, 0, end)
    log.bytes[at]! ^= 1 << Math.floor(random() * 8)
    const wrong = summed(round, 0, end)
    log.bytes.set(whole.subarray(at, at + 1), at)
    // A length that became too large leaves it waiting; nothing is believed of it meanwhile.
    if (wrong.fault !== undefined || wrong.doneLsn < right.doneLsn) found++
    // What stands between records, or behind a switch of segments, says nothing.
    else same(toldBy(wrong), toldBy(right))
  }
  assert(found > 5, `${found} of 20 found`)
  const summary = summed(1, 0, 100_000)
  summary.push(log.startLsn + 100_001, log.bytes.subarray(100_001))
  assert.match(summary.fault ?? '', /a part of the log is missing/)
  assert.throws(() => summary.since(log.startLsn), { code: 'WAL_SUMMARY_MISSING' })
})

test('log summary: log of another version is not summed up', () => {
  const summary = new LogSummary(origin())
  const other = Buffer.from(log.bytes.subarray(0, PAGE))
  other.writeUInt16LE(0xd116, 0)
  summary.push(log.startLsn, other)
  assert.match(summary.fault ?? '', /marked d116/)
})

test('page checksum: every page of the server has the one that we compute', async () => {
  await server.query('checkpoint')
  const folder = join(server.place.dataDir, 'base')
  let pages = 0
  for (const file of await readdir(folder, { recursive: true })) {
    if (!/\/\d+(?:_fsm|_vm)?$/.test(file)) continue
    const bytes = new Uint8Array(await readFile(join(folder, file)))
    for (let at = 0; at + PAGE <= bytes.length; at += PAGE, pages++) {
      const page = new Int32Array(bytes.buffer, at, PAGE / 4)
      assert(pageIsSound(page, at / PAGE), `${file} at ${at}`)
      if (pages % 97 !== 0 || page[3]! >>> 16 === 0) continue
      page[1000]! ^= 4
      assert(!pageIsSound(page, at / PAGE) && !pageIsSound(page, 1 + at / PAGE))
    }
  }
  assert(pages > 2000, `${pages} pages`)
})

function origin(): LogSummary['origin'] {
  return { systemIdentifier: 1n, timeline: 1, walSegmentSize: SEGMENT }
}

function summed(seed: number, from = 0, to = log.bytes.length): LogSummary {
  const summary = new LogSummary(origin())
  feed(summary, from, to, seed)
  return summary
}

/** In pieces of random length: mostly small ones, some of several pages. */
function feed(summary: LogSummary, from: number, to: number, seed: number): void {
  const random = mulberry32(seed)
  for (let at = from; at < to;) {
    const size = 1 + Math.floor(random() ** 4 * 200_000)
    summary.push(log.startLsn + at, log.bytes.subarray(at, Math.min(to, at + size)))
    at += size
  }
}

function toldBy(summary: LogSummary): Told {
  assert.equal(summary.fault, undefined)
  const changes: ChangedBlocks = summary.since(summary.stretches[0]!.fromLsn)
  const blocks = new Set<string>()
  const cuts = new Map<string, number>()
  for (const relation of changes.relations()) {
    const name = `${relation.tablespace}/${relation.database}/${relation.relation}`
    if (relation.cutAt !== Infinity) cuts.set(name, relation.cutAt)
    for (const { first, count } of changes.runs(relation, 0, BLOCKS_MAX)) {
      for (let block = first; block < first + count; block++) blocks.add(`${name} ${block}`)
    }
  }
  const databases = [...changes.databases()].map((at) => `${at.tablespace}/${at.database}`)
  return { blocks, cuts, databases: new Set(databases) }
}

function same(found: Told, wanted: Told): void {
  assert.deepEqual(missing(wanted.blocks, found.blocks), [], 'blocks we do not know of')
  assert.deepEqual(missing(found.blocks, wanted.blocks), [], 'blocks that did not change')
  assert.deepEqual(found.cuts, wanted.cuts)
  assert.deepEqual(found.databases, wanted.databases)
}

function missing(of: ReadonlySet<string>, from: ReadonlySet<string>): string[] {
  return [...of.difference(from)].slice(0, 10)
}

async function readLog(endLsn: number): Promise<typeof log> {
  const folder = join(server.place.dataDir, 'pg_wal')
  const names = (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort()
  const at = (name: string): number =>
    Number.parseInt(name.slice(8, 16), 16) * 2 ** 32 + Number.parseInt(name.slice(16), 16) * SEGMENT
  const used = names.filter((name) => at(name) < endLsn)
  const startLsn = at(used[0]!)
  const bytes = Buffer.concat(await Promise.all(used.map((name) => readFile(join(folder, name)))))
  return { startLsn, endLsn, bytes: bytes.subarray(0, endLsn - startLsn) }
}

/** `base/5/16384`, `global/1262`, `pg_tblspc/16390/PG_15_202209061/5/16391`; with its fork. */
const PATH = /^(?:(global)|base\/(\d+)|pg_tblspc\/(\d+)\/PG_[^/]+\/(\d+))\/(\d+)(_fsm|_vm|_init)?$/

function nameOf(path: string): string | undefined {
  const [, global, base, space, database, relation, fork] = PATH.exec(path) ?? assert.fail(path)
  if (fork !== undefined) return undefined
  return `${space ?? (global ? 1664 : 1663)}/${database ?? base ?? 0}/${relation}`
}

/** What pg_waldump says. */
async function dump(fromLsn: number): Promise<Told> {
  const blocks = new Set<string>()
  const cuts = new Map<string, number>()
  const databases = new Set<string>()
  const cut = (path: string, block: number): void => {
    const name = nameOf(path)
    if (name !== undefined) cuts.set(name, Math.min(block, cuts.get(name) ?? Infinity))
  }
  const [from, to] = [fromLsn, log.endLsn].map((lsn) => formatLsn(BigInt(lsn)))
  const folder = join(server.place.dataDir, 'pg_wal')
  const { stdout } = await execute(
    `${binaries?.bin}/pg_waldump`,
    ['-p', folder, '-s', from!, '-e', to!],
    { maxBuffer: 2 ** 30 },
  )
  for (const line of stdout.split('\n')) {
    const references = line.matchAll(/blkref #\d+: rel (\d+\/\d+\/\d+)( fork \w+)? blk (\d+)/g)
    for (const [, name, fork, block] of references) {
      if (fork === undefined) blocks.add(`${name} ${block}`)
    }
    const [, manager = '', told = ''] = /^rmgr: (\w+) .*?desc: (.*)$/.exec(line) ?? []
    const [kind] = told.split(' ')
    if (manager === 'Storage' && kind === 'CREATE') cut(told.split(' ')[1]!, 0)
    if (manager === 'Storage' && kind === 'TRUNCATE') {
      const [, path, block] = /^TRUNCATE (\S+) to (\d+) blocks/.exec(told) ?? assert.fail(told)
      cut(path!, Number(block))
    }
    if (manager === 'Transaction') {
      for (const path of (/rels: ([^;]*)/.exec(told)?.[1] ?? '').split(' ').filter(Boolean)) {
        cut(path, 0)
      }
    }
    if (manager === 'Database') {
      const paths = told.replace(/copy dir \S+ to/, '').matchAll(/\d+\/\d+/g)
      for (const [path] of paths) databases.add(path)
    }
  }
  return { blocks, cuts, databases }
}

async function workload(): Promise<void> {
  const space = join(server.place.dataDir, '..', 'space')
  await mkdir(space)
  const { account } = server.place
  if (account) await chown(space, account.uid, account.gid)
  const run = (sql: string): Promise<unknown> => server.query(sql)
  const each = async (...statements: readonly string[]): Promise<void> => {
    const client = new pg.Client(server.connection)
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  await each(
    `create tablespace other location '${space}'`,
    'create database copied strategy file_copy',
    'create database logged strategy wal_log',
    'create database elsewhere tablespace other strategy file_copy',
    'drop database copied',
    'drop database elsewhere',
    'alter database logged set tablespace other',
  )
  await run(`
    create table shrinks as select generate_series(1, 5000) n;
    create table stays as select generate_series(1, 5000) n`)
  const [middle] = await server.query<{ lsn: string }>('select pg_switch_wal() as lsn')
  middleLsn = Math.ceil(Number(parseLsn(middle!.lsn)) / SEGMENT) * SEGMENT
  await run(`
    create table t (id int primary key, word text, at point, tags int[], doc tsvector);
    create index on t using gin (tags); create index on t using gist (at);
    create index on t using brin (id); create index on t using hash (word);
    create index on t using spgist (at); create sequence s;
    insert into t select n, md5(n::text), point(n, -n), array[n, n % 7], to_tsvector(md5(n::text))
      from generate_series(1, 20000) n;
    create index on t using gin (doc);
    select nextval('s') from generate_series(1, 100);
    create unlogged table u as select generate_series(1, 1000) n; alter table u set logged;
    create table v as select generate_series(1, 5000) n; alter table v set unlogged;
    create table large as select string_agg(md5(n::text), '') w from generate_series(1, 90000) n;
    create table far tablespace other as select generate_series(1, 5000) n;
    create table moves as select generate_series(1, 5000) n`)
  await each(
    'checkpoint',
    'update t set word = word || id, at = point(-id, id) where id % 3 = 0',
    'delete from t where id > 12000',
    'vacuum (truncate) t',
    'delete from shrinks where n > 2000',
    'vacuum (truncate) shrinks',
    'delete from stays',
    'create index concurrently on t (word)',
    'alter table moves set tablespace other',
    'vacuum full t',
    'cluster t using t_pkey',
    'truncate v',
    'begin',
    'create table rolled as select generate_series(1, 3000) n',
    'rollback',
    'begin',
    'savepoint a',
    'create table inner_rolled as select generate_series(1, 3000) n',
    'rollback to a',
    'savepoint b',
    'drop table far',
    'create table kept as select generate_series(1, 3000) n',
    'truncate kept',
    'commit',
    'begin',
    'drop table kept',
    'create table by_two as select generate_series(1, 100) n',
    `prepare transaction 'one'`,
    `commit prepared 'one'`,
    'begin',
    'create table never as select generate_series(1, 100) n',
    `prepare transaction 'two'`,
    `rollback prepared 'two'`,
    'select pg_switch_wal()',
    'select lo_from_bytea(0, decode(repeat(md5(random()::text), 9000), $$hex$$))',
  )
  server.cluster.kill('SIGQUIT') // without a checkpoint: as after a crash
  await server.cluster.ended
  await server.restart()
  await run('insert into t select n, md5(n::text) from generate_series(30000, 31000) n; checkpoint')
}
