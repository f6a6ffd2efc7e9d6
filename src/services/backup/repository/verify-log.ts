/**
 * Whether the log of one region is the log that was written: linked, without a hole, as far as the
 * catalogue marks it. Parts and what was made of them may stand side by side. Pure.
 *
 * @module
 */
import { equalBytes, toHex } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import { digestFromHex } from './entries.ts'
import { IN_STEP_MAX } from './lane.ts'
import type { CatalogueState } from './state.ts'
import { isPartGivenUp } from './wal-listing.ts'
import type { ReadWalPart } from './wal-part.ts'

/** Between two parts of a run something was not listed. */
export type LogHole = {
  readonly run: string
  readonly timeline: number
  readonly fromLsn: Lsn
  /** Of the part that ends there; undefined where it is not known any more. */
  readonly fromLink: Uint8Array | undefined
  readonly toLsn: Lsn
  /** That the part behind it names as the one before. */
  readonly toLink: Uint8Array
  /** The parts behind it, the first ones. */
  readonly behind: string[]
}

type RunState = {
  endLsn: Lsn
  readonly holes: LogHole[]
  /** Position → link of what ends there; of the segment under way. */
  readonly links: Map<Lsn, Uint8Array>
  segmentLsn: Lsn
}

export class LogCheck {
  readonly #state: CatalogueState
  readonly #segmentSize: bigint
  readonly #runs = new Map<string, RunState>()
  readonly #begun: ReadonlyMap<string, CatalogueState['runs'][number]>

  constructor(state: CatalogueState) {
    this.#state = state
    this.#segmentSize = BigInt(state.cluster?.walSegmentSize ?? 16 * 1024 * 1024)
    this.#begun = new Map(state.runs.map((run) => [run.entry.run, run]))
  }

  /** Whether an entry began the part's run. */
  knows({ run }: ReadWalPart): boolean {
    return this.#begun.has(run)
  }

  /** Whether the part was given up: it is being deleted. */
  isGivenUp(part: ReadWalPart): boolean {
    return isPartGivenUp(this.#state, part)
  }

  /**
   * Takes the next part in the order of their names. A hole before it is kept for a second look:
   * what was on its way when we listed has come since.
   *
   * @throws {IntegrityError} OBJECT_UNKNOWN, WAL_CHAIN_BROKEN.
   */
  take(part: ReadWalPart): void {
    const run = this.#stateOf(part)
    const { startLsn, endLsn, name } = part
    const before = run.links.get(startLsn)
    const reached = run.endLsn
    if (reached < startLsn) this.#noteHole(run, reached, part)
    this.#advance(run, part)
    for (const { behind } of run.holes) if (behind.length < IN_STEP_MAX) behind.push(name)
    const known = run.links.get(endLsn)
    run.links.set(endLsn, known ?? part.link)
    const inside = !before && startLsn <= reached && reached < endLsn
    const follows = !before || equalBytes(before, part.previousLink)
    if (!follows || (known && !equalBytes(known, part.link)) || inside) {
      const message = `${name} does not follow the part before it: one was exchanged`
      throw new IntegrityError('WAL_CHAIN_BROKEN', message)
    }
    const mark = this.#state.runEnds.get(part.run)
    if (mark?.endLsn !== endLsn || mark.link === toHex(part.link)) return
    const message = `${name} is not the part that the catalogue marks`
    throw new IntegrityError('WAL_CHAIN_BROKEN', message)
  }

  get holes(): readonly LogHole[] {
    return [...this.#runs.values()].flatMap(({ holes }) => holes)
  }

  /** The segments of which a hole may lack something, ascending. */
  *segmentsOf({ fromLsn, toLsn }: Pick<LogHole, 'fromLsn' | 'toLsn'>): Generator<Lsn> {
    const size = this.#segmentSize
    for (let lsn = fromLsn - (fromLsn % size); lsn < toLsn; lsn += size) yield lsn
  }

  /**
   * What a hole means that is still there: nothing, when a crash may have left it at the end of
   * its run (docs/formats/repository.md §9.2); then what lies behind it is loose.
   */
  judge({ run, fromLsn, toLsn, behind }: LogHole): IntegrityError | undefined {
    const marked = (this.#state.runEnds.get(run)?.endLsn ?? 0n) > fromLsn
    if (!marked && behind.length < IN_STEP_MAX) return undefined
    const hole = `${formatLsn(fromLsn)} to ${formatLsn(toLsn)}`
    return new IntegrityError('WAL_MISSING', `the log from ${hole}, before ${behind[0]}, is gone`)
  }

  /** What the catalogue marks and is not there. */
  missing(): IntegrityError[] {
    return [...this.#state.runEnds].flatMap(([run, { endLsn }]) => {
      const start = this.#begun.get(run)?.entry.startLsn
      const rest = this.#state.logStarts.get(run)?.endLsn
      const reached = this.#runs.get(run)?.endLsn ?? rest ?? start ?? 0n
      if (reached >= endLsn) return []
      const message =
        `the log of run ${run} was kept up to ${formatLsn(endLsn)}, ` +
        `but what is there ends at ${formatLsn(reached)}`
      return [new IntegrityError('WAL_MISSING', message)]
    })
  }

  #stateOf(part: ReadWalPart): RunState {
    const known = this.#runs.get(part.run)
    if (known) return known
    const begun = this.#begun.get(part.run)
    if (!begun || begun.entry.timeline !== part.timeline) {
      throw new IntegrityError('OBJECT_UNKNOWN', `${part.name}: no entry began its run`)
    }
    const rest = this.#state.logStarts.get(part.run)
    const endLsn = rest?.endLsn ?? begun.entry.startLsn
    const link = rest ? digestFromHex(rest.link) : begun.digest
    const state = { endLsn, links: new Map([[endLsn, link]]), segmentLsn: 0n, holes: [] }
    this.#runs.set(part.run, state)
    return state
  }

  #noteHole(run: RunState, fromLsn: Lsn, part: ReadWalPart): void {
    run.holes.push({
      run: part.run,
      timeline: part.timeline,
      fromLsn,
      fromLink: run.links.get(fromLsn),
      toLsn: part.startLsn,
      toLink: part.previousLink,
      behind: [],
    })
  }

  /** Forgets the links within segments that are over: nothing begins there any more. */
  #advance(run: RunState, { startLsn, endLsn }: ReadWalPart): void {
    const segmentLsn = startLsn - (startLsn % this.#segmentSize)
    if (segmentLsn !== run.segmentLsn) {
      run.segmentLsn = segmentLsn
      for (const lsn of run.links.keys()) if (lsn < segmentLsn) run.links.delete(lsn)
    }
    if (endLsn > run.endLsn) run.endLsn = endLsn
  }
}
