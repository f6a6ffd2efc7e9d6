/**
 * The backup service: receives WAL all the time, takes backups on schedule and on request,
 * watches the regions, answers on its control socket.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import { settledWithin } from '#system/clock.ts'
import type { RunningService } from '#system/service.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { BackupConfig } from './config.ts'
import type { ControlAnswer, ControlRequest, SyntheticRequest } from './control/messages.ts'
import { openControlSocket, type ControlHandler } from './control/server.ts'
import { isOverdue } from './policy.ts'
import type { BackupPorts } from './ports.ts'
import type { RegionState } from './repository/repository.ts'
import { RetentionKeeper } from './retention/keep.ts'
import { BackupRunner } from './runner.ts'
import type { BackupStatus, RegionStatus } from './status.ts'
import { SummaryKeeper } from './summary/keeper.ts'
import { signing } from './synthetic/signing.ts'
import { ReplicationConnection } from './replication/connection.ts'
import { hasOpenGap } from './wal/gaps.ts'
import { WalReceiver } from './wal/receiver.ts'
import { composeMode, modeStatus } from './wal/synchronous/compose.ts'
import type { ModeKeeper } from './wal/synchronous/keeper.ts'
import { Watch } from './watch.ts'

const KIB = 1024
const MINUTE_MS = 60_000
const PROGRESS_MS = 250
const WATCH_MS = 1000
/** How long a stop waits for what is under way; what is cut off then was promised to nobody. */
const STOP_MS = 5_000
/** Until an answer has been read. */
const REOPEN_MS = 500

export type BackupService = RunningService & {
  readonly failed: Promise<never>
  status(): BackupStatus
}

/** @throws {FaultError | UsageError} When the repository cannot be read. */
export async function serve(config: BackupConfig, ports: BackupPorts): Promise<BackupService> {
  const { repository, clock, login, trail } = ports
  const stop = new AbortController()
  const tell = async (event: AuditEvent): Promise<void> => trail.append([event])
  const catalogue = await repository.catalogue()
  const summary = new SummaryKeeper(ports.summary, clock)
  const receiver = new WalReceiver({
    connect: (signal) => ReplicationConnection.open(login, config.applicationName, signal),
    slot: config.slot,
    partMaxBytes: config.partMaxKib * KIB,
    partMs: config.partMaxMs,
    silenceMs: config.silenceSeconds * 1000,
    eager: () => mode.on,
    repository,
    clock,
    tell,
    tail: ports.tail,
    summary,
    onGap: () => runner.want(),
  })
  const runner = new BackupRunner({
    login,
    applicationName: config.applicationName,
    fullEveryMs: config.fullEveryMinutes * MINUTE_MS,
    differentialEveryMs: config.differentialEveryMinutes * MINUTE_MS,
    manifest: ports.manifest,
    summary,
    sqlDatabase: config.synchronous?.database ?? 'postgres',
    differenceOnNewest: config.differentialOn === 'newest',
    maxRateKib: config.maxRateMib === undefined ? undefined : config.maxRateMib * KIB,
    repository,
    clock,
    tell,
    stream: () => receiver.state,
    backups: catalogue.backups,
  })
  if (hasOpenGap(catalogue)) {
    repository.wal.holdBack()
    runner.want()
  }
  const mode = composeMode(config, ports, tell)
  const status = (): BackupStatus => statusOf(config, ports, receiver, runner, mode)
  const keeper = new RetentionKeeper(config.retainDays, ports)
  const reopened = Promise.withResolvers<never>()
  const leave = branchLeaver(keeper, () => {
    void clock.sleep(REOPEN_MS).then(() => reopened.reject(reopens()))
  })
  const control = await openControlSocket(
    ports.controlSocket,
    controlHandler(runner, status, keeper, mode, signing(ports, runner), leave, stop.signal),
  )
  const watch = new Watch(config.lagAlertSeconds * 1000, clock.nowMs())
  const work = [
    receiver.run(stop.signal),
    summary.run(stop.signal),
    runner.run(stop.signal),
    mode.run(stop.signal),
    keepWatch(watch, status, ports, stop.signal),
    keeper.run(stop.signal),
  ]
  const failed = Promise.race([
    repository.failed,
    reopened.promise,
    ...work.map((one) => one.then(() => new Promise<never>(() => undefined))),
  ])
  failed.catch(() => undefined) // whoever waits for it hears of it
  return {
    failed,
    status,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await control[Symbol.asyncDispose]()
      await settledWithin(Promise.allSettled(work), STOP_MS, clock)
      await repository[Symbol.asyncDispose]()
    },
  }
}

/** What was known of the log when it was opened is no more. @param reopen Once that was said. */
function branchLeaver(keeper: RetentionKeeper, reopen: () => void): BranchLeaver {
  return async ({ timeline, reason, dryRun }) => {
    const report = await keeper.leaveBranch(timeline, reason, dryRun)
    if (!dryRun) reopen()
    return { answer: 'branch-left', report }
  }
}

type BranchLeaver = (
  request: Extract<ControlRequest, { request: 'leave-branch' }>,
) => Promise<ControlAnswer>

function reopens(): FaultError {
  const message = 'a branch was left: the process starts again, and reads anew what is kept'
  return new FaultError('BACKUP_REOPENS', message)
}

function controlHandler(
  runner: BackupRunner,
  status: () => BackupStatus,
  keeper: RetentionKeeper,
  mode: ModeKeeper,
  synthetic: (request: SyntheticRequest) => Promise<ControlAnswer>,
  leave: BranchLeaver,
  signal: AbortSignal,
): ControlHandler {
  return async (request: ControlRequest, say): Promise<ControlAnswer> => {
    if (request.request === 'status') return { answer: 'status', status: status() }
    if (request.request === 'destroy-expired') {
      return { answer: 'destroyed', report: await keeper.destroy(request.dryRun) }
    }
    if (request.request === 'hold') {
      return { answer: 'held', id: await keeper.hold(request.fromMs, request.reason) }
    }
    if (request.request === 'leave-branch') return leave(request)
    if (request.request === 'recipients') {
      await keeper.changeRecipients(request.keys)
      return { answer: 'recipients' }
    }
    if (request.request === 'release') {
      return { answer: 'held', id: await keeper.release(request.id, request.reason) }
    }
    if (request.request === 'synchronous') {
      return { answer: 'synchronous', state: await mode.turn(request.on, signal) }
    }
    if (request.request !== 'backup') return synthetic(request)
    let toldMs = 0
    const backup = await runner.request(request.type, request.label, signal, {
      begun: (joined) => say({ answer: 'begun', joined }),
      progress: (progress) => {
        const nowMs = performance.now()
        if (nowMs - toldMs < PROGRESS_MS) return
        toldMs = nowMs
        say({ answer: 'progress', ...progress })
      },
    })
    return { answer: 'done', backup }
  }
}

async function keepWatch(
  watch: Watch,
  status: () => BackupStatus,
  ports: BackupPorts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const events = watch.look(status())
    if (events.length > 0) await ports.trail.append(events)
    await ports.clock.sleep(WATCH_MS, signal).catch(() => undefined)
  }
}

function statusOf(
  config: BackupConfig,
  ports: BackupPorts,
  receiver: WalReceiver,
  runner: BackupRunner,
  mode: ModeKeeper,
): BackupStatus {
  const nowMs = ports.clock.nowMs()
  const everyMs = config.fullEveryMinutes * MINUTE_MS
  const { state } = receiver
  return {
    nowMs,
    full: {
      everyMs,
      newest: runner.newest('full') ?? null,
      nextMs: runner.nextMs,
      overdue: isOverdue({ nowMs, everyMs, newestStartedMs: runner.newest('full')?.startedMs }),
      running: runner.running ?? null,
      lastFailure: runner.lastFailure ?? null,
    },
    differential: differentialStatus(config, nowMs, runner),
    log: {
      phase: state.phase,
      timeline: state.timeline ?? null,
      receivedLsn: state.receivedLsn === undefined ? null : formatLsn(state.receivedLsn),
      serverEndLsn: state.serverEndLsn === undefined ? null : formatLsn(state.serverEndLsn),
      fault: state.fault ?? null,
    },
    synchronous: modeStatus(config, ports, mode),
    maxRateMib: config.maxRateMib ?? null,
    regions: ports.repository.wal.regions().map((region) => {
      const { maxRateMib } = config.regions.find(({ name }) => name === region.name) ?? {}
      return regionStatus(region, maxRateMib, nowMs)
    }),
  }
}

function differentialStatus(
  config: BackupConfig,
  nowMs: number,
  runner: BackupRunner,
): BackupStatus['differential'] {
  const everyMs = config.differentialEveryMinutes * MINUTE_MS
  return {
    everyMs,
    newest: runner.newest('differential') ?? null,
    nextMs: runner.nextDifferentialMs ?? null,
    overdue: isOverdue({ nowMs, everyMs, newestStartedMs: runner.newestStartedMs }),
    fullInstead: runner.fullInstead ?? null,
  }
}

function regionStatus(
  region: RegionState,
  maxRateMib: number | undefined,
  nowMs: number,
): RegionStatus {
  const { lagMs } = region
  return {
    name: region.name,
    required: region.required,
    timeline: region.durable?.timeline ?? null,
    durableLsn: region.durable ? formatLsn(region.durable.lsn) : null,
    lagBytes: Number(region.lagBytes),
    maxRateMib: maxRateMib ?? null,
    completeUntilMs: lagMs === undefined ? null : nowMs - lagMs,
    lagMs: lagMs ?? null,
    fault: region.fault ?? null,
  }
}
