/**
 * A difference read through SQL from a real PostgreSQL, into a writer that keeps what came.
 *
 * PostgreSQL 18 has the functions of 15; `differential-by-log.debian.test.ts` has 15 itself.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { systemClock } from '#system/clock.ts'
import { ReplicationConnection } from '../../replication/connection.ts'
import { readCluster } from '../../wal/receiver.ts'
import type {
  BackupEnd,
  BackupRecord,
  BackupStart,
  BackupWriter,
  FileMap,
  FileStart,
  Repository,
} from '../../repository/repository.ts'
import { requiredServerSettings } from '../../server-settings.ts'
import { ChangedBlocks } from '../../summary/changed-blocks.ts'
import { readingGrants } from './rights.ts'
import { listFiles, readServerFacts } from './server-session.ts'
import { takeChanges } from './take-changes.ts'

const PAGE = 8192

let server: TestPostgres
/** Below the data directory. */
let table = ''
let place: { readonly database: number; readonly relation: number }

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query(`create role veilig_backup login replication password 'right'`)
  await server.query(readingGrants('veilig_backup'))
  await server.query(`create table kept as select repeat('x', 500) from generate_series(1, 3000)`)
  await server.query('checkpoint')
  const [row] = await server.query<{ path: string; relation: number; database: number }>(`
    select pg_relation_filepath('kept') as path, pg_relation_filenode('kept')::int as relation,
      (select oid::int from pg_database where datname = current_database()) as database`)
  table = row!.path
  place = row!
})

after(() => server[Symbol.asyncDispose]())

test('reading: settings of its role do not count: nothing is compiled', async () => {
  await server.query('create schema evil')
  await server.query(`create function evil.pg_is_in_recovery() returns boolean
    language sql as 'select true'`)
  await server.query('alter role veilig_backup set jit = on')
  await server.query('alter role veilig_backup set search_path = evil, pg_catalog')
  await server.query(`alter role veilig_backup set statement_timeout = '1h'`)
  await server.query('alter role veilig_backup set standard_conforming_strings = off')
  using connection = await open()
  await readServerFacts(connection, 'veilig_backup')
  assert.equal(await connection.show('jit'), 'off')
  assert.equal(await connection.show('search_path'), 'pg_catalog')
  assert.equal(await connection.show('statement_timeout'), '0')
  assert.equal(await connection.show('standard_conforming_strings'), 'on')
  await server.query('alter role veilig_backup reset all')
})

test('reading: the blocks that changed come, as many as was said before', async () => {
  const writer = new KeepingWriter()
  await take(writer)
  const file = writer.files.get(table)
  const onDisk = await readFile(join(server.place.dataDir, table))
  assert.deepEqual(file?.map, {
    size: onDisk.length,
    inherits: onDisk.length,
    ranges: [
      { at: 3 * PAGE, length: 2 * PAGE },
      { at: 100 * PAGE, length: 80 * PAGE }, // longer than a piece
    ],
  })
  const changed = [onDisk.subarray(3 * PAGE, 5 * PAGE), onDisk.subarray(100 * PAGE, 180 * PAGE)]
  assert(Buffer.concat(changed).equals(Buffer.concat(file.bytes)))
  const own = ['global/pg_control', 'backup_label', 'tablespace_map']
  const came = [...writer.files].filter(([path]) => !own.includes(path))
  const bytes = came.reduce((sum, [, { bytes: parts }]) => sum + Buffer.concat(parts).length, 0)
  assert(bytes > 82 * PAGE, 'what is no table comes whole')
  assert.equal(writer.start?.expectedBytes, bytes)
  assert.equal([...writer.files.keys()].indexOf('global/pg_control'), came.length)
  assert.equal(writer.end?.facts['changesBy'], 'log')
})

test('reading: a region that fails ends the backup on both sides', async () => {
  const writer = new KeepingWriter()
  const full = new Error('region is full')
  writer.write = () => Promise.reject(full)
  await assert.rejects(take(writer), full)
  assert(writer.aborted)
})

test('reading: a file that may not be read is a reason to read all', async () => {
  const right = 'pg_read_binary_file(text, bigint, bigint, boolean)'
  const writer = new KeepingWriter()
  const revoked = (): Promise<unknown> =>
    server.query(`revoke execute on function ${right} from veilig_backup`)
  const code = { code: 'BACKUP_READING_IMPOSSIBLE' }
  await assert.rejects(take(writer, revoked), { ...code, message: /permission denied/ })
  assert(writer.aborted)
  await assert.rejects(take(new KeepingWriter()), { ...code, message: /may not call pg_read_b/ })
  await server.query(readingGrants('veilig_backup'))
})

/** @param meanwhile Happens once the rights were looked at. */
async function take(
  writer: KeepingWriter,
  meanwhile?: () => Promise<unknown>,
): Promise<BackupRecord> {
  using connection = await open()
  const cluster = await readCluster(connection)
  using other = await open()
  const { spaceVersion } = await readServerFacts(other, 'veilig_backup').catch(() => ({
    spaceVersion: 'PG_18',
  }))
  const { files } = await listFiles(other, spaceVersion)
  const changes = new ChangedBlocks(1024 * 1024)
  const changed = [3, 4, ...Array.from({ length: 80 }, (_, at) => 100 + at)]
  for (const block of changed) changes.block(1663, place.database, place.relation, block)
  const beginBackup = (start: BackupStart): Promise<BackupWriter> => {
    writer.start = start
    return Promise.resolve(writer)
  }
  const record = { id: 'full', startLsn: 1n } as BackupRecord
  return await takeChanges(connection, { beginBackup } as unknown as Repository, {
    label: 'test',
    facts: { dataChecksums: true },
    since: { record, blockSize: PAGE, visibilityMaps: true },
    inBase: new Map(files.map(({ path, size }) => [path, size])),
    cluster,
    between: async () => {
      await meanwhile?.()
      return changes
    },
    role: 'veilig_backup',
    clock: systemClock,
  })
}

function open(): Promise<ReplicationConnection> {
  const address = { host: server.socketDir, port: server.port, tls: 'off' } as const
  const login = { address, user: 'veilig_backup', password: 'right', database: 'postgres' }
  return ReplicationConnection.open(login, 'veilig', undefined, true)
}

class KeepingWriter implements BackupWriter {
  readonly id = 'test'
  readonly files = new Map<string, { readonly bytes: Uint8Array[]; map?: FileMap | undefined }>()
  start: BackupStart | undefined
  end: BackupEnd | undefined
  aborted = false
  #open: FileStart | undefined

  directory(): void {}

  link(path: string): void {
    assert.fail(`a link: ${path}`)
  }

  tablespace(oid: number): void {
    assert.fail(`a tablespace: ${oid}`)
  }

  beginFile(file: FileStart): void {
    assert.equal(this.#open, undefined)
    this.#open = file
    this.files.set(file.path, { bytes: [] })
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    this.files.get(this.#open!.path)!.bytes.push(bytes.slice())
    return undefined
  }

  endFile(map?: FileMap): void {
    this.files.get(this.#open!.path)!.map = map
    this.#open = undefined
  }

  sums(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(new Map())
  }

  finish(end: BackupEnd): Promise<BackupRecord> {
    this.end = end
    return Promise.resolve({ id: this.id } as BackupRecord)
  }

  abort(): Promise<void> {
    this.aborted = true
    return Promise.resolve()
  }
}
