/** What a break is. */
import type { WholeRing } from './whole-ring.ts'

/** One control broken in a running ring. */
export type Break = {
  /** What is done to it, in words: for the record of a run. */
  readonly how: string
  /** Other claims that are untrue then as well, and say so. */
  readonly also?: readonly string[]
  /** @returns What mends it again. */
  readonly break: (ring: WholeRing) => Promise<() => Promise<void> | void>
}

/** A setting changed, and the processes that read it started anew; mended by taking it back. */
export function setting(
  how: string,
  section: string,
  change: Readonly<Record<string, unknown>>,
  processes: readonly string[],
  also: readonly string[] = [],
): Break {
  const back = Object.fromEntries(Object.keys(change).map((key) => [key, undefined]))
  return {
    how,
    // While the way in starts anew there is no status page to be seen: that is said, too.
    also: processes.includes('web-gateway') ? [...also, 'status.public'] : also,
    break: async (ring) => {
      await ring.configure(section, change, ...processes)
      return () => ring.configure(section, back, ...processes)
    },
  }
}

/** A process that is there and does nothing. */
export function frozen(process: string, also: readonly string[] = []): Break {
  return {
    how: `${process} stands still`,
    also,
    break: (ring) => {
      ring.freeze(process)
      return Promise.resolve(() => ring.thaw(process))
    },
  }
}

/** Something done in a database by its superuser, and undone. */
export function altered(
  cluster: 'protected' | 'control',
  database: string,
  change: string,
  undo: string,
): Break {
  return {
    how: change.trim().split('\n')[0] ?? '',
    break: async (ring) => {
      await ring.sql(cluster, database, change)
      return () => ring.sql(cluster, database, undo)
    },
  }
}
