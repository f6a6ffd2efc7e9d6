/**
 * Puts the ring together: what must exist first, what starts after what, what is kept running.
 *
 * @module
 */
import { systemDisk } from '#system/disk.ts'
import { postgresAccount } from '#system/postgres/user.ts'
import type { RunningCluster } from '#system/postgres/cluster.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { openBook } from '../book.ts'
import type { Context } from '../context.ts'
import { databaseEnvironment, demonstration } from '../run/application.ts'
import { ensureCertificates } from './certificates.ts'
import { startChild } from './child.ts'
import { startNamedCluster, type ClusterName } from './clusters.ts'
import { ensurePasswords, prepareDataFolder } from './first-run.ts'
import { keepRunning, type Instance, type KeepRunningPorts } from './keep-running.ts'
import { checkPorts, holdDataFolder } from './only-one.ts'
import { ensureRepositoryKeys } from '../repository.ts'
import { runProgram } from './programs.ts'
import { ensureControl, ensureRoles } from './roles.ts'
import { addressTable } from './welcome.ts'

/** Services in the order of their start; those of one line start together. */
const order: readonly (readonly string[])[] = [
  ['sql-gateway', 'notary'],
  ['application', 'backup'],
  ['trust', 'web-gateway'],
  ['prober'],
]

export type Ring = AsyncDisposable & { readonly table: string }

/**
 * Starts everything and resolves when everything is ready. Disposing it stops everything, last
 * started first.
 *
 * @throws {VeiligError} One sentence about what is in the way; what was started is stopped again.
 */
export async function startRing(context: Context, say: (line: string) => void): Promise<Ring> {
  await using started = new AsyncDisposableStack()
  const { paths, ports } = context
  const account = postgresAccount()
  await prepareDataFolder(paths.data, account)
  started.use(await holdDataFolder(paths.socket('supervisor')))
  await checkPorts(ports)
  await ensurePasswords(context)
  await ensureRepositoryKeys(context)
  await ensureCertificates({ disk: systemDisk, clock: context.clock }, paths)
  const trail = started.use(await openBook(context, 'supervisor'))
  const keep: KeepRunningPorts = { clock: context.clock, trail, tell: say }

  say('Starting PostgreSQL …')
  const [guarded, control] = await Promise.all([
    keepCluster(context, 'protected', keep),
    keepCluster(context, 'control', keep),
  ])
  started.use(guarded.service)
  started.use(control.service)
  await ensureRoles(context, guarded.first)
  await ensureControl(context, control.first)

  for (const services of order) {
    say(`Starting ${services.join(', ')} …`)
    if (services.includes('application')) await migrate(context, trail)
    const running = await Promise.all(services.map((name) => keepService(context, name, keep)))
    for (const service of running) started.use(service)
  }
  const all = started.move()
  return { table: addressTable(context), [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function keepCluster(context: Context, name: ClusterName, keep: KeepRunningPorts) {
  let first: RunningCluster | undefined
  const start = async (): Promise<Instance> => {
    const cluster = await startNamedCluster(context, name, postgresAccount())
    first ??= cluster
    return cluster
  }
  const service = await keepRunning(`postgresql-${name}`, start, keep)
  return { service, first: first as unknown as RunningCluster }
}

function keepService(context: Context, name: string, keep: KeepRunningPorts) {
  const base = String(context.ports.https - 8443)
  const args = ['run', name, '--data', context.paths.data, '--port-base', base]
  if (context.configFile !== undefined) args.push('--config', context.configFile)
  return keepRunning(name, () => startChild(name, args, context.paths.log(name)), keep)
}

/** Brings the demonstration's schema up to date and fills it, as its owner, through the gateway. */
async function migrate(context: Context, trail: AuditTrail): Promise<void> {
  if (context.config.application.command) return
  const owner = ['application-owner', 'reservations_owner', 'MIGRATION_DATABASE_URL'] as const
  const env = await databaseEnvironment(context, ...owner)
  await runProgram(demonstration('migrate'), env)
  const asApplication = ['application', 'reservations_app', 'DATABASE_URL'] as const
  const seedEnv = { ...env, ...(await databaseEnvironment(context, ...asApplication)) }
  await runProgram(demonstration('seed'), seedEnv)
  await trail.append([{ code: 'APPLICATION_MIGRATED', detail: { database: 'reservations' } }])
}
