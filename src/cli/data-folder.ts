/**
 * Where the data folder is when nobody says.
 *
 * @module
 */
import { homedir } from 'node:os'
import { resolve } from 'node:path'

/** `veilig-data` here; for root, whose home PostgreSQL may not enter, a folder below /var/lib. */
export function defaultDataFolder(): string {
  const here = resolve('veilig-data')
  const isRoot = process.getuid?.() === 0
  return isRoot && here.startsWith(`${homedir()}/`) ? '/var/lib/veilig' : here
}
