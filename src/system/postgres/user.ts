/**
 * The account PostgreSQL runs as. PostgreSQL refuses to run as root, so root lends it another one.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { chown, lchown, readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

export type Account = { readonly name: string; readonly uid: number; readonly gid: number }

/** The account to start PostgreSQL as, or undefined to keep our own (we are not root). */
export function postgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const wanted of ['postgres', 'nobody']) {
    const fields = lines.find((line) => line.startsWith(`${wanted}:`))?.split(':')
    if (fields) return { name: wanted, uid: Number(fields[2]), gid: Number(fields[3]) }
  }
  return undefined
}

/** Gives a whole tree to the account; links themselves, never what they point at. */
export async function giveTree(path: string, account: Account): Promise<void> {
  await chown(path, account.uid, account.gid)
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), account.uid, account.gid)
  }
}

/** The first folder on the way to `path` that the account may not enter, or undefined. */
export async function barrierFor(path: string, account: Account): Promise<string | undefined> {
  const ancestors: string[] = []
  for (let at = resolve(path); ; at = dirname(at)) {
    ancestors.unshift(at)
    if (at === dirname(at)) break
  }
  for (const folder of ancestors) {
    const found = await stat(folder).catch(() => undefined)
    if (!found) return undefined
    const bits = found.mode & 0o777
    const enters =
      (found.uid === account.uid && bits & 0o100) ||
      (found.gid === account.gid && bits & 0o010) ||
      bits & 0o001
    if (found.isDirectory() && !enters) return folder
  }
  return undefined
}
