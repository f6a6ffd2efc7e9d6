/**
 * A full disk: before the start, one sentence with what to do; during the run, a warning, and
 * everything goes on by itself once there is room. On a small file system of memory, so as root.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing } from '#kit/ring.ts'

const MIB = 1024 * 1024

async function smallDisk(sizeMb: number): Promise<string> {
  const folder = await temporaryFolder('disk')
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=755`, 'veilig-test', folder])
  after(async () => {
    execFileSync('umount', ['--lazy', folder])
    await rm(folder, { recursive: true, force: true })
  })
  return folder
}

test('full disk: the ring does not start, and says in one sentence what to do', async () => {
  const disk = await smallDisk(300)
  const data = join(disk, 'data')
  await assert.rejects(
    startRing({ data, portBase: await freePortBase() }),
    /DISK_FULL: .*\/data has \d+ MB free and needs 512 MB to start; free some space/,
  )
})

test('full disk: a running ring warns, and goes on by itself once there is room', async () => {
  const disk = await smallDisk(1_500)
  const data = join(disk, 'data')
  const ring = await startRing({ data, portBase: await freePortBase() })
  after(() => ring.interrupt())
  const filler = join(disk, 'filler')
  await assert.rejects(writeFile(filler, Buffer.alloc(1_500 * MIB)), { code: 'ENOSPC' })
  await eventually('the warning', () => /DISK_LOW: .* free some space/.exec(ring.printed()))
  // One that wrote when the disk filled has ended by itself and waits for its next start, so that
  // there may be nothing to kill: what counts is that it ended while the disk was full.
  spawnSync('pkill', ['-KILL', '-f', `run sql-gateway --data ${data}`])
  await eventually('the end of the gateway', () => /sql-gateway ended/.exec(ring.printed()))
  await rm(filler)
  await eventually('room', () => /has room again/.exec(ring.printed()))
  await eventually('the gateway', () => /sql-gateway runs again/.exec(ring.printed()))
  const sql = "SELECT code FROM events WHERE process = 'supervisor'"
  await eventually('the record of it all', async () => {
    const record = await ring.command('audit', 'query', sql, '--json')
    const all = ['DISK_LOW', 'PROCESS_ENDED', 'DISK_ROOM_AGAIN'].every((c) => record.includes(c))
    return all || undefined
  })
  assert.equal(await ring.interrupt(), 0)
})
