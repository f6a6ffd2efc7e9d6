/**
 * A database whose address stands in a file that changes: new work goes to the new address, work
 * under way ends where it began. So a password is renewed while members book.
 *
 * @module
 */
import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { openDatabase, type Database } from './database.ts'

const LOOK_EVERY_MS = 500
/** Work that is still under way on the old address after this is cut. */
const OLD_WORK_SECONDS = 30

/**
 * Opens the address in the file, and follows it. It is used like any other database.
 *
 * @param report Told the code of what went wrong with a new address; the old one then stays.
 */
export function followDatabase(
  file: string,
  ca: string | undefined,
  poolMax: number,
  report: (code: string) => void,
): Database {
  let url = readFileSync(file, 'utf8').trim()
  let current = openDatabase(url, ca, poolMax)
  const look = (): void => {
    try {
      const found = readFileSync(file, 'utf8').trim()
      if (found === url || found === '') return
      const next = openDatabase(found, ca, poolMax)
      const old = current
      ;[url, current] = [found, next]
      void old.end({ timeout: OLD_WORK_SECONDS }).catch(() => report('OLD_CONNECTIONS_CUT'))
    } catch {
      report('DATABASE_FILE_UNREADABLE')
    }
  }
  watchFile(file, { interval: LOOK_EVERY_MS, persistent: false }, look)
  const end: Database['end'] = (options) => {
    unwatchFile(file, look)
    return current.end(options)
  }
  return new Proxy(current, {
    apply: (_, __, words: unknown[]) => Reflect.apply(current, undefined, words) as unknown,
    get: (_, name) => {
      if (name === 'end') return end
      const value: unknown = Reflect.get(current, name)
      return typeof value === 'function' ? (value.bind(current) as unknown) : value
    },
  })
}
