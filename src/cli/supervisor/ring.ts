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
import { ensureDrillKey } from '../drill-key.ts'
import type { Context } from '../context.ts'
import { keepRenewed } from '../renewal/renew.ts'
import { applicationDatabase, databaseEnvironment, demonstration } from '../run/application.ts'
import { ensureCertificates } from './certificates.ts'
import { startChild } from './child.ts'
import { startNamedCluster, type ClusterName } from './clusters.ts'
import { watchDiskRoom } from './disk-room.ts'
import { ensurePasswords, freeBytes, prepareDataFolder } from './first-run.ts'
import { keepRunning, type Instance, type KeepRunningPorts } from './keep-running.ts'
import { checkPorts, holdDataFolder } from './only-one.ts'
import { ensurePaymentKeys } from './payment-keys.ts'
import { ensureRepositoryKeys } from '../repository.ts'
import { runProgram } from './programs.ts'
import { ensureControl, ensureRoles } from './roles.ts'
import { openSteadyBook, type OpenedBook } from './steady-book.ts'
import { ensureStaffRoles, grantStaffRights } from './staff-roles.ts'
import { addressTable } from './welcome.ts'

/** Started beside PostgreSQL, which none of them needs in order to be ready. */
const beside: readonly string[] = [
  'sql-gateway',
  'notary',
  'seal',
  'trust',
  'web-gateway',
  'payment-twins',
  'mailbox',
]

/** Started once the databases and roles are there. The prober is last: it measures the rest. */
const then: readonly (readonly string[])[] = [
  ['application', 'payments', 'mail-gateway', 'backup', 'access', 'detection', 'status', 'console'],
  ['prober', 'drill'],
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
  await ensurePaymentKeys(context)
  await ensureDrillKey(paths)
  await ensureCertificates({ disk: systemDisk, clock: context.clock }, paths)
  const open = (): Promise<OpenedBook> => openBook(context, 'supervisor')
  const { clock } = context
  const trail = started.use(await openSteadyBook({ open, clock, tell: say }))
  const keep: KeepRunningPorts = { clock, trail, tell: say }
  const room = (): Promise<number> => freeBytes(paths.data)
  started.use(watchDiskRoom(paths.data, { ...keep, freeBytes: room }))

  say('Starting PostgreSQL and the gateways …')
  const clusters = together([
    keepCluster(context, 'protected', keep),
    keepCluster(context, 'control', keep),
  ])
  const wanted = beside.filter((name) => isWanted(context, name))
  const gateways = together(wanted.map((name) => keepService(context, name, keep)))
  await Promise.allSettled([clusters, gateways])
  const databases = started.use(await clusters)
  started.use(await gateways)
  const [guarded, control] = databases.members
  await ensureRoles(context, guarded.first)
  await ensureStaffRoles(context, guarded.first)
  await ensureControl(context, control.first)

  say('Bringing the database up to date …')
  await migrate(context, trail)
  await grantStaffRights(context, guarded.first)
  for (const services of then) {
    say(`Starting ${services.join(', ')} …`)
    started.use(await together(services.map((name) => keepService(context, name, keep))))
  }
  started.use(keepRenewed(context, trail, say))
  const table = await addressTable(context)
  const all = started.move()
  return { table, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** The mailbox stands for the world's mail servers, and only in the demonstration. */
function isWanted({ config }: Context, service: string): boolean {
  return service !== 'mailbox' || config.mailGateway.delivery.kind === 'demonstration'
}

type Cluster = AsyncDisposable & { readonly first: RunningCluster }

async function keepCluster(
  context: Context,
  name: ClusterName,
  keep: KeepRunningPorts,
): Promise<Cluster> {
  const start = (): Promise<RunningCluster> => startNamedCluster(context, name, postgresAccount())
  const first = await start()
  let next: RunningCluster | undefined = first
  const again = async (): Promise<Instance> => {
    const instance = next ?? (await start())
    next = undefined
    return instance
  }
  const service = await keepRunning(`postgresql-${name}`, again, keep)
  return { first, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() }
}

/** What was started at once, and is stopped at once. */
type Group<T> = AsyncDisposable & { readonly members: T }

/** All or none: when one cannot start, the others are stopped and its reason is thrown. */
async function together<T extends readonly Promise<AsyncDisposable>[]>(
  starting: readonly [...T],
): Promise<Group<{ [K in keyof T]: Awaited<T[K]> }>> {
  const settled = await Promise.allSettled(starting)
  const running = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((one) => one[Symbol.asyncDispose]()))
  }
  const failure = settled.find((one): one is PromiseRejectedResult => one.status === 'rejected')
  if (failure) {
    await stop()
    throw failure.reason
  }
  const members = running as unknown as { [K in keyof T]: Awaited<T[K]> }
  return { members, [Symbol.asyncDispose]: stop }
}

function keepService(
  context: Context,
  name: string,
  keep: KeepRunningPorts,
): Promise<AsyncDisposable> {
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
  const seedEnv = { ...env, ...(await applicationDatabase(context)) }
  await runProgram(demonstration('seed'), seedEnv)
  await trail.append([{ code: 'APPLICATION_MIGRATED', detail: { database: 'reservations' } }])
}
