/**
 * Tells when a file was replaced: secrets and certificates are renewed while they are used.
 *
 * @module
 */
import { unwatchFile, watchFile, type StatsListener } from 'node:fs'

/** Looked at so often; a renewal is not done before everybody had time to see it. */
export const FOLLOW_MS = 2_000

/** Calls `onChange` after each replacement, until it is disposed of. It keeps no process alive. */
export function followFile(file: string, onChange: () => void): Disposable {
  const look: StatsListener = (now, before) => {
    if (now.mtimeMs !== before.mtimeMs && now.mtimeMs !== 0) onChange()
  }
  watchFile(file, { interval: FOLLOW_MS, persistent: false }, look)
  return { [Symbol.dispose]: () => unwatchFile(file, look) }
}
