/**
 * Which servers send differential visibility maps that are right. Pure.
 *
 * Up to 17.10 and 18.5 the WAL summariser did not see the clearing of visibility-map bits: an
 * incremental backup could keep a bit that says "all visible" of a page that is not, and index-only
 * scans then showed deleted rows. Source: release notes of PostgreSQL 17.11 and 18.6.
 *
 * @module
 */
const FIXED_IN: ReadonlyMap<number, number> = new Map([
  [17, 11],
  [18, 6],
])

/** @param version As `server_version`: `18.4 (Debian 18.4-1)`. */
function isFixed(version: string): boolean {
  const [, major = '0', minor = '0'] = /^([0-9]+)(?:\.([0-9]+))?/.exec(version) ?? []
  return Number(minor) >= (FIXED_IN.get(Number(major)) ?? (Number(major) > 18 ? 0 : Infinity))
}

/**
 * Both ends must be right: what lies between them was written by a server as old as the full
 * backup, perhaps.
 *
 * @param versions Of the server at the full backup and now.
 */
export function visibilityMapsAreRight(versions: readonly string[]): boolean {
  return versions.every(isFixed)
}
