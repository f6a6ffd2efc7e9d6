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
  /** What was received last; undefined when the repository holds no WAL. */
  readonly last: WalPosition | undefined
  /** Where the WAL kept of each timeline ends; `last` is among them. */
  readonly held: ReadonlyMap<number, Lsn>
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
  const { last, server, slot, removed } = facts
  const fromSlot = segmentStart(slot, facts.walSegmentSize)
  if (!last) return { kind: 'begin', at: fromSlot }
  if (last.timeline > server.timeline) throw behind(last, server)
  const gap = { kind: 'gap', at: fromSlot, after: last } as const
  const wanted = continueBranch(facts) ?? gap
  const gone = wanted.at.timeline === removed?.timeline && wanted.at.lsn === removed.lsn
  return gone ? gap : wanted
}

/**
 * Where to go on if the server still has it: on the newest timeline of the server's own past of
 * which we hold something. Undefined when we hold nothing of it.
 */
function continueBranch(facts: StartFacts): StartDecision | undefined {
  const { held, server, ancestors, walSegmentSize } = facts
  const end = held.get(server.timeline)
  if (end !== undefined) {
    const at = { timeline: server.timeline, lsn: end }
    if (end > server.flushLsn) throw behind(at, server)
    return { kind: 'continue', at }
  }
  let child = server.timeline
  for (const { timeline, endLsn } of ancestors.toReversed()) {
    const keptEnd = held.get(timeline)
    if (keptEnd !== undefined && keptEnd < endLsn) {
      return { kind: 'continue', at: { timeline, lsn: keptEnd } }
    }
    // What we hold beyond the branch is another one's: alive or dead, it is not this server's.
    const branch = segmentStart({ timeline: child, lsn: endLsn }, walSegmentSize)
    if (keptEnd !== undefined) return { kind: 'begin', at: branch }
    child = timeline
  }
  return undefined
}

/**
 * The beginning of the segment a position lies in. A timeline begins in the middle of one, and the
 * server has that segment whole: the bytes before the branch are those of the parent.
 */
export function segmentStart(position: WalPosition, walSegmentSize: number): WalPosition {
  const size = BigInt(walSegmentSize)
  return { timeline: position.timeline, lsn: position.lsn - (position.lsn % size) }
}

function behind(kept: WalPosition, server: StartFacts['server']): FaultError {
  const message =
    `PostgreSQL is at ${formatLsn(server.flushLsn)} on timeline ${server.timeline}, the ` +
    `repository already holds up to ${formatLsn(kept.lsn)} on timeline ${kept.timeline}: the ` +
    'server was set back. Give it a timeline of its own (recover and promote it), or name a new ' +
    'repository'
  return new FaultError('WAL_SERVER_BEHIND', message)
}
