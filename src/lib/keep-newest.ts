/**
 * A map that is never larger than said.
 *
 * @module
 */

/** Sets the key as the newest of the map; the oldest goes when there would be more than `most`. */
export function keepNewest<Key, Value>(
  map: Map<Key, Value>,
  key: Key,
  value: Value,
  most: number,
): void {
  map.delete(key)
  if (map.size >= most) {
    for (const oldest of map.keys()) {
      map.delete(oldest)
      break
    }
  }
  map.set(key, value)
}
