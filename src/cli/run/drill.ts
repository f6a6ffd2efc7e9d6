/**
 * Composes the drill: what to restore from, where to, with whose programs.
 *
 * @module
 */
import { randomInt } from 'node:crypto'
import { chmod, mkdir, rm, statfs } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { dirname } from 'node:path'
import { askBackup } from '#services/backup/control/client.ts'
import type { KnownChains } from '#services/backup/repository/open-reader.ts'
import { repairRegions } from '#services/backup/repository/repair.ts'
import { verifyRepository } from '#services/backup/repository/verify.ts'
import { isUncertain, livingBranch } from '#services/backup/restore/branch.ts'
import { restore } from '#services/backup/restore/restore.ts'
import type { DrillPorts, Restorable } from '#services/drill/ports.ts'
import { serveDrill } from '#services/drill/serve.ts'
import { UsageError } from '#lib/errors.ts'
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import { systemDisk } from '#system/disk.ts'
import { embeddedPostgres, type PostgresBinaries } from '#system/postgres/binaries.ts'
import { startCluster } from '#system/postgres/cluster.ts'
import { postgresAccount, type Account } from '#system/postgres/user.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { drillKey, drillKeys, ensureDrillKey, followDrillKey } from '../drill-key.ts'
import { readCanaries } from '../facts.ts'
import { keptReceipts } from '../receipts.ts'
import { keyFiles, openForReading, readKeyFile, regionPlaces } from '../repository.ts'
import { synthesisOf } from './synthesis.ts'

/** What of the log is surely in the regions when the backup service cannot be asked. */
const UNKNOWN_LAG_MS = 60_000
const STATUS_TIMEOUT_MS = 5_000

export async function runDrillService(context: ServiceContext): Promise<RunningService> {
  setPriority(context.config.drill.nice) // what it starts inherits it
  const socket = context.paths.socket('drill')
  const ports = await drillPorts(context, 'drill')
  await using started = new AsyncDisposableStack()
  const key = await followDrillKey(context, ports.receipts)
  started.use(key)
  const drill = await serveDrill(context.config.drill, ports, socket)
  started.use(drill)
  const running = started.move()
  return {
    failed: Promise.race([drill.failed ?? key.failed, key.failed]),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

/** @param who The service, or a person's command: each has a folder of its own. */
export async function drillPorts(
  context: ServiceContext,
  who: 'drill' | 'drill-man',
): Promise<DrillPorts> {
  const { paths, clock, trail } = context
  const { regions } = context.config.backup
  await ensureDrillKey(paths)
  const identity = await readKeyFile(paths, keyFiles(paths).verifier)
  const folder = paths.drill(who)
  const known: KnownChains = new Map()
  return {
    synthesis: synthesisOf(context),
    restorable: () => restorable(context, known),
    layOut: async (targetMs, into, signal) => {
      const text = `${new Date(targetMs).toISOString().slice(0, 23).replace('T', ' ')}+00`
      const { backupId, stop } = await restore({
        reader: await openForReading(context, regions, identity, known),
        target: { kind: 'time', atMs: targetMs, text },
        into,
        action: 'promote',
        account: postgresAccount(),
        disk: systemDisk,
        clock,
        threadsMax: 1, // nobody waits for a drill: the other processors are for who serves
        signal,
      })
      return { backupId, stop }
    },
    startServer: async (dataDir, pgMajor, settings, startTimeoutMs) => {
      const account = postgresAccount()
      const binaries = await programs(context, pgMajor, account)
      const logFile = paths.log(`postgresql-${who}`)
      await rm(logFile, { force: true }) // of the drill before
      const socketDir = paths.clusterSocket(who)
      await mkdir(dirname(socketDir), { recursive: true })
      await chmod(dirname(socketDir), 0o711) // its account passes through to its own folder
      const options = { socketDir, port: 5432, logFile, settings, startTimeoutMs }
      return startCluster({ binaries, account, dataDir }, options)
    },
    verify: async (signal) => {
      const optional = new Set(regions.filter((one) => !one.required).map(({ name }) => name))
      const look = { contents: true, optional, signal }
      let reader = await openForReading(context, regions, identity, known)
      let report = await verifyRepository(reader, look)
      const repaired = await repairRegions(reader, report.findings, signal)
      if (repaired.length > 0) {
        reader = await openForReading(context, regions, identity, known)
        report = await verifyRepository(reader, look) // what the receipt says was seen again
      }
      const backups = reader.chain.state.backups.map(({ id }) => id)
      const read = reader.regions.map(({ name }) => name)
      const heard = read.filter((name) => !report.silent.includes(name))
      return { ...report, backups, regions: heard, repaired }
    },
    canaries: (fromMs, toMs) => readCanaries(systemDisk, paths.facts, fromMs, toMs),
    receipts: keptReceipts(paths, regionPlaces(paths, regions)),
    signingKey: () => drillKey(paths),
    receiptKeys: () => drillKeys(paths),
    random: (below) => randomInt(Math.min(below, 2 ** 47)),
    clock,
    trail,
    folder,
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    },
  }
}

async function restorable(context: ServiceContext, known: KnownChains): Promise<Restorable> {
  const reader = await openForReading(context, context.config.backup.regions, undefined, known)
  const { cluster } = reader.chain.state
  const { backups, uncertain } = livingBranch(reader.chain.state)
  return {
    isUncertain: (atMs) => isUncertain(uncertain, atMs),
    pgMajor: cluster?.pgMajor ?? 0,
    untilMs: await loggedUntilMs(context),
    backups: backups
      .map(({ id, finishedMs, endLsn, plainBytes, manifest, synthetic }) => ({
        id,
        finishedMs,
        madeMs: synthetic?.madeMs,
        endLsn: formatLsn(endLsn),
        plainBytes,
        manifest: manifest.sha256,
      }))
      .toSorted((a, b) => a.finishedMs - b.finishedMs),
  }
}

/** Up to when every change is in every required region. */
async function loggedUntilMs({ paths, clock }: ServiceContext): Promise<number> {
  const signal = AbortSignal.timeout(STATUS_TIMEOUT_MS)
  try {
    const asked = askBackup(paths.socket('backup'), { request: 'status' }, signal)
    for await (const answer of asked) {
      if (answer.answer !== 'status') continue
      const required = answer.status.regions.filter((region) => region.required)
      const untilMs = required.map((region) => region.completeUntilMs ?? -Infinity)
      const known = Math.min(...untilMs)
      if (Number.isFinite(known)) return known
    }
  } catch {
    // it does not run, or does not answer: what is old enough is there
  }
  return clock.nowMs() - UNKNOWN_LAG_MS
}

export async function programs(
  { config, paths }: Pick<ServiceContext, 'config' | 'paths'>,
  pgMajor: number,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  const { postgresBin } = config.drill
  if (postgresBin !== undefined) return { bin: postgresBin, major: pgMajor }
  const embedded = await embeddedPostgres(account, `${paths.data}/postgres`)
  if (embedded.major === pgMajor) return embedded
  const message =
    `the backups are of PostgreSQL ${pgMajor} and Veilig brings ${embedded.major}; ` +
    `name the folder of PostgreSQL ${pgMajor}'s programs in drill.postgresBin`
  throw new UsageError('DRILL_NO_PROGRAMS', message)
}
