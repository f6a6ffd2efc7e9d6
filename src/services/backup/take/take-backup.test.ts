/** Full backups of a real PostgreSQL, into a writer that only keeps sizes and names. */
import assert from 'node:assert/strict'
import { chown, mkdir, open, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { crc32c } from '#crypto/crc32c.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '../server-settings.ts'
import { ReplicationConnection } from '../replication/connection.ts'
import type {
  BackupEnd,
  BackupRecord,
  BackupStart,
  BackupWriter,
  FileStart,
  Repository,
} from '../repository/repository.ts'
import { takeBackup, type BackupProgress } from './take-backup.ts'

let server: TestPostgres

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query(`create role veilig_backup login replication password 'right'`)
  await server.query(`create table kept as select repeat('x', 500) from generate_series(1, 20000)`)
  await server.query('create unlogged table passing as select 1')
  const space = join(server.place.dataDir, '..', 'space')
  await mkdir(space)
  const { account } = server.place
  if (account) await chown(space, account.uid, account.gid)
  await server.query(`create tablespace other location '${space}'`)
  await server.query('create table elsewhere tablespace other as select 1')
  await server.query('checkpoint')
})

after(() => server[Symbol.asyncDispose]())

test('full backup: every file as the manifest says, tablespaces in their place', async () => {
  const writer = new ListingWriter()
  const progress: BackupProgress[] = []
  await take(writer, (now) => progress.push(now))
  const paths = [...writer.files.keys()]
  assert(paths.includes('backup_label') && paths.includes('tablespace_map'))
  assert.equal(paths.at(-1), 'global/pg_control')
  assert(paths.some((path) => /^pg_tblspc\/[0-9]+\/PG_18_/.test(path)))
  assert.equal(writer.tablespaces.length, 1)
  const [row] = await server.query<{ path: string; init: string }>(
    `select pg_relation_filepath('kept') as path, pg_relation_filepath('passing') as init`,
  )
  const { size } = await stat(join(server.place.dataDir, row!.path))
  assert.equal(writer.files.get(row!.path), size)
  assert(!writer.files.has(row!.init), 'an unlogged table comes back empty')
  assert(writer.files.has(`${row!.init}_init`))
  assert(progress.length > 0 && progress.at(-1)!.doneBytes > 10_000_000)
  assert(Buffer.from(writer.end!.serverManifest).includes('"Manifest-Checksum"'))
})

test('full backup: a region slower than the server holds the server back', async () => {
  const writer = new ListingWriter(1)
  await take(writer)
  assert.equal(writer.overlaps, 0, 'no write before the one before is done')
})

test('full backup: a backup given up is aborted, and the reason is told', async () => {
  const writer = new ListingWriter()
  const full = new Error('region is full')
  writer.write = () => Promise.reject(full)
  await assert.rejects(take(writer), full)
  assert(writer.aborted)
})

test('full backup: a server that sends a path outside the folder is refused', async () => {
  const writer = new ListingWriter()
  const label = Buffer.from('backup_label')
  const outside = '../evil_file'
  const disturb = (body: Uint8Array): void => {
    const at = Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(label)
    if (at !== 1) return // after the kind of the message the first header of the archive begins
    body.set(Buffer.from(outside), at)
    const header = body.subarray(at, at + 512)
    const sum = header.reduce((total, byte, n) => total + (n < 148 || n >= 156 ? byte : 32), 0)
    body.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), at + 148)
  }
  await assert.rejects(take(writer, undefined, disturb), { code: 'TAR_PATH_UNSAFE' })
  assert(writer.aborted)
  assert(![...writer.files.keys()].some((path) => path.includes('..')))
})

test('full backup: damaged pages are named, and the backup is kept', async () => {
  const [row] = await server.query<{ path: string }>(`select pg_relation_filepath('kept') as path`)
  const file = join(server.place.dataDir, row!.path)
  const before = await readFile(file)
  {
    await using handle = await open(file, 'r+')
    await handle.write(Buffer.from([255, 254]), 0, 2, 3 * 8192 + 4000)
  }
  const writer = new ListingWriter()
  await take(writer)
  assert.deepEqual(writer.end?.damagedPages, [{ path: row!.path, block: 3 }])
  assert.equal(writer.end?.facts['checksumFailures'], true)
  await using handle = await open(file, 'r+')
  await handle.write(before)
})

async function take(
  writer: ListingWriter,
  onProgress?: (progress: BackupProgress) => void,
  /** Changes what the server sends. */
  disturb?: (body: Uint8Array) => void,
): Promise<BackupRecord> {
  using connection = await ReplicationConnection.open(
    {
      address: { host: server.socketDir, port: server.port, tls: 'off' },
      user: 'veilig_backup',
      password: 'right',
    },
    'veilig',
    undefined,
    true, // as the service does: the server's checksums tell if a buffer was used too early again
  )
  const taken = connection.take.bind(connection)
  connection.take = async () => {
    const frame = await taken()
    disturb?.(frame.body)
    return frame
  }
  const beginBackup = (start: BackupStart): Promise<BackupWriter> => {
    assert.equal(start.kind, 'full')
    return Promise.resolve(writer)
  }
  const repository = { beginBackup } as unknown as Repository
  const facts = {}
  return await takeBackup(connection, repository, {
    label: 'test',
    facts,
    ...(onProgress ? { onProgress } : {}),
  })
}

class ListingWriter implements BackupWriter {
  readonly id = 'test'
  readonly files = new Map<string, number>()
  readonly tablespaces: number[] = []
  readonly #sums = new Map<string, number>()
  end: BackupEnd | undefined
  aborted = false
  overlaps = 0
  readonly #delayMs: number | undefined
  #open: FileStart | undefined
  #writing = false

  constructor(delayMs?: number) {
    this.#delayMs = delayMs
  }

  directory(): void {
    assert.equal(this.#writing, false)
  }

  link(path: string): void {
    assert.fail(`a link: ${path}`)
  }

  tablespace(oid: number): void {
    this.tablespaces.push(oid)
  }

  beginFile(file: FileStart): void {
    assert.equal(this.#open, undefined)
    this.#open = file
    this.files.set(file.path, 0)
    this.#sums.set(file.path, 0)
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#writing) this.overlaps++
    const { path } = this.#open!
    this.files.set(path, this.files.get(path)! + bytes.length)
    this.#sums.set(path, crc32c(this.#sums.get(path) ?? 0, bytes))
    if (this.#delayMs === undefined || this.files.size % 50 !== 0) return undefined
    this.#writing = true
    return new Promise((resolve) =>
      setTimeout(() => {
        this.#writing = false
        resolve()
      }, this.#delayMs),
    )
  }

  endFile(): void {
    assert.equal(this.files.get(this.#open!.path), this.#open!.size)
    this.#open = undefined
  }

  sums(): Promise<ReadonlyMap<string, number>> {
    return Promise.resolve(this.#sums)
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
