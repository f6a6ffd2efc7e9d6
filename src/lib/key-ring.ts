/**
 * Keys of one purpose: the first signs, all are accepted. There is more than one while they change.
 *
 * @module
 */

/** 32 bytes each. */
export type KeyRing = readonly [Uint8Array, ...Uint8Array[]]

/** The first thing that a key of the ring gives; undefined when none gives any. */
export function withAnyKey<T>(
  ring: KeyRing,
  look: (key: Uint8Array) => T | undefined,
): T | undefined {
  for (const key of ring) {
    const found = look(key)
    if (found !== undefined) return found
  }
  return undefined
}
