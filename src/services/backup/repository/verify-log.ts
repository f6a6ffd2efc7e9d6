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
import type { CatalogueState } from './state.ts'
import type { ReadWalPart } from './wal-part.ts'

type RunState = {
  endLsn: Lsn
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
  isGivenUp({ run, endLsn }: ReadWalPart): boolean {
    return endLsn <= (this.#state.logStarts.get(run)?.endLsn ?? 0n)
  }

  /**
   * Takes the next part in the order of their names.
   *
   * @throws {IntegrityError} OBJECT_UNKNOWN, WAL_MISSING, WAL_CHAIN_BROKEN.
   */
  take(part: ReadWalPart): void {
    const run = this.#stateOf(part)
    const { startLsn, endLsn, name } = part
    const before = run.links.get(startLsn)
    const reached = run.endLsn
    this.#advance(run, part)
    if (reached < startLsn) {
      const hole = `${formatLsn(reached)} to ${formatLsn(startLsn)}`
      throw new IntegrityError('WAL_MISSING', `the log from ${hole}, before ${name}, is gone`)
    }
    const known = run.links.get(endLsn)
    run.links.set(endLsn, known ?? part.link)
    const follows = !before || equalBytes(before, part.previousLink)
    if (!follows || (known && !equalBytes(known, part.link)) || (!before && reached < endLsn)) {
      const message = `${name} does not follow the part before it: one was exchanged`
      throw new IntegrityError('WAL_CHAIN_BROKEN', message)
    }
    const mark = this.#state.runEnds.get(part.run)
    if (mark?.endLsn !== endLsn || mark.link === toHex(part.link)) return
    const message = `${name} is not the part that the catalogue marks`
    throw new IntegrityError('WAL_CHAIN_BROKEN', message)
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
    const state = { endLsn, links: new Map([[endLsn, link]]), segmentLsn: 0n }
    this.#runs.set(part.run, state)
    return state
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
