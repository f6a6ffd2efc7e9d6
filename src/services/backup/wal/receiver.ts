/**
 * Receives WAL for as long as the service lives: connects, takes up the stream where the
 * repository ends, follows timelines, and begins again after every fault.
 *
 * @module
 */
import { FaultError, UsageError, VeiligError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import {
  historyFilesIn,
  parseTimelineHistory,
} from '#protocol/postgres/replication/timeline-history.ts'
import type { TimelineSwitch } from '#protocol/postgres/replication/timeline-history.ts'
import { startReplicationCommand } from '#protocol/postgres/replication/wal-stream.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import { parseBytes } from '../replication/units.ts'
import type { SystemIdentity } from '../replication/connection.ts'
import type {
  ClusterIdentity,
  Repository,
  WalPosition,
  WalRange,
} from '../repository/repository.ts'
import type { SummaryKeeper } from '../summary/keeper.ts'
import type { ConnectLog, LogConnection } from './log-connection.ts'
import { ensureSlot, type Slot } from './slot.ts'
import { decideStart, type StartDecision } from './start.ts'
import { Recogniser, type TailMemory } from './recogniser.ts'
import { WalSession } from './session.ts'
import { WalStream } from './stream.ts'

export type ReceiverOptions = {
  readonly connect: ConnectLog
  readonly slot: string
  readonly partMaxBytes: number
  readonly partMs: number
  readonly silenceMs: number
  /** Whether commits wait for us. */
  readonly eager: () => boolean
  readonly repository: Repository
  readonly clock: Clock
  /** Tells the audit trail. */
  readonly tell: (event: AuditEvent) => Promise<void>
  /** What the log ended with when it was last seen. */
  readonly tail: TailMemory
  /** Sums up what changes; without it differences of PostgreSQL 15 and 16 read everything. */
  readonly summary?: Pick<SummaryKeeper, 'begin' | 'heard'>
  /** WAL is missing for good: only a new full backup makes later moments restorable. */
  readonly onGap: () => void
}

export type ReceiverState = {
  readonly phase: 'connecting' | 'streaming'
  readonly timeline: number | undefined
  readonly receivedLsn: Lsn | undefined
  readonly serverEndLsn: Lsn | undefined
  /** When we last knew that we had all the server has; on the monotonic clock. */
  readonly currentMs: number | undefined
  /** Why the stream ended last; undefined while it flows. */
  readonly fault: string | undefined
}

const BACK_OFF_FIRST_MS = 250
const BACK_OFF_MAX_MS = 10_000

export class WalReceiver {
  readonly #options: ReceiverOptions
  #session: WalSession | undefined
  #streaming = false
  #timeline: number | undefined
  #currentMs: number | undefined
  #fault: string | undefined
  #removed: WalPosition | undefined
  readonly #recogniser: Recogniser

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#recogniser = new Recogniser(options.tail, options.clock)
  }

  get state(): ReceiverState {
    return {
      phase: this.#streaming ? 'streaming' : 'connecting',
      timeline: this.#timeline,
      receivedLsn: this.#session?.receivedLsn,
      serverEndLsn: this.#session?.serverEndLsn,
      currentMs: this.#session?.currentMs ?? this.#currentMs,
      fault: this.#fault,
    }
  }

  /**
   * Receives until `signal` aborts.
   *
   * @throws {UsageError} REPOSITORY_WRONG_CLUSTER: no retry makes it another cluster.
   */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0
    const remembering = this.#recogniser.run(signal)
    while (!signal.aborted) {
      try {
        await this.#connectAndFollow(signal, () => (failures = 0))
      } catch (error) {
        if (signal.aborted) break
        await this.#interrupted(error)
        const delayMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** failures++)
        await this.#options.clock.sleep(delayMs, signal).catch(() => undefined)
      }
    }
    await remembering
  }

  async #interrupted(error: unknown): Promise<void> {
    if (!(error instanceof VeiligError) || error instanceof UsageError) throw error
    const changed = this.#streaming || this.#fault !== error.message
    this.#streaming = false
    this.#currentMs = this.#session?.currentMs ?? this.#currentMs
    this.#fault = error.message
    if (!changed) return // the same refusal every ten seconds is one fact, not many
    const detail = { reason: error.code, message: error.message }
    await this.#options.tell({ code: 'WAL_STREAM_LOST', detail })
  }

  async #connectAndFollow(signal: AbortSignal, onStreaming: () => void): Promise<void> {
    using connection = await this.#options.connect(signal)
    const cluster = await readCluster(connection)
    await this.#options.repository.attach(cluster)
    for (;;) {
      const identity = await connection.identifySystem()
      if (identity.systemIdentifier !== cluster.systemIdentifier) return // replaced under us
      await this.#followTimeline(connection, cluster, identity, onStreaming)
    }
  }

  /** Streams until the timeline ends; then the caller asks again where the server is. */
  async #followTimeline(
    connection: LogConnection,
    cluster: ClusterIdentity,
    identity: SystemIdentity,
    onStreaming: () => void,
  ): Promise<void> {
    const { repository, slot: slotName, partMaxBytes } = this.#options
    const ancestors = await this.#keepHistory(connection, identity.timeline)
    const { walSegmentSize } = cluster
    const slot = await ensureSlot(connection, slotName, { at: this.#removed, walSegmentSize })
    if (slot.made !== 'found') await this.#tellSlot(slot)
    const last = await repository.wal.lastPosition(identity.systemIdentifier)
    const { wal, backups } = await repository.catalogue()
    const held = heldEnds(wal, last)
    await this.#recogniser.check(connection, slotName, { ...identity, ancestors, held })
    const decision = decideStart({
      last,
      held,
      slot: slot.restart,
      server: identity,
      ancestors,
      walSegmentSize,
      removed: this.#removed,
    })
    const { timeline, lsn } = decision.at
    const { systemIdentifier, pgMajor } = cluster
    const full = backups.findLast((one) => one.kind === 'full' && one.timeline === timeline)
    const log = {
      systemIdentifier,
      timeline,
      walSegmentSize,
      pgMajor,
      lsn,
      fullLsn: full?.startLsn,
    }
    await this.#options.summary?.begin(connection, slotName, log)
    const refused = await startStream(connection, slotName, decision.at)
    if (refused) throw refused
    if (decision.kind === 'gap') await this.#tellGap(decision)
    await repository.wal.begin(decision.at)
    const serverEndLsn = decision.at.timeline === identity.timeline ? identity.flushLsn : 0n
    const safe = repository.wal.durablePosition()
    const durableLsn = safe?.timeline === decision.at.timeline ? safe.lsn : 0n
    const session = new WalSession({ at: decision.at, durableLsn, serverEndLsn, partMaxBytes })
    const { summary } = this.#options
    const stream = new WalStream(connection, session, {
      ...this.#options,
      wal: repository.wal,
      ...(summary ? { heard: (at, bytes) => summary.heard(at, bytes) } : {}),
    })
    this.#session = session
    this.#recogniser.watch(identity.systemIdentifier, decision.at.timeline, session)
    this.#timeline = decision.at.timeline
    this.#streaming = true
    this.#fault = undefined
    onStreaming()
    const from = formatLsn(decision.at.lsn)
    const detail = { timeline: decision.at.timeline, from, how: decision.kind }
    await this.#options.tell({ code: 'WAL_STREAMING', detail })
    try {
      await stream.untilTimelineEnds()
    } catch (error) {
      // It comes after the stream has begun: only when the server opens the segment does it see.
      const removed = error instanceof FaultError && error.code === 'WAL_REMOVED'
      if (removed && session.receivedLsn === decision.at.lsn) this.#removed = decision.at
      throw error
    }
  }

  /**
   * Every timeline but the first has a history file; without it no restore finds its way.
   *
   * @throws {FaultError} WAL_TIMELINE_FORKED: one number, two branches.
   */
  async #keepHistory(
    connection: LogConnection,
    timeline: number,
  ): Promise<readonly TimelineSwitch[]> {
    if (timeline === 1) return []
    const [row] = await connection.query(`TIMELINE_HISTORY ${timeline}`)
    const content = row?.[1] ?? ''
    const { histories } = await this.#options.repository.catalogue()
    for (const [at, file] of historyFilesIn(timeline, content)) {
      const kept = histories.get(at)
      if (kept && !sameBranch(Buffer.from(kept).toString('utf8'), file)) throw forked(at)
      await this.#options.repository.wal.history(at, Buffer.from(file, 'utf8'))
    }
    return parseTimelineHistory(content)
  }

  async #tellSlot(slot: Slot): Promise<void> {
    const detail = { slot: this.#options.slot, from: formatLsn(slot.restart.lsn) }
    const code = slot.made === 'lost' ? 'WAL_SLOT_LOST' : 'WAL_SLOT_CREATED'
    await this.#options.tell({ code, detail })
  }

  async #tellGap(gap: Extract<StartDecision, { kind: 'gap' }>): Promise<void> {
    const detail = {
      afterTimeline: gap.after.timeline,
      after: formatLsn(gap.after.lsn),
      untilTimeline: gap.at.timeline,
      until: formatLsn(gap.at.lsn),
    }
    this.#options.repository.wal.holdBack()
    await this.#options.tell({ code: 'WAL_GAP', detail })
    this.#options.onGap()
  }
}

/** Whether two history files of one timeline tell of the same past, in whatever words. */
function sameBranch(kept: string, found: string): boolean {
  const [a, b] = [kept, found].map((content) =>
    parseTimelineHistory(content).map(({ timeline, endLsn }) => `${timeline}:${endLsn}`),
  )
  return a?.join() === b?.join()
}

function forked(timeline: number): FaultError {
  const message =
    `the server's timeline ${timeline} branched off elsewhere than the timeline ${timeline} that ` +
    'is kept: two servers were promoted apart. Follow the other one, restore a server from what ' +
    'is kept (it gets a timeline of its own), or say that this one counts: ' +
    `veilig backup leave-branch --timeline ${timeline}`
  return new FaultError('WAL_TIMELINE_FORKED', message)
}

/** Where what is kept of each timeline ends. `last` may be on its way, and then counts. */
function heldEnds(
  ranges: readonly WalRange[],
  last: WalPosition | undefined,
): ReadonlyMap<number, Lsn> {
  const ends = new Map<number, Lsn>()
  for (const { timeline, endLsn } of ranges) {
    if (endLsn > (ends.get(timeline) ?? -1n)) ends.set(timeline, endLsn)
  }
  if (last) ends.set(last.timeline, last.lsn)
  return ends
}

/** Whose WAL this is, for the repository to check. */
export async function readCluster(connection: LogConnection): Promise<ClusterIdentity> {
  const { systemIdentifier } = await connection.identifySystem()
  return {
    systemIdentifier,
    pgMajor: connection.major,
    walSegmentSize: parseBytes(await connection.show('wal_segment_size')),
    blockSize: Number(await connection.show('block_size')),
  }
}

/** @returns Why the server will not; then the connection is free for another command. */
function startStream(
  connection: LogConnection,
  slot: string,
  at: WalPosition,
): Promise<FaultError | undefined> {
  return connection.startCopyBoth(startReplicationCommand(slot, at.lsn, at.timeline))
}
