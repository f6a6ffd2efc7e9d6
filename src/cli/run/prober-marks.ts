/**
 * Cheap looks at what dear probes rest on: files, by their times and sizes.
 *
 * @module
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The same text as long as nothing has changed. */
export type Mark = () => Promise<string>

/** A file that is not there is a state like any other. */
export function fileMark(files: readonly string[]): Mark {
  return async () => {
    const all = files.map(async (file) => {
      const found = await stat(file).catch(() => undefined)
      return found ? `${found.ino} ${found.size} ${found.mtimeMs}` : '-'
    })
    return (await Promise.all(all)).join('\n')
  }
}

/**
 * What git writes whenever anything is staged, committed or checked out; of a folder without git,
 * the folder itself. An edit that nobody staged is found by the search of every six hours.
 */
export function sourceMark(repositories: readonly string[], baseline: string): Mark {
  const written = ['.git/index', '.git/HEAD', '.git/logs/HEAD', '.', baseline]
  return fileMark(repositories.flatMap((folder) => written.map((name) => join(folder, name))))
}
