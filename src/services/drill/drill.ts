/**
 * One drill: restore to a moment, start PostgreSQL without a network, wait until it is there,
 * read and compare everything, throw it away, say what was found.
 *
 * @module
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import {
  emptyDrill,
  type DrillFindings,
  type DrillReceipt,
  type ReceiptFailure,
} from '#crypto/receipt.ts'
import { FaultError, VeiligError } from '#lib/errors.ts'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { endLeftOver, rememberProcess } from '#system/leftover.ts'
import type { RunningCluster } from '#system/postgres/cluster.ts'
import type { DrillConfig } from './config.ts'
import { randomMoment } from './policy.ts'
import type { DrillBackup, DrillPorts, LaidOut, Restorable } from './ports.ts'
import { checkServer, type Checked } from './server-checks.ts'

const MINUTE_MS = 60_000
const MIB = 1024 * 1024
const POLL_MS = 100
/** Canaries are noted every few seconds; a day's worth shows that nothing was left out. */
const CANARY_WINDOW_MS = 24 * 60 * MINUTE_MS

/**
 * A throw-away server that reaches nobody: no listener, no archive, no standby, no subscription,
 * no library of the original's. It may forget everything in a crash, so it syncs nothing.
 */
export const isolation: Readonly<Record<string, string>> = {
  archive_mode: 'off',
  autovacuum: 'off',
  external_pid_file: '',
  fsync: 'off',
  full_page_writes: 'off',
  hot_standby: 'on',
  jit: 'off',
  local_preload_libraries: '',
  log_destination: 'stderr',
  logging_collector: 'off',
  log_statement: 'none',
  log_min_error_statement: 'panic',
  max_logical_replication_workers: '0',
  session_preload_libraries: '',
  shared_buffers: '64MB',
  shared_preload_libraries: '',
  ssl: 'off',
  synchronous_standby_names: '',
}

export type Ask = {
  /** A backup to begin with; undefined: any. */
  readonly backup: DrillBackup | undefined
  /** A moment somebody chose; undefined: drawn at random. */
  readonly targetMs: number | undefined
}

/** Never throws but the signal's reason: what went wrong is in the receipt. */
export async function runDrill(
  config: DrillConfig,
  ports: DrillPorts,
  ask: Ask,
  signal: AbortSignal,
): Promise<DrillReceipt> {
  const { clock } = ports
  const startedMs = Math.round(clock.nowMs())
  const timeoutMs = config.timeoutMinutes * MINUTE_MS
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const result: Draft = {
    ...emptyDrill,
    targetMs: ask.targetMs ?? 0,
    random: ask.targetMs === undefined,
  }
  const failures: ReceiptFailure[] = []
  try {
    await cleanUp(ports)
    const restorable = await ports.restorable()
    const untilMs = Math.min(restorable.untilMs, startedMs)
    const target =
      ask.targetMs ??
      randomMoment(ask.backup, restorable.backups, untilMs, ports.random, restorable.isUncertain)
    result.targetMs = Math.round(target)
    await work(config, ports, restorable, result, failures, limit)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    failures.push(limit.aborted ? tooLong(config) : failureOf(error))
  } finally {
    await cleanUp(ports)
  }
  const passed = failures.length === 0
  const endedMs = Math.max(startedMs, Math.round(clock.nowMs()))
  return { kind: 'drill', ...result, passed, failures, startedMs, endedMs }
}

type Draft = { -readonly [Name in keyof DrillFindings]: DrillFindings[Name] }

async function work(
  config: DrillConfig,
  ports: DrillPorts,
  { backups, pgMajor, isUncertain }: Restorable,
  result: Draft,
  failures: ReceiptFailure[],
  signal: AbortSignal,
): Promise<void> {
  const expected = backups.findLast(({ finishedMs }) => finishedMs <= result.targetMs)
  await checkSpace(config, ports, expected)
  const dataDir = join(ports.folder, 'data')
  const laidOut = await ports.layOut(result.targetMs, dataDir, signal)
  const backup = backups.find(({ id }) => id === laidOut.backupId)
  identify(result, laidOut, backup)
  await writeFile(hbaFile(ports), 'local all all trust\n', { mode: 0o644 })
  await writeFile(join(ports.folder, 'postgresql.conf'), '', { mode: 0o644 })
  await using server = await start(config, ports, dataDir, pgMajor)
  await rememberProcess(pidFile(ports), server.pid)
  const connection: pg.ClientConfig = {
    host: server.socketDir,
    port: server.port,
    user: config.superuser,
    application_name: 'veilig drill',
  }
  await untilReached(connection, server, ports, signal)
  failures.push(...(await whatWasReached(connection, result, backup)))
  const { targetMs } = result
  const noted = await ports.canaries(targetMs - CANARY_WINDOW_MS, targetMs)
  const canaries = noted.filter(({ committedMs }) => !isUncertain(committedMs))
  const { assertions } = config
  const found = await checkServer({ connection, targetMs, canaries, assertions, signal })
  const { failures: wrong, ...counts }: Checked = found
  Object.assign(result, counts)
  failures.push(...wrong)
}

function identify(result: Draft, { backupId, stop }: LaidOut, backup?: DrillBackup): void {
  result.backup = backupId
  result.stop = stop
  result.manifest = backup?.manifest ?? ''
  result.backupFinishedMs = Math.round(backup?.finishedMs ?? 0)
}

/** The protected database lives on the same disk perhaps: a drill must never fill it. */
async function checkSpace(config: DrillConfig, ports: DrillPorts, backup?: DrillBackup) {
  const freeMib = Math.floor((await ports.freeBytes()) / MIB)
  const neededMib = Math.ceil((backup?.plainBytes ?? 0) / MIB) + config.keepFreeMib
  if (neededMib <= freeMib) return
  const message = `${freeMib} MiB are free and ${neededMib} MiB would be needed, reserve included`
  throw new FaultError('DRILL_NO_SPACE', message)
}

function start(
  config: DrillConfig,
  ports: DrillPorts,
  dataDir: string,
  pgMajor: number,
): Promise<RunningCluster> {
  const newer: Record<string, string> =
    pgMajor >= 17
      ? { event_triggers: 'off', restrict_nonsystem_relation_kind: 'foreign-table' }
      : {}
  // The original's own files would load its libraries, and may lie elsewhere: ours is empty.
  const files = { config_file: join(ports.folder, 'postgresql.conf'), hba_file: hbaFile(ports) }
  const settings = { ...isolation, ...newer, ...files }
  return ports.startServer(dataDir, pgMajor, settings, config.timeoutMinutes * MINUTE_MS)
}

/** PostgreSQL ends with an error when it cannot reach the moment; being promoted means it did. */
async function untilReached(
  connection: pg.ClientConfig,
  server: RunningCluster,
  { clock }: DrillPorts,
  signal: AbortSignal,
): Promise<void> {
  let exited = false
  void server.ended.then(() => (exited = true))
  for (;;) {
    signal.throwIfAborted()
    if (exited) {
      const message = 'PostgreSQL ended before it reached the moment'
      throw new FaultError('DRILL_NOT_REACHED', message)
    }
    const recovering = await first<boolean>(connection, 'select pg_is_in_recovery()').catch(
      () => true,
    )
    if (!recovering) return
    await clock.sleep(POLL_MS, signal)
  }
}

async function whatWasReached(
  connection: pg.ClientConfig,
  result: Draft,
  backup: DrillBackup | undefined,
): Promise<ReceiptFailure[]> {
  const failures: ReceiptFailure[] = []
  const lsn = await first<string>(connection, 'select pg_last_wal_replay_lsn()::text')
  const version = await first<string>(connection, `select current_setting('server_version')`)
  const lastMs = await first<number | null>(
    connection,
    `select (extract(epoch from pg_last_xact_replay_timestamp()) * 1000)::float8`,
  )
  result.reachedLsn = lsn ?? ''
  result.serverVersion = version ?? ''
  const check = 'reached'
  if (!lsn || !backup || parseLsn(lsn) < parseLsn(backup.endLsn) - 8n) {
    failures.push({ check, message: 'the server stopped before the backup itself ended' })
  }
  if (typeof lastMs === 'number' && lastMs > result.targetMs + 1) {
    failures.push({ check, message: 'a transaction from after the moment was replayed' })
  }
  return failures
}

async function first<T>(connection: pg.ClientConfig, sql: string): Promise<T | undefined> {
  const client = new pg.Client({ ...connection, database: 'postgres' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<T[]>({ text: sql, rowMode: 'array' })
    return rows[0]?.[0]
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Ends a server that outlived us, and leaves an empty folder. */
export async function cleanUp({ folder, clock }: DrillPorts): Promise<void> {
  await endLeftOver(join(folder, 'server.pid'), (ms) => clock.sleep(ms))
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o711 }) // the server's account passes through
}

function pidFile({ folder }: DrillPorts): string {
  return join(folder, 'server.pid')
}

function hbaFile({ folder }: DrillPorts): string {
  return join(folder, 'pg_hba.conf')
}

function tooLong({ timeoutMinutes }: DrillConfig): ReceiptFailure {
  return { check: 'time', message: `it took longer than ${timeoutMinutes} minutes` }
}

function failureOf(error: unknown): ReceiptFailure {
  if (!(error instanceof VeiligError)) throw error
  const said = error.message.replace(`${error.code}: `, '')
  return { check: error.code, message: said.slice(0, 300) }
}
