/**
 * Full backup and restore of a pgbench database on PostgreSQL 15, beside pg_basebackup and pgBackRest.
 *
 * Ours writes two encrypted regions and syncs both; pgBackRest one encrypted repository (zstd,
 * AES-256-CBC, 2 processes); pg_basebackup a plain copy. Rounds are interleaved, the median taken.
 * VEILIG_BENCH_SCALE sets pgbench's scale: 70 is about 1 GB.
 */
import { chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { prepareBackup } from '#kit/backup.ts'
import { debianPostgres, PASSWORD, startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'
import { emit, median, missing, peakMemoryMib, which } from './kit/bench.ts'
import { fillPeer, runPeer } from './kit/peers.ts'

const BENCH = 'backup'
const ROUNDS = 3
const SCALE = process.env['VEILIG_BENCH_SCALE'] ?? '70'

type Subject = {
  readonly name: string
  readonly backup: () => Promise<unknown>
  readonly restore?: (into: string) => Promise<unknown>
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
  await runPeer(`${bin}/pgbench`, ['-i', '-q', '-s', SCALE, 'postgres'], { env })
  await server.query('checkpoint')

  const ours = stack.use(await prepareBackup(server))
  await ours.start()
  await ours.caughtUp()
  const plain = join(folder, 'plain')
  const subjects: Subject[] = [
    {
      name: 'veilig',
      backup: () => ours.full(),
      restore: (into) => ours.veilig('restore', '--to', 'latest', '--into', into),
    },
    {
      name: 'pg_basebackup',
      backup: async () => {
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
    for (const part of ['repo', 'spool', 'log', 'lock']) {
      await mkdir(join(folder, part))
      if (account) await chown(join(folder, part), account.uid, account.gid)
    }
    await writeFile(config, await fillPeer('pgbackrest.conf', words))
    const pgbackrest = (...args: string[]): Promise<string> =>
      runPeer(rest, [`--config=${config}`, '--stanza=bench', ...args], { env, account })
    await pgbackrest('stanza-create')
    subjects.push({
      name: 'pgbackrest',
      backup: () => pgbackrest('backup', '--type=full'),
      restore: async (into) => {
        await mkdir(into, { mode: 0o700 })
        if (account) await chown(into, account.uid, account.gid)
        await pgbackrest(`--pg1-path=${into}`, 'restore')
      },
    })
  } else missing(BENCH, 'pgbackrest', 'not installed')
  const [row] = await server.query<{ mib: number }>(
    'select sum(pg_database_size(oid))::float8 / 1048576 as mib from pg_database',
  )
  await compare(subjects, 'full backup', row!.mib, (subject) => subject.backup())
  const able = subjects.filter(({ restore }) => restore)
  let restored = 0
  await compare(able, 'restore', row!.mib, async (subject) => {
    const into = join(folder, `restored-${restored++}`)
    await subject.restore?.(into)
    return () => rm(into, { recursive: true })
  })
  const memory = peakMemoryMib(ours.pid())
  const metric = 'peak memory of the backup process'
  emit({ bench: BENCH, subject: 'veilig', metric, value: memory, unit: 'MiB' })
}

/** Interleaved rounds; what `act` returns as a function is done after the clock has stopped. */
async function compare(
  subjects: readonly Subject[],
  what: string,
  mib: number,
  act: (subject: Subject) => Promise<unknown>,
): Promise<void> {
  const seconds = new Map<string, number[]>(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const at of subjects.keys()) {
      const subject = subjects[(at + round) % subjects.length]!
      const begun = performance.now()
      const afterwards = await act(subject)
      seconds.get(subject.name)?.push((performance.now() - begun) / 1000)
      if (typeof afterwards === 'function') await (afterwards as () => Promise<void>)()
    }
  }
  const time = (name: string): number => median(seconds.get(name) ?? [])
  for (const { name } of subjects) {
    const peers = subjects.filter((peer) => peer.name !== name)
    const ratio = Object.fromEntries(
      peers.map((peer) => [peer.name, Number((time(name) / time(peer.name)).toFixed(3))]),
    )
    emit({
      bench: BENCH,
      subject: name,
      metric: `${what} time`,
      value: time(name),
      unit: 's',
      ratio,
    })
    const speed = mib / time(name)
    emit({ bench: BENCH, subject: name, metric: `${what} speed`, value: speed, unit: 'MiB/s' })
  }
}
