/**
 * What several who look agree on. Pure.
 *
 * Who could not look abstains, and so does who has not been heard of for a while. A majority of all
 * must vote, or nobody knows; of those that vote, more than half decide.
 *
 * @module
 */
import type { Seen } from './time.ts'

export type Vote = { readonly seen: Seen; readonly atMs: number }

/**
 * @param size How many there are, heard of or not.
 * @param freshMs A vote older than this, or from the future, abstains.
 */
export function agreed(
  votes: readonly Vote[],
  { size, freshMs, nowMs }: { size: number; freshMs: number; nowMs: number },
): Seen {
  const cast = votes.filter(({ seen, atMs }) => {
    return seen !== 'unknown' && atMs <= nowMs && nowMs - atMs <= freshMs
  })
  if (cast.length * 2 <= size) return 'unknown'
  const down = cast.filter(({ seen }) => seen === 'down').length
  if (down * 2 > cast.length) return 'down'
  return down * 2 < cast.length ? 'up' : 'unknown'
}
