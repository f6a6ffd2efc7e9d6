/**
 * Brings a region that fell behind level with another, while the log goes on.
 *
 * First whole rounds of copying, until little is missing. Then the handover, which no part may slip
 * through: new objects are kept for the region from one moment on; what was sent before that moment
 * is waited for in the region that is copied from, and copied; then what was kept goes.
 *
 * @module
 */
import type { Region } from './regions.ts'

export type CatchUpPorts = {
  /** Copies what the region lacks. @returns How many objects. @throws {FaultError} As stores. */
  readonly copy: (region: Region) => Promise<number>
  /** What is copied from. */
  readonly source: Region
  /** Whether nothing is being written whose beginning the region may never have seen. */
  readonly quiet: () => boolean
  /** Notes how far the log was sent on, now. The result says that the region has come so far. */
  readonly join: (region: Region) => () => void
  readonly signal: AbortSignal
}

/** What is left of this size is copied during the handover. */
const LITTLE = 64
const ROUNDS_MAX = 1000

/** @returns Whether the region is level. @throws {FaultError} As the stores: it is behind still. */
export async function catchUp(region: Region, ports: CatchUpPorts): Promise<boolean> {
  const { copy, source, quiet, join, signal } = ports
  for (let round = 0, left = Infinity; left > LITTLE; round++) {
    if (signal.aborted || round === ROUNDS_MAX) return false
    left = await copy(region)
  }
  if (!quiet()) return false
  region.admit()
  const joined = join(region)
  try {
    await source.settled()
    await copy(region)
  } catch (error) {
    region.leave()
    throw error
  }
  if (region.behind || signal.aborted) return false // too much came meanwhile
  joined()
  region.release()
  return true
}
