/**
 * Two standbys promoted apart at one position: the same number, the same history, another log. The
 * second is recognised and refused, until the operator says that it counts.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startBackedUp, until, type BackedUp, type TestBackup } from '#kit/backup.ts'
import type { TestPostgres } from '#kit/postgres.ts'
import { Lineage } from '../simulation/lineage.ts'

const ROWS = 'select who, count(*)::int as n from kept group by who order by who'

let world: BackedUp
let server: TestPostgres
let backup: TestBackup
let lineage: Lineage
/** The data of the other one. */
let other: string

before(async () => {
  world = await startBackedUp(async (made) => {
    lineage = new Lineage(made)
    await lineage.stop()
    await lineage.start()
    await made.query(`create table kept as select 'both' as who from generate_series(1, 100)`)
  })
  ;({ server, backup } = world)
  await backup.full()
  await backup.caughtUp()
  await lineage.stop()
  other = await lineage.copy(false)
})

after(async () => {
  await lineage[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})

test('split: the twin of the server that was followed is told from it, and nothing is taken', async () => {
  await lineage.startPromoted()
  await server.query(`insert into kept select 'first' from generate_series(1, 50)`)
  await until(async () => (await backup.status()).log.timeline === 2)
  await backup.caughtUp()
  await backup.full()
  const before = await listed()
  await lineage.crash()
  await lineage.startPromoted(other)
  await server.query(`insert into kept select 'second' from generate_series(1, 9000)`)
  await goBeyond()
  await until(async () => /has other log before/.test((await backup.status()).log.fault ?? ''))
  // A process that takes over knows it as well.
  await backup.kill()
  await backup.begin()
  await until(async () => /has other log before/.test((await backup.status()).log.fault ?? ''))
  assert.deepEqual((await listed()).wal, before.wal)
  await backup.kill()
})

test('split: once the other branch is left by order, the twin is followed and restored', async () => {
  await backup.begin()
  const leave = ['backup', 'leave-branch', '--timeline', '2', '--reason', 'the second one lives']
  await until(async () => (await backup.status()).log.fault !== null)
  assert.match(await backup.veilig(...leave), /Nothing was done/)
  const first = (await listed()).backups.length
  assert.match(await backup.veilig(...leave, '--yes'), /starts again/)
  await backup.kill()
  await backup.start()
  const { backups, gaps } = await listed()
  assert.deepEqual([first - backups.length, gaps], [1, []])
  await backup.caughtUp()
  {
    await using restored = await backup.restore('latest')
    assert.deepEqual(await restored.query(ROWS), [
      { who: 'both', n: 100 },
      { who: 'second', n: 9000 },
    ])
  }
  await backup.full()
  assert.match(await backup.veilig('backup', 'verify', '--contents'), /^All is as it was stored/)
  await assert.rejects(backup.veilig(...leave.with(3, '7')), /BRANCH_UNKNOWN|nothing is kept/)
  await assert.rejects(backup.veilig(...leave.with(3, '1')), /BRANCH_FIRST|timeline 1/)
})

/** A backup ends a segment of the log: before that one it is only seen that less is there. */
async function goBeyond(): Promise<void> {
  for (let segment = 0; segment < 2; segment++) {
    await server.query(`select pg_switch_wal()`)
    await server.query(`select pg_logical_emit_message(false, 'kit', 'and on')`)
  }
}

type Listed = {
  readonly backups: readonly unknown[]
  readonly wal: readonly unknown[]
  readonly gaps: readonly unknown[]
}

async function listed(): Promise<Listed> {
  return JSON.parse(await backup.veilig('backup', 'list', '--json')) as Listed
}
