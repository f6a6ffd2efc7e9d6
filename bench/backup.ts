/**
 * Backups of a pgbench database on PostgreSQL 15, beside pg_basebackup and pgBackRest: full,
 * differential after scattered transactions, verification, restore, and the log fed to a recovery.
 *
 * Ours writes two encrypted regions and syncs both; pgBackRest one encrypted repository (zstd,
 * AES-256-CBC, 2 processes); pg_basebackup a plain copy. Rounds are interleaved, the median taken.
 * CPU time is that of the tool, of what it starts and of the server. VEILIG_BENCH_SCALE sets
 * pgbench's scale: 70 is about 1 GB.
 */
import { execFileSync } from 'node:child_process'
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { debianPostgres, PASSWORD, startPostgres, temporaryFolder } from '#kit/postgres.ts'
import type { RestoreReport } from '#services/backup/restore/restore.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'
import { cpuSecondsWithEnded, emit, median, missing, peakMemoryMib, which } from './kit/bench.ts'
import { watchPeakMib } from './kit/peak-memory.ts'
import { fillPeer, runPeer } from './kit/peers.ts'

const BENCH = 'backup'
const ROUNDS = Number(process.env['VEILIG_BENCH_ROUNDS'] ?? '3')
const SCALE = process.env['VEILIG_BENCH_SCALE'] ?? '70'
const TRANSACTIONS = 20_000
/** `full,differential` or `full,restore,differential`; without it everything is measured. */
const PARTS = process.env['VEILIG_BENCH_PARTS']?.split(',')

type Subject = {
  readonly name: string
  readonly full: () => Promise<unknown>
  readonly differential?: () => Promise<unknown>
  readonly verify?: () => Promise<unknown>
  readonly restore?: (into: string) => Promise<unknown>
  /** Hands over segments of the log one after the other; seconds it took. */
  readonly feed?: (segments: readonly string[]) => Promise<number>
}

const binaries = debianPostgres()
if (!binaries) missing(BENCH, 'postgresql-15', 'not installed; nothing can be measured without it')
else await main(binaries.bin)

async function main(bin: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const folder = await temporaryFolder('bench-backup')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const config = join(folder, 'pgbackrest.conf')
  const rest = which('pgbackrest')
  const push = `${rest} --config=${config} --stanza=bench archive-push %p`
  const archive = rest ? { archive_mode: 'on', archive_command: push } : {}
  const settings = { ...serverSettingsFor(15), shared_buffers: '256MB', max_wal_size: '4GB' }
  const server = stack.use(
    await startPostgres({ ...settings, ...archive }, { bin: bin, major: 15 }),
  )
  const { account } = server.place
  const env = { PGHOST: server.socketDir, PGUSER: 'postgres', PGPASSWORD: PASSWORD }
  const pgbench = (...args: string[]): Promise<string> =>
    runPeer(`${bin}/pgbench`, [...args, 'postgres'], { env })
  await pgbench('-i', '-q', '-s', SCALE)
  await server.query('checkpoint')

  const ours = stack.use(await prepareBackup(server))
  await ours.start()
  await ours.caughtUp()
  const subjects: Subject[] = [
    veilig(ours, folder),
    {
      name: 'pg_basebackup',
      full: async () => {
        const plain = join(folder, 'plain')
        await rm(plain, { recursive: true, force: true })
        const args = ['-D', plain, '-c', 'fast', '-X', 'none', '--manifest-checksums=CRC32C']
        await runPeer(`${bin}/pg_basebackup`, args, { env })
      },
    },
  ]
  if (rest) {
    const words = {
      RUN: folder,
      SECRET: 'bench-only',
      PGDATA: server.place.dataDir,
      PGSOCKET: server.socketDir,
      PGPORT: server.port,
    }
    for (const part of ['repo', 'spool', 'log', 'lock', 'fed']) {
      await mkdir(join(folder, part))
      if (account) await chown(join(folder, part), account.uid, account.gid)
    }
    await writeFile(config, await fillPeer('pgbackrest.conf', words))
    const pgbackrest = (...args: string[]): Promise<string> =>
      runPeer(rest, [`--config=${config}`, '--stanza=bench', ...args], { env, account })
    await pgbackrest('stanza-create')
    subjects.push({
      name: 'pgbackrest',
      full: () => pgbackrest('backup', '--type=full'),
      differential: () => pgbackrest('backup', '--type=diff'),
      verify: () => pgbackrest('verify'),
      restore: async (into) => {
        await mkdir(into, { mode: 0o700 })
        if (account) await chown(into, account.uid, account.gid)
        await pgbackrest(`--pg1-path=${into}`, 'restore')
      },
      feed: async (segments) => {
        const begun = performance.now()
        for (const name of segments) {
          await pgbackrest('archive-get', name, join(folder, 'fed', name))
        }
        return (performance.now() - begun) / 1000
      },
    })
  } else missing(BENCH, 'pgbackrest', 'not installed')

  await ours.full() // a new repository begins with one by itself, which must not be among the measured
  await server.query('checkpoint')
  if (rest) await archived(server)
  const pids = [server.cluster.pid, ours.pid()]
  const compare = comparison(pids)
  const mib = async (): Promise<number> => {
    const sql = 'select sum(pg_database_size(oid))::float8 / 1048576 as mib from pg_database'
    return (await server.query<{ mib: number }>(sql))[0]!.mib
  }
  /** Of what was asked for; each subject takes its full backup in any case. */
  const wanted = (part: string): boolean => PARTS === undefined || PARTS.includes(part)
  const peak = (metric: string): void =>
    emit({ bench: BENCH, subject: 'veilig', metric, value: peakMemoryMib(ours.pid()), unit: 'MiB' })
  await compare(subjects, 'full backup', await mib(), (subject) => subject.full())
  peak('peak memory of the backup process, full backups')
  let restored: string[] = []
  const restore = async (subject: Subject): Promise<void> => {
    const into = join(folder, `restored-${restored.length}`)
    restored.push(into)
    await subject.restore?.(into)
  }
  /**
   * Only when all rounds are over: for half a minute ext4 makes new files slowly where many were
   * deleted (`recently_deleted` in fs/ext4/ialloc.c), a sixth of the next restore's CPU.
   */
  const removeRestored = async (): Promise<void> => {
    for (const into of restored) await rm(into, { recursive: true })
    restored = []
  }
  const able = subjects.filter((subject) => subject.restore)
  if (wanted('restore')) await compare(able, 'restore', await mib(), restore)
  await removeRestored()

  const [from] = await server.query<{ name: string }>(
    'select pg_walfile_name(pg_switch_wal()) as name',
  )
  await pgbench('-n', '-c', '4', '-t', String(TRANSACTIONS / 4))
  // What production has still to write is nobody's: the first to ask would wait for it.
  await server.query('checkpoint')
  await compare(able, 'differential', await mib(), (subject) => subject.differential!(), 1)
  peak('peak memory of the backup process, differential')
  if (PARTS !== undefined) return
  await compare(able, 'verify', await mib(), (subject) => subject.verify!(), 1)
  await compare(able, 'restore of full and differential', await mib(), restore)
  await removeRestored()
  await server.query('checkpoint')
  await server.query('select pg_switch_wal()')
  await ours.caughtUp()
  await feed(able, await segmentsAfter(server, from!.name))
  emitSize(folder, ours.data)
}

function veilig(ours: TestBackup, folder: string): Subject {
  return {
    name: 'veilig',
    full: () => ours.full(),
    differential: () => ours.differential(),
    verify: () => ours.veilig('backup', 'verify'),
    restore: (into) => ours.veilig('restore', '--to', 'latest', '--into', into),
    feed: async () => {
      // From the full backup on, so that there is as much log; then what PostgreSQL would do.
      const into = join(folder, 'fed-by-veilig')
      const report = JSON.parse(
        await ours.veilig('restore', '--to', 'latest', '--into', into, '--json'),
      ) as RestoreReport
      const log = await readFile(join(into, 'veilig_restore', 'archive-list'), 'utf8')
      const names = log.split('\n').filter((name) => /^[0-9A-F]{24}$/.test(name))
      const begun = performance.now()
      for (const name of names.slice(0, report.logSegments)) {
        const script = ['veilig_restore/fetch', name, 'pg_wal/RECOVERYXLOG']
        execFileSync('/bin/sh', script, { cwd: into })
      }
      const seconds = (report.logTookMs + performance.now() - begun) / 1000
      emit({
        bench: BENCH,
        subject: 'veilig',
        metric: 'log fed to recovery',
        value: report.logSegments / seconds,
        unit: 'segments/s',
      })
      return seconds
    },
  }
}

async function feed(subjects: readonly Subject[], segments: readonly string[]): Promise<void> {
  for (const { name, feed } of subjects) {
    const seconds = await feed?.(segments)
    if (name === 'veilig' || seconds === undefined) continue
    const value = segments.length / seconds
    emit({ bench: BENCH, subject: name, metric: 'log fed to recovery', value, unit: 'segments/s' })
  }
}

type Server = { query<Row extends object>(sql: string): Promise<Row[]> }

/** Resolves when the peer's archiver has nothing left: it would take its time from the others. */
async function archived(server: Server): Promise<void> {
  const waiting = `select count(*)::int as n from pg_ls_archive_statusdir() where name like '%.ready'`
  while (((await server.query<{ n: number }>(waiting))[0]?.n ?? 0) > 0) await delay(200)
}

/** Names of whole segments, from one on. */
async function segmentsAfter(server: Server, first: string): Promise<string[]> {
  const rows = await server.query<{ name: string }>(
    `select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$' and name >= '${first}'
       and name < pg_walfile_name(pg_current_wal_lsn()) order by name`,
  )
  return rows.map(({ name }) => name)
}

function emitSize(folder: string, data: string): void {
  const kib = (path: string): number =>
    Number.parseInt(execFileSync('du', ['-sk', path], { encoding: 'utf8' }), 10)
  const sizes = [
    ['veilig', kib(join(data, 'regions')) / 2],
    ['pgbackrest', kib(join(folder, 'repo'))],
  ] as const
  for (const [subject, size] of sizes) {
    const metric = 'repository, one copy'
    emit({ bench: BENCH, subject, metric, value: size / 1024, unit: 'MiB' })
  }
}

type Compare = (
  subjects: readonly Subject[],
  what: string,
  mib: number,
  act: (subject: Subject) => Promise<unknown>,
  rounds?: number,
) => Promise<void>

/** Interleaved rounds. */
function comparison(pids: readonly number[]): Compare {
  return async (subjects, what, mib, act, rounds = ROUNDS) => {
    const spent = new Map(
      subjects.map(({ name }) => [name, { wall: [], cpu: [], peak: [] } as Spent]),
    )
    for (let round = 0; round < rounds; round++) {
      for (const at of subjects.keys()) {
        const subject = subjects[(at + round) % subjects.length]!
        execFileSync('sync') // or one writes to the disk what another has left in memory
        const peak = watchPeakMib(pids)
        const [begun, cpu] = [performance.now(), cpuSecondsWithEnded(pids)]
        await act(subject)
        spent.get(subject.name)?.wall.push((performance.now() - begun) / 1000)
        spent.get(subject.name)?.cpu.push(cpuSecondsWithEnded(pids) - cpu)
        spent.get(subject.name)?.peak.push(peak())
      }
    }
    for (const { name } of subjects) {
      const metric = `${what}, peak memory of what was started for it`
      const value = Math.max(...(spent.get(name)?.peak ?? []))
      emit({ bench: BENCH, subject: name, metric, value, unit: 'MiB' })
    }
    for (const kind of ['wall', 'cpu'] as const) {
      const time = (name: string): number => median(spent.get(name)?.[kind] ?? [])
      for (const { name } of subjects) {
        const peers = subjects.filter((peer) => peer.name !== name)
        const ratio = Object.fromEntries(
          peers.map((peer) => [peer.name, Number((time(name) / time(peer.name)).toFixed(3))]),
        )
        const metric = `${what} ${kind === 'wall' ? 'time' : 'CPU'}`
        emit({ bench: BENCH, subject: name, metric, value: time(name), unit: 's', ratio })
        if (kind === 'cpu') continue
        const [speed, unit] = [mib / time(name), 'MiB/s']
        emit({ bench: BENCH, subject: name, metric: `${what} speed`, value: speed, unit })
      }
    }
  }
}

type Spent = { readonly wall: number[]; readonly cpu: number[]; readonly peak: number[] }
