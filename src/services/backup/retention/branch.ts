/**
 * Gives up a branch by order: two servers were promoted apart to one number, both went on, and the
 * operator says that the other one counts.
 *
 * A repository keeps one branch of a number. So what it has of the timeline and of those that came
 * from it is given up as what is too old is: an entry `expired`, keys, then objects, a receipt.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { historyBytes, NOTHING_LEFT, type BackupEntry } from '../repository/entries.ts'
import type { CatalogueState } from '../repository/state.ts'
import { timelinePath } from '../restore/timelines.ts'
import { settle, type RetentionPorts, type RetentionReport } from './destroy.ts'

export type BranchReport = Pick<RetentionReport, 'objects' | 'receipts' | 'waitingFor'> & {
  /** The one that was named, and those that came from it. */
  readonly timelines: readonly number[]
  /** Ids of the backups on it. */
  readonly backups: readonly string[]
  /** When its log began to be written; undefined: there is none. */
  readonly sinceMs: number | undefined
}

const NO_LINK = '00'.repeat(32)
const NOTHING_DONE = { objects: 0, receipts: 0, waitingFor: [] as readonly string[] }

/**
 * @param branch.retainMs Stands in the entry; nothing else is given up for its age.
 * @throws {UsageError} BRANCH_FIRST, BRANCH_UNKNOWN, BRANCH_HELD.
 * @throws {FaultError} As the stores.
 */
export async function leaveBranch(
  ports: RetentionPorts,
  branch: {
    readonly timeline: number
    readonly reason: string
    readonly retainMs: number
    readonly dryRun: boolean
  },
): Promise<BranchReport> {
  const { state } = ports.chain
  const { timeline, reason, retainMs, dryRun } = branch
  const timelines = branchOf(timeline, state)
  const left = new Set(timelines)
  const runs = state.runs.filter(({ entry }) => left.has(entry.timeline))
  const backups = backupsOn(left, state.backups)
  check(timeline, state, runs.length + backups.length + Number(state.histories.has(timeline)))
  const report = {
    timelines,
    backups: backups.map(({ id }) => id),
    sinceMs: runs[0]?.writtenMs,
  }
  if (dryRun) return { ...report, ...NOTHING_DONE }
  await ports.enter({
    type: 'expired',
    windowFromMs: ports.nowMs - retainMs,
    retainMs,
    backups: report.backups,
    keys: backups.map(({ key }) => key),
    log: runs.map(({ entry }) => ({ run: entry.run, endLsn: NOTHING_LEFT, link: NO_LINK })),
    branch: { timelines, reason },
  })
  return { ...report, ...(await settle(ports)) }
}

function check(timeline: number, { holds }: CatalogueState, kept: number): void {
  if (timeline === 1) {
    const message =
      'everything comes from timeline 1: give the server a timeline of its own (stop it, put ' +
      'standby.signal into its data directory, start it, select pg_promote()), or name a new ' +
      'repository'
    throw new UsageError('BRANCH_FIRST', message)
  }
  if (kept === 0) {
    throw new UsageError('BRANCH_UNKNOWN', `nothing is kept of timeline ${timeline}`)
  }
  const [hold] = holds.keys()
  if (hold === undefined) return
  const message = `the hold ${hold} forbids to destroy anything; release it first, if you may`
  throw new UsageError('BRANCH_HELD', message)
}

/** A timeline and all that came from it, ascending. */
function branchOf(timeline: number, { histories }: CatalogueState): readonly number[] {
  const came = [...histories].filter(([at, history]) =>
    timelinePath(at, historyBytes(history)).some((part) => part.timeline === timeline),
  )
  return [...new Set([timeline, ...came.map(([at]) => at)])].toSorted((a, b) => a - b)
}

/** Those that lie on it, in part or wholly, and those that build on them. */
function backupsOn(
  timelines: ReadonlySet<number>,
  backups: readonly BackupEntry[],
): readonly BackupEntry[] {
  const left = new Set<string>()
  for (const { id, timeline, endTimeline, parent } of backups) {
    const on = timelines.has(timeline) || timelines.has(endTimeline)
    if (on || (parent !== null && left.has(parent))) left.add(id) // parents come first
  }
  return backups.filter(({ id }) => left.has(id))
}
