/**
 * A simulated PostgreSQL, as far as a receiver of its log can see it: one log that grows, slots,
 * timelines, promotions, commits that wait for a standby.
 *
 * The bytes of the log follow from timeline and position alone, so that any byte can be checked.
 *
 * @module
 */
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import type { TimelineSwitch } from '#protocol/postgres/replication/timeline-history.ts'

/** The smallest that PostgreSQL has. */
export const SEGMENT: bigint = 1024n * 1024n
export const SYSTEM = 0x5ead_5ead_5ead_5eadn

/** Added to a timeline: its bytes are another server's then. */
const FOREIGN = 1000

export type Commit = {
  readonly timeline: number
  /** One past its record. */
  readonly endLsn: bigint
  /** On the simulation's monotonic clock. */
  readonly atMs: number
  acknowledged: boolean
  /** A full backup has it, whatever became of the log. */
  inFull: boolean
}

export type Slot = { restartLsn: bigint; lost: boolean }

export class SimulatedServer {
  timeline = 1
  flushLsn: bigint = SEGMENT * 2n - 5000n
  /** Oldest WAL it still has. */
  keptLsn: bigint = SEGMENT
  up = true
  /** Whether commits wait for the standby. */
  synchronous = false
  readonly slots: Map<string, Slot> = new Map()
  /** Timeline → its ancestors; every one there ever was. */
  readonly histories: Map<number, readonly TimelineSwitch[]> = new Map([[1, []]])
  readonly commits: Commit[] = []
  /** Wakes the connections. */
  #wakers: (() => void)[] = []
  #newest = 1
  #impostor = false
  /** Connections of an earlier incarnation are dead. */
  generation = 0

  get ancestors(): readonly TimelineSwitch[] {
    return this.histories.get(this.timeline) ?? []
  }

  /** Writes a transaction of so many bytes; nobody may hear of it yet. */
  commit(size: number, atMs: number): void {
    this.flushLsn += BigInt(size)
    const { timeline, flushLsn: endLsn } = this
    this.commits.push({ timeline, endLsn, atMs, acknowledged: !this.synchronous, inFull: false })
    this.wake()
  }

  /** The standby's word: what it holds, it holds. */
  confirmed(slotName: string, lsn: bigint): void {
    const slot = this.slots.get(slotName)
    if (slot && !slot.lost && lsn > slot.restartLsn) slot.restartLsn = lsn
    for (const commit of this.commits) {
      if (commit.timeline === this.timeline && commit.endLsn <= lsn) commit.acknowledged = true
    }
  }

  /** The end of a timeline of the server's own past, or of its present. */
  endOf(timeline: number): bigint | undefined {
    if (timeline === this.timeline) return this.flushLsn
    return this.ancestors.find((past) => past.timeline === timeline)?.endLsn
  }

  restart(): void {
    this.generation++
    this.wake()
  }

  /** A standby that had come to `lsn` takes over, or the server was set back to it. */
  promote(lsn: bigint): void {
    const branch = this.pathTo(this.timeline).findLast(({ startLsn }) => startLsn <= lsn)
    const timeline = branch?.timeline ?? this.timeline
    const older = this.ancestors.filter((past) => past.timeline < timeline)
    this.timeline = ++this.#newest
    this.histories.set(this.timeline, [...older, { timeline, endLsn: lsn }])
    this.flushLsn = lsn + 32n // the end-of-recovery record
    const start = lsn - (lsn % SEGMENT)
    if (start < this.keptLsn) this.keptLsn = start // what it was restored from, it has
    this.slots.clear()
    this.restart()
  }

  /**
   * Another server, promoted apart to the same number, answers at the address, and has more log.
   *
   * @param alike Promoted at the same position: nothing but its log tells it from this one.
   * @returns Ends it: this one is back.
   */
  impersonate(alike: boolean): () => void {
    const { timeline, flushLsn, ancestors } = this
    const branch = ancestors.at(-1)!
    const elsewhere = { timeline: branch.timeline, endLsn: branch.endLsn - (alike ? 0n : 8n) }
    this.histories.set(timeline, [...ancestors.slice(0, -1), elsewhere])
    this.flushLsn += 5000n
    this.#impostor = true
    this.restart()
    return () => {
      this.histories.set(timeline, ancestors)
      this.flushLsn = flushLsn
      this.#impostor = false
      this.restart()
    }
  }

  /** Forgets what no slot keeps, or what is beyond the slot's cap. */
  recycle(capBytes: bigint): void {
    const floor = this.flushLsn - capBytes
    for (const slot of this.slots.values()) if (slot.restartLsn < floor) slot.lost = true
    const wanted = [...this.slots.values()].filter(({ lost }) => !lost)
    const needed = wanted.reduce(
      (a, { restartLsn }) => (restartLsn < a ? restartLsn : a),
      this.flushLsn,
    )
    const start = needed - (needed % SEGMENT)
    if (start > this.keptLsn) this.keptLsn = start
  }

  wake(): void {
    for (const wake of this.#wakers.splice(0)) wake()
  }

  /** Resolves when something has changed. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wakers.push(resolve))
  }

  /** On which timeline of its own past, or present, a position lies. */
  ownerOf(lsn: bigint): number {
    return this.pathTo(this.timeline).findLast(({ startLsn }) => startLsn <= lsn)?.timeline ?? 1
  }

  pathTo(timeline: number): readonly { timeline: number; startLsn: bigint }[] {
    let startLsn = 0n
    const past = (this.histories.get(timeline) ?? []).map((at) => {
      const part = { timeline: at.timeline, startLsn }
      startLsn = at.endLsn
      return part
    })
    return [...past, { timeline, startLsn }]
  }

  /** The log as it is on the way to a timeline. */
  bytes(timeline: number, startLsn: bigint, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    const begin = Number(startLsn)
    for (const part of this.pathTo(timeline)) {
      const from = Math.max(0, Number(part.startLsn) - begin)
      const foreign = this.#impostor && part.timeline === this.timeline ? FOREIGN : 0
      for (let at = from; at < length; at++) bytes[at] = byteAt(part.timeline + foreign, begin + at)
    }
    return bytes
  }

  historyFile(timeline: number): string {
    return (this.histories.get(timeline) ?? [])
      .map((at) => `${at.timeline}\t${formatLsn(at.endLsn)}\tno recovery target specified\n`)
      .join('')
  }
}

function byteAt(timeline: number, lsn: number): number {
  return (lsn * 7 + (lsn >> 8) * 13 + timeline * 101) & 0xff
}
