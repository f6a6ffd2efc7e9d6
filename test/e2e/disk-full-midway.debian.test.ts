/**
 * A disk that is full in the middle: of a backup into a region, and of a restore. One clear error,
 * nothing lost, and it goes on once there is room. On small file systems of memory, so as root.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

let server: TestPostgres
let backup: TestBackup

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query(`create table kept as
    select g, md5(g::text) || md5((-g)::text) as text from generate_series(1, 200000) g`)
  backup = await prepareBackup(server)
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('a region whose disk is full in the middle of a backup: said, and taken up with room', async () => {
  const region = join(backup.data, 'regions', 'region-b')
  await mkdir(region, { recursive: true })
  mount(region, 'size=6m')
  await backup.start()
  await until(async () => /^DISK_FULL: .*free some space/.test((await regionB())?.fault ?? ''))
  await server.query('insert into kept values (0, $1)', ['meanwhile']) // nobody waits
  assert.equal((await backup.status()).full.newest, null, 'half a backup is none')
  execFileSync('mount', ['-o', 'remount,size=400m', region])
  await until(async () => (await backup.status()).full.newest !== null)
  await backup.caughtUp()
  assert.equal((await regionB())?.fault, null)
  assert.match(await backup.veilig('backup', 'verify'), /All is as it was stored/)
})

test('a disk that is full in the middle of a restore: said, never started, taken up with room', async () => {
  const home = join(backup.data, 'small')
  await mkdir(home, { mode: 0o755 })
  mount(home, 'size=400m,nr_inodes=300') // there is room; what runs out is what cannot be foreseen
  const into = join(home, 'data')
  const restore = ['restore', '--to', 'latest', '--into', into]
  await assert.rejects(backup.veilig(...restore), {
    stderr: /RESTORE_WRITE_FAILED: the disk is full; make room/,
  })
  assert(!existsSync(join(into, 'global/pg_control')), 'it can never be started')
  execFileSync('mount', ['-o', 'remount,size=400m,nr_inodes=20000', home])
  await backup.veilig(...restore, '--delta')
  await using restored = await backup.reopen(into)
  const rows = await restored.query(`select count(*)::int as n from kept where text = 'meanwhile'`)
  assert.deepEqual(rows, [{ n: 1 }])
})

async function regionB() {
  const { regions } = await backup.status()
  return regions.find(({ name }) => name === 'region-b')
}

function mount(folder: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `${options},mode=755`, 'veilig-test', folder])
  after(async () => {
    execFileSync('umount', ['--lazy', folder])
    await rm(folder, { recursive: true, force: true })
  })
}
