/**
 * The most memory that programs started for one measurement take together.
 */
import { residentKib } from './bench.ts'

/** Each look walks through all processes: more often, it is a load of its own on two cores. */
const LOOK_MS = 250

/**
 * From now on the resident size of everything this process has started, but for what is below
 * `others`, all of it together, at its largest.
 *
 * @returns Ends the watch and says how much it was, in MiB.
 */
export function watchPeakMib(others: readonly number[]): () => number {
  let peakKib = 0
  const look = (): void => {
    const apart = others.reduce((sum, pid) => sum + residentKib(pid), 0)
    const own = process.memoryUsage.rss() / 1024
    peakKib = Math.max(peakKib, residentKib(process.pid) - own - apart)
  }
  const timer = setInterval(look, LOOK_MS)
  return () => {
    clearInterval(timer)
    return peakKib / 1024
  }
}
