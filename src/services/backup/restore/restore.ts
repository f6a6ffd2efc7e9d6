/**
 * Restores: from regions and a key to a data directory that a stock PostgreSQL recovers by itself.
 *
 * The order is the promise: what the log will reach is known before a file is written, the log and
 * the files are authenticated and on disk before global/pg_control is, and without pg_control
 * nothing starts. The recovery key never leaves this process.
 *
 * @module
 */
import { chmod, mkdir, readdir, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { UsageError } from '#lib/errors.ts'
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import type { Clock } from '#system/clock.ts'
import type { Disk } from '#system/disk.ts'
import { barrierFor, giveTree, type Account } from '#system/postgres/user.ts'
import { historyBytes, type BackupEntry } from '../repository/entries.ts'
import { historyFileName, walFileName } from '../repository/names.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { candidates, chainOf } from './choose.ts'
import { writeDirectory } from './data-directory.ts'
import { spoolLog, type LogFindings } from './log-spool.ts'
import { archiveEnd } from './archive-end.ts'
import { checkOver, clearOver, clearSpool } from './over.ts'
import { awayNote, notKept, stopFor, type Stop } from './stop.ts'
import { planFiles } from './file-plan.ts'
import { packsOf } from './pack-source.ts'
import {
  ARCHIVE_LIST,
  END_SCRIPT,
  endScript,
  FETCH_SCRIPT,
  fetchScript,
  LOG_FOLDER,
  recoverySettings,
  type RecoveryAction,
} from './recovery-files.ts'
import { higherLimits, limitsFromControl } from './server-limits.ts'
import type { RestoreTarget } from './target.ts'
import { timelinePath, type PathPart } from './timelines.ts'

export type RestoreProgress = {
  readonly phase: 'log' | 'files' | 'settling'
  readonly doneBytes: number
  readonly totalBytes: number
}

export type RestoreOptions = {
  readonly reader: RepositoryReader
  readonly target: RestoreTarget
  /** Absent or empty; with `over`, a data directory that is to become the restored one. */
  readonly into: string
  /** Whether files may be there: what is as it shall be stays, what differs is rewritten. */
  readonly over?: boolean
  /** Default: the timeline written last. */
  readonly timeline?: number | undefined
  readonly action: RecoveryAction
  /** To whom the directory is given; undefined keeps our own account. */
  readonly account: Account | undefined
  readonly disk: Disk
  readonly clock: Clock
  /** How many threads write files, where it is much. Default: one for each processor, up to 4. */
  readonly threadsMax?: number | undefined
  readonly progress?: (progress: RestoreProgress) => void
  readonly signal?: AbortSignal
}

export type RestoreReport = {
  readonly into: string
  readonly backupId: string
  readonly backupFinishedMs: number
  readonly timeline: number
  /** What PostgreSQL was told to stop at, for people. */
  readonly stop: string
  /** Something the operator should know; undefined when all is as asked. */
  readonly note: string | undefined
  /** Where each tablespace now lies. */
  readonly tablespaces: Readonly<Record<string, string>>
  readonly files: number
  readonly bytes: number
  /** Of these bytes, those that were not there already. */
  readonly writtenBytes: number
  readonly logSegments: number
  /** Until the log lay ready. */
  readonly logTookMs: number
  readonly tookMs: number
}

/**
 * @throws {UsageError} RESTORE_FOLDER_NOT_EMPTY, RESTORE_FOLDER_BARRED, RESTORE_NO_BACKUP,
 *   RESTORE_TARGET_BEYOND, RESTORE_NO_SPACE; with `over` RESTORE_FOLDER_FOREIGN,
 *   RESTORE_SERVER_RUNS.
 * @throws {IntegrityError} WAL_MISSING, OBJECT_DAMAGED and the like: nothing can then be started.
 * @throws {FaultError} As the stores and the disk.
 */
export async function restore(options: RestoreOptions): Promise<RestoreReport> {
  const { reader, target, clock } = options
  const startedAtMs = clock.monotonicMs()
  const into = resolve(options.into)
  await checkReachable(into, options.account)
  await makeReady(into, options)
  const { state } = reader.chain
  const timeline = options.timeline ?? state.runs.at(-1)?.entry.timeline ?? 1
  const history = state.histories.get(timeline)
  const path = timelinePath(timeline, history && historyBytes(history))
  const endLsn = await archiveEnd(reader, timeline)
  const choices = candidates(state.backups, path, target)
  const backup = await choose(reader, path, endLsn, target, choices)
  const chain = chainOf(state.backups, backup)
  if (options.over) await clearSpool(into)
  else await checkSpace(into, chain, Number(endLsn - backup.startLsn))
  const progress = (doneBytes: number): void => {
    options.signal?.throwIfAborted()
    const totalBytes = Math.max(doneBytes, Number(endLsn - backup.startLsn))
    options.progress?.({ phase: 'log', doneBytes, totalBytes })
  }
  const { log, stop } = await orAsBefore(into, async () => {
    const found = await spoolLog({ reader, path, backup, endLsn, target, into, progress })
    return { log: found, stop: stopFor(target, found, backup) }
  })
  const logTookMs = clock.monotonicMs() - startedAtMs
  const written = await writeFiles(options, into, backup, path, endLsn, log, stop)
  return {
    into,
    backupId: backup.id,
    backupFinishedMs: backup.finishedMs,
    timeline,
    stop: describe(stop),
    note: [stop.note, awayNote(target, reader.away)].filter(Boolean).join('; ') || undefined,
    tablespaces: written.tablespaces,
    files: written.files,
    bytes: written.bytes,
    writtenBytes: written.writtenBytes,
    logSegments: log.segments.length,
    logTookMs,
    tookMs: clock.monotonicMs() - startedAtMs,
  }
}

/** The server may run as another account than ours: it must be able to come to its directory. */
async function checkReachable(into: string, account: Account | undefined): Promise<void> {
  const barrier = account && (await barrierFor(dirname(into), account))
  if (!barrier) return
  const message =
    `PostgreSQL will run as ${account.name}, who may not enter ${barrier}; ` +
    'restore into a folder elsewhere, for example below /var/lib'
  throw new UsageError('RESTORE_FOLDER_BARRED', message)
}

/** While only the log was fetched, what fails leaves nothing: the folder serves the next try. */
async function orAsBefore<T>(into: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    await clearSpool(into)
    throw error
  }
}

async function makeReady(into: string, { over, reader }: RestoreOptions): Promise<void> {
  await mkdir(into, { recursive: true, mode: 0o700 })
  if (over) await checkOver(into, reader.cluster().systemIdentifier)
  else await checkEmpty(into)
  await chmod(into, 0o700) // PostgreSQL refuses a folder that others may enter
}

async function checkEmpty(into: string): Promise<void> {
  if ((await readdir(into)).length === 0) return
  const message = `${into} is not empty; only with --delta are existing files restored over`
  throw new UsageError('RESTORE_FOLDER_NOT_EMPTY', message)
}

async function makeFolder(folder: string, over: boolean): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if (!over) await checkEmpty(folder)
  await chmod(folder, 0o700)
}

/** For what is searched in the log: the newest backup after which it comes. Else the first. */
async function choose(
  reader: RepositoryReader,
  path: readonly PathPart[],
  endLsn: bigint,
  target: RestoreTarget,
  choices: readonly BackupEntry[],
): Promise<BackupEntry> {
  let searchedTo = endLsn
  for (const backup of choices) {
    if (target.kind !== 'name' && target.kind !== 'xid') return backup
    const log = await spoolLog({ reader, path, backup, endLsn: searchedTo, target })
    if (log.found && log.found.startLsn >= backup.endLsn) return backup
    const size = BigInt(reader.cluster().walSegmentSize)
    searchedTo = log.found ? endLsn : roundedUp(backup.endLsn, size)
  }
  throw notKept(target)
}

function roundedUp(lsn: bigint, size: bigint): bigint {
  return lsn - (lsn % size) + size
}

/** What a differential backup holds, it may hold in place of what its full one holds. */
async function checkSpace(
  into: string,
  chain: readonly BackupEntry[],
  logBytes: number,
): Promise<void> {
  const { bavail, bsize } = await statfs(into)
  const neededBytes = chain.reduce((sum, { plainBytes }) => sum + plainBytes, logBytes)
  const freeBytes = bavail * bsize
  if (neededBytes <= freeBytes) return
  const [needed, free] = [neededBytes, freeBytes].map(
    (bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`,
  )
  const message = `${into} has room for ${free}, and up to ${needed} are needed`
  throw new UsageError('RESTORE_NO_SPACE', message)
}

async function writeFiles(
  options: RestoreOptions,
  into: string,
  backup: BackupEntry,
  path: readonly PathPart[],
  endLsn: bigint,
  log: LogFindings,
  { stop }: Stop,
): Promise<Pick<RestoreReport, 'files' | 'bytes' | 'writtenBytes' | 'tablespaces'>> {
  const { reader, disk, action, account, over = false } = options
  const plan = await planFiles(reader, chainOf(reader.chain.state.backups, backup), into)
  const spaces = Object.values(plan.tablespaces)
  for (const folder of spaces) await makeFolder(folder, over)
  if (over) await clearOver(plan, into, spaces)
  const totalBytes = plan.files.reduce((sum, { size }) => sum + size, 0)
  let doneBytes = 0
  const progress = (bytes: number): void => {
    options.signal?.throwIfAborted()
    doneBytes += bytes
    options.progress?.({ phase: 'files', doneBytes, totalBytes })
  }
  const { threadsMax } = options
  const { writtenBytes, control, finish } = await writeDirectory(packsOf(reader), plan, {
    over,
    threadsMax,
    progress,
  })
  options.progress?.({ phase: 'settling', doneBytes: totalBytes, totalBytes })
  await writeRecovery(reader, disk, into, path, backup, endLsn, log)
  const autoConf = join(into, 'postgresql.auto.conf')
  const before = (await disk.size(autoConf)) === undefined ? '' : text(await disk.read(autoConf))
  const timeline = path.at(-1)?.timeline ?? 1
  const limits = higherLimits(limitsFromControl(control), log.limits)
  const settings = recoverySettings(before, stop, timeline, action, limits)
  await disk.replace(autoConf, bytesOf(settings))
  if (Object.keys(plan.tablespaces).length > 0) {
    await disk.replace(join(into, 'tablespace_map'), bytesOf(tablespaceMap(plan.tablespaces)))
  }
  await disk.createOnce(join(into, 'recovery.signal'), new Uint8Array(0))
  await finish()
  const folders = new Set([into, ...spaces.map((folder) => dirname(folder))])
  if (account) for (const folder of folders) await giveTree(folder, account)
  const { files, tablespaces } = plan
  return { files: files.length, bytes: totalBytes, writtenBytes, tablespaces }
}

/** History files, the list of what of the archive the server must have, and the commands. */
async function writeRecovery(
  reader: RepositoryReader,
  disk: Disk,
  into: string,
  path: readonly PathPart[],
  backup: BackupEntry,
  endLsn: bigint,
  log: LogFindings,
): Promise<void> {
  const { walSegmentSize } = reader.cluster()
  const names = new Set(log.segments)
  const size = BigInt(walSegmentSize)
  // Where it stops before the archive ends, the server needs none of what comes later; yet it reads
  // ahead, through short segments far ahead, and may be told that there are no more.
  for (const { timeline, startLsn, endLsn: switchLsn } of log.found ? [] : path) {
    const from = startLsn > backup.startLsn ? startLsn : backup.startLsn
    const to = switchLsn !== undefined && switchLsn < endLsn ? switchLsn : endLsn
    for (let lsn = from - (from % size); lsn < to; lsn += size) {
      names.add(walFileName(timeline, lsn, walSegmentSize))
    }
  }
  for (const [timeline, entry] of reader.chain.state.histories) {
    const name = historyFileName(timeline)
    names.add(name)
    await disk.createOnce(join(into, LOG_FOLDER, name), historyBytes(entry))
  }
  await disk.createOnce(join(into, ARCHIVE_LIST), bytesOf(`${[...names].sort().join('\n')}\n`))
  await disk.createOnce(join(into, FETCH_SCRIPT), bytesOf(fetchScript()))
  await disk.createOnce(join(into, END_SCRIPT), bytesOf(endScript()))
}

/** As the server writes it: OID, a space, the path with backslash and newline escaped. */
function tablespaceMap(tablespaces: Readonly<Record<string, string>>): string {
  return Object.entries(tablespaces)
    .map(([oid, folder]) => `${oid} ${folder.replace(/[\\\n]/g, '\\$&')}\n`)
    .join('')
}

function describe({ stop }: Stop): string {
  switch (stop.kind) {
    case 'time':
      return `time ${stop.text}`
    case 'name':
      return `restore point '${stop.name}'`
    case 'xid':
      return `the end of transaction ${stop.xid}`
    case 'immediate':
      return 'the end of the backup'
    case 'lsn':
      return `${stop.inclusive ? 'through' : 'up to'} ${formatLsn(stop.lsn)}`
  }
}

function bytesOf(content: string): Uint8Array {
  return new TextEncoder().encode(content)
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
