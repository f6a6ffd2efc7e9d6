/**
 * A chain of thirty differences, each on the one before, restored in one pass; beside a full backup
 * of the same database, and a synthetic full one made of the chain, in the same run.
 *
 * VEILIG_BENCH_SCALE sets pgbench's scale: from 80 on the largest table crosses the 1 GiB at which
 * PostgreSQL begins another file. VEILIG_BENCH_CHAIN: how many differences. Rounds of restores are
 * interleaved, the median taken.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { PASSWORD, startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { postgres18Tools } from '#kit/postgres-18-tools.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import type { Synthesized } from '#services/drill/ports.ts'
import { cpuSecondsWithEnded, emit, median, missing } from './kit/bench.ts'
import { runPeer } from './kit/peers.ts'

const BENCH = 'backup-chain'
const ROUNDS = Number(process.env['VEILIG_BENCH_ROUNDS'] ?? '3')
const SCALE = process.env['VEILIG_BENCH_SCALE'] ?? '85'
const LENGTH = Number(process.env['VEILIG_BENCH_CHAIN'] ?? '30')
const TRANSACTIONS = 1000

type Listed = { readonly id: string; readonly endLsn: string; readonly plainBytes: number }

const tools = postgres18Tools()
if (tools === undefined) missing(BENCH, 'pgbench', 'PostgreSQL 18 tools are not unpacked')
else await main(tools)

async function main(bin: string): Promise<void> {
  await using stack = new AsyncDisposableStack()
  const folder = await temporaryFolder('bench-chain')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const settings = { ...requiredServerSettings, shared_buffers: '256MB', max_wal_size: '4GB' }
  const server = stack.use(await startPostgres(settings))
  const env = { PGHOST: server.socketDir, PGUSER: 'postgres', PGPASSWORD: PASSWORD }
  const pgbench = (...args: string[]): Promise<string> =>
    runPeer(`${bin}/pgbench`, [...args, 'postgres'], { env })
  await pgbench('-i', '-q', '-s', SCALE)
  const ours = stack.use(await prepareBackup(server))
  await ours.start()
  await ours.full()
  for (let link = 0; link < LENGTH; link++) {
    await pgbench('-n', '-c', '2', '-t', String(TRANSACTIONS / 2))
    await ours.veilig('backup', 'run', '--type', 'incremental')
  }
  await server.query('checkpoint')
  const begun = performance.now()
  const full = await ours.full()
  tell('full', 'time to take', (performance.now() - begun) / 1000, 's')
  const backups = await listed(ours)
  const [last, whole] = backups.slice(-2)
  if (!last || whole?.id !== full.id) throw new Error('no chain')
  const held = backups.slice(1, -1).reduce((sum, { plainBytes }) => sum + plainBytes, 0)
  tell('chain', 'held by the differences', held / 2 ** 20, 'MiB')
  tell('full', 'size', whole.plainBytes / 2 ** 20, 'MiB')
  const plain = { name: 'full', to: whole.endLsn }
  await compare(ours, folder, [plain, { name: `chain of ${LENGTH}`, to: last.endLsn }])
  // From now on what is restored to that position begins with the synthetic one.
  const output = await ours.veilig('backup', 'synthesize', '--from', last.id, '--json')
  const made = JSON.parse(output) as Synthesized
  tell('synthetic full', 'put together from', made.chain, 'backups')
  tell('synthetic full', 'time to make', made.tookMs / 1000, 's')
  await compare(ours, folder, [plain, { name: 'synthetic full', to: last.endLsn }])
}

function tell(subject: string, metric: string, value: number, unit: string): void {
  emit({ bench: BENCH, subject, metric, value, unit })
}

async function listed(ours: TestBackup): Promise<readonly Listed[]> {
  const text = await ours.veilig('backup', 'list', '--json')
  return (JSON.parse(text) as { backups: Listed[] }).backups
}

/** Restores in turn. */
async function compare(
  ours: TestBackup,
  folder: string,
  subjects: readonly { readonly name: string; readonly to: string }[],
): Promise<void> {
  const wall = new Map(subjects.map(({ name }) => [name, [] as number[]]))
  const cpu = new Map(subjects.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < ROUNDS; round++) {
    for (const at of subjects.keys()) {
      const { name, to } = subjects[(at + round) % subjects.length]!
      const into = join(folder, 'restored')
      const [begun, spent] = [performance.now(), cpuSecondsWithEnded([])]
      await ours.veilig('restore', '--to', to, '--into', into)
      wall.get(name)?.push((performance.now() - begun) / 1000)
      cpu.get(name)?.push(cpuSecondsWithEnded([]) - spent)
      await rm(into, { recursive: true })
    }
  }
  for (const [what, taken] of [
    ['restore time', wall],
    ['restore CPU', cpu],
  ] as const) {
    const full = median(taken.get('full') ?? [])
    for (const [subject, values] of taken) {
      const value = median(values)
      const ratio = { full: Number((value / full).toFixed(3)) }
      emit({ bench: BENCH, subject, metric: what, value, unit: 's', ratio })
    }
  }
}
