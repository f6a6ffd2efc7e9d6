/**
 * All regions away for long: production goes on, somebody is told, and it heals by itself.
 *
 * VEILIG_DOWN_COMMITS (20): each fills a segment of the log, 16 MiB, which nobody takes. With more
 * than the default the alert comes by the service's own default too, not sooner.
 */
import assert from 'node:assert/strict'
import { rename, rm, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { prepareBackup, until } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import { pathsIn } from '../../src/cli/paths.ts'

const MIB = 1024 * 1024
const COMMITS_FEW = 20
const COMMITS = Number(process.env['VEILIG_DOWN_COMMITS'] ?? COMMITS_FEW)
const CAP_MIB = 64
/** Beside what the slot holds back: what PostgreSQL keeps for itself, and two segments. */
const LOG_MAX_MIB = CAP_MIB + 64 + 32
const ALERT_MAX_MS = 30_000
const names = ['region-a', 'region-b']

const settings = {
  ...requiredServerSettings,
  max_slot_wal_keep_size: `${CAP_MIB}MB`,
  max_wal_size: '64MB',
  min_wal_size: '32MB',
  wal_keep_size: '0',
}

test('with every region away no commit fails, the log keeps to its cap, and all heals', async (t) => {
  await using server = await startPostgres(settings)
  await using backup = await prepareBackup(
    server,
    COMMITS > COMMITS_FEW ? {} : { lagAlertSeconds: 5 },
  )
  await backup.start()
  await server.query('create table kept (n int primary key, text text)')
  const before = await backup.full()

  const paths = pathsIn(backup.data)
  for (const name of names) {
    await rename(paths.region(name), `${paths.region(name)}-away`)
    await writeFile(paths.region(name), 'no folder')
  }
  let mostMib = 0
  for (let n = 0; n < COMMITS; n++) {
    await server.query('insert into kept values ($1, $2)', [n, 'x'.repeat(1000)])
    await server.query('select pg_switch_wal()')
    await server.query('checkpoint')
    const mib = await logMib(server)
    assert(mib <= LOG_MAX_MIB, `${mib} MiB of log after ${n} commits`)
    mostMib = Math.max(mostMib, mib)
  }
  const [slot] = await server.query<{ status: string }>(
    'select wal_status as status from pg_replication_slots',
  )
  assert.equal(slot?.status, 'lost')
  await until(async () => (await eventsOf(backup, 'REGION_LAGGING')).length >= names.length)
  const toldMs = (await eventsOf(backup, 'REGION_LAGGING')).map(({ lagMs }) => Number(lagMs))
  for (const lagMs of toldMs) assert(lagMs <= ALERT_MAX_MS, `told after ${lagMs} ms`)

  for (const name of names) {
    await rm(paths.region(name))
    await rename(`${paths.region(name)}-away`, paths.region(name))
  }
  const backMs = performance.now()
  await until(async () => {
    const { full, regions } = await backup.status()
    const anew = full.newest !== null && full.newest.id !== before.id
    return anew && regions.every(({ fault, lagMs }) => fault === null && (lagMs ?? Infinity) < 5000)
  })
  const healedS = Math.round((performance.now() - backMs) / 1000)
  const told = toldMs.map((ms) => Math.round(ms / 1000)).join()
  t.diagnostic(`${COMMITS} commits, pg_wal at most ${mostMib} MiB of a cap of ${CAP_MIB}`)
  t.diagnostic(`told after ${told} s; with the regions back a new full backup in ${healedS} s`)
  const gaps = await eventsOf(backup, 'WAL_GAP')
  assert.equal(gaps.length, 1, 'the gap is told, once')
  await server.query(`insert into kept values (1000, 'after')`)
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  const rows = await restored.query<{ n: number }>('select count(*)::int as n from kept')
  assert.deepEqual(rows, [{ n: COMMITS + 1 }])
})

async function logMib(server: TestPostgres): Promise<number> {
  const [row] = await server.query<{ bytes: string }>(
    'select sum(size) as bytes from pg_ls_waldir()',
  )
  return Number(row?.bytes) / MIB
}

async function eventsOf(
  backup: { veilig(...args: string[]): Promise<string> },
  code: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const sql = `select detail from events where code = '${code}'`
  const text = await backup.veilig('audit', 'query', sql, '--json')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { detail: unknown })
    .map(({ detail }) => (typeof detail === 'string' ? JSON.parse(detail) : detail))
}
