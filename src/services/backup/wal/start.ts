/**
 * Where to take up the stream of WAL. Pure: what the repository has, what the slot keeps and where
 * the server is, in; one decision, out.
 *
 * The rule: never a hole that nobody knows of, never a branch mistaken for another.
 *
 * @module
 */
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { TimelineSwitch } from '#protocol/postgres/replication/timeline-history.ts'
import { FaultError } from '#lib/errors.ts'
import type { WalPosition } from '../repository/repository.ts'

export type StartFacts = {
  /** Where the repository ends; undefined when it holds no WAL. */
  readonly kept: WalPosition | undefined
  /** From where the slot keeps WAL on the server, now or as it was when we made it. */
  readonly slot: WalPosition
  readonly server: { readonly timeline: number; readonly flushLsn: Lsn }
  /** Ancestors of the server's timeline, oldest first. */
  readonly ancestors: readonly TimelineSwitch[]
  readonly walSegmentSize: number
  /** Where the server last said that it has recycled the WAL we asked for. */
  readonly removed?: WalPosition | undefined
}

export type StartDecision =
  /** Go on exactly where the repository ends. */
  | { readonly kind: 'continue'; readonly at: WalPosition }
  /** First WAL of a repository, or of a timeline: from the beginning of a segment. */
  | { readonly kind: 'begin'; readonly at: WalPosition }
  /** What lies between cannot be had: said aloud, and a new full backup must follow. */
  | { readonly kind: 'gap'; readonly at: WalPosition; readonly after: WalPosition }

/**
 * @throws {FaultError} WAL_SERVER_BEHIND when the server has less than the repository: it was set
 *   back to an older copy without a timeline of its own, or an old primary rose again.
 */
export function decideStart(facts: StartFacts): StartDecision {
  const decision = decideWanted(facts)
  const { kept, removed, slot } = facts
  if (!kept || !removed || decision.kind === 'gap') return decision
  if (removed.timeline !== decision.at.timeline || removed.lsn !== decision.at.lsn) return decision
  return { kind: 'gap', at: segmentStart(slot, facts.walSegmentSize), after: kept }
}

/** Where to go on if the server still has it. */
function decideWanted(facts: StartFacts): StartDecision {
  const { kept, server, ancestors } = facts
  const fromSlot = segmentStart(facts.slot, facts.walSegmentSize)
  if (!kept) return { kind: 'begin', at: fromSlot }
  if (kept.timeline === server.timeline) {
    if (kept.lsn > server.flushLsn) throw behind(kept, server.timeline, server.flushLsn)
    return { kind: 'continue', at: kept }
  }
  if (kept.timeline > server.timeline) throw behind(kept, server.timeline, server.flushLsn)
  const index = ancestors.findIndex(({ timeline }) => timeline === kept.timeline)
  const branch = ancestors[index]
  if (!branch) return { kind: 'gap', at: fromSlot, after: kept }
  if (kept.lsn < branch.endLsn) return { kind: 'continue', at: kept }
  // The server left this timeline at or before where we are: what we hold beyond is a dead branch.
  const timeline = ancestors[index + 1]?.timeline ?? server.timeline
  const at = segmentStart({ timeline, lsn: branch.endLsn }, facts.walSegmentSize)
  return { kind: 'begin', at }
}

/**
 * The beginning of the segment a position lies in. A timeline begins in the middle of one, and the
 * server has that segment whole: the bytes before the branch are those of the parent.
 */
export function segmentStart(position: WalPosition, walSegmentSize: number): WalPosition {
  const size = BigInt(walSegmentSize)
  return { timeline: position.timeline, lsn: position.lsn - (position.lsn % size) }
}

function behind(kept: WalPosition, timeline: number, flushLsn: Lsn): FaultError {
  const message =
    `PostgreSQL is at ${formatLsn(flushLsn)} on timeline ${timeline}, the repository already ` +
    `holds up to ${formatLsn(kept.lsn)} on timeline ${kept.timeline}: the server was set back. ` +
    'Give it a timeline of its own (recover and promote it), or name a new repository'
  return new FaultError('WAL_SERVER_BEHIND', message)
}
